#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usage: scripts/files.sh [--others]
#
# Prints the files of the project, one a line: those that git tracks, or without git all
# of them; --others: with those that git does not track yet.

set -eu
cd "$(dirname "$0")/.."
others=
case ${1:-} in
--others) others='--cached --others --exclude-standard' ;;
-h | --help) sed -n '3,/^$/s/^# \{0,1\}//p' "$0"; exit ;;
esac
if [ -e .git ]; then
	# shellcheck disable=SC2086 # options
	git -c safe.directory='*' ls-files $others
else
	find . -type f ! -path './tests/results/*' -printf '%P\n'
fi | sort | while read -r f; do [ ! -f "$f" ] || echo "$f"; done
