#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: tests/iserctl.sh [PART]...
#
# Tests tools/iserctl on made-up hosts: folders that stand for /, with a file "facts" for
# what the network would answer (tools/facts.h). Parts are the files of tests/iserctl:
# doctor, status, top, bench, command. Results as KTAP.
set -eu

case ${1:-} in -h | --help) sed -n '3,/^$/s/^# \{0,1\}//p' "$0"; exit ;; esac
[ $# -gt 0 ] || set -- doctor status top bench command
# shellcheck source=tests/iserctl/lib.sh
. "$(dirname "$0")/iserctl/lib.sh"

plan
for part; do
	# shellcheck source=/dev/null # one of them
	. "$tree/tests/iserctl/$part.sh"
done
echo "1..$number"
tally
