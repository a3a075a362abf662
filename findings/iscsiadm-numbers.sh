#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: findings/iscsiadm-numbers.sh
#
# iscsiadm takes the digits at the beginning of a number and drops the rest without a word,
# with the exit code 0: FirstBurstLength=0x10000 becomes 0, 64K becomes 64, and a time-out
# of 2m two seconds. In RFC 7143, section 6.1, a numerical value may be written as 0x10000,
# and 0 is no value of FirstBurstLength (section 13.14: at least 512). A word that iscsiadm
# does not know is refused: "unknown value format", exit code 7.
#
# Seen with open-iscsi 2.1.8-1+deb12u1 of Debian 12. It works on a database of its own, in
# a user and mount namespace with empty /etc and /run, so it needs no root, and neither
# iscsid nor a target. Exit code 1 if iscsiadm stores something else than was seen, 77 if
# that version or a namespace is not to be had.

set -eu
# shellcheck source=findings/lib/tools.sh
. "$(dirname "$0")/lib/tools.sh"
namespaces -rm
unpack open-iscsi=2.1.8-1+deb12u1 libopeniscsiusr=2.1.8-1+deb12u1

cat >"$work/record.sh" <<'EOF'
mount -t tmpfs none /etc
mount -t tmpfs none /run
mkdir -p /etc/iscsi /run/lock
node() { iscsiadm -m node -T iqn.2024-01.org.example:disk -p 192.0.2.1:3260,1 "$@"; }
node -o new >&2
node -o update -n "$1" -v "$2" >&2
code=$?
echo "$(node | sed -n "s/^$1 = //p"), exit code $code"
EOF
# number KEY VALUE WRONG SEEN
number() {
	expect "$1=$2${3:+ ($3)}" "$4" \
		"$("${apart[@]}" bash "$work/record.sh" "$1" "$2" 2>"$work/messages")"
}

iscsiadm --version
key=node.session.iscsi.FirstBurstLength
number $key 65536 '' '65536, exit code 0'
number $key 0x10000 wrong '0, exit code 0'
number $key 64K wrong '64, exit code 0'
number node.session.timeo.replacement_timeout 2m wrong '2, exit code 0'
number node.session.iscsi.ImmediateData no '' 'Yes, exit code 7'
finish
