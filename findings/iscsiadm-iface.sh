#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: findings/iscsiadm-iface.sh
#
# "iscsiadm -m node -o new" replaces a record that it should leave alone. If the portal is
# given as ADDRESS or ADDRESS:PORT, the record for a second iface takes the place of the
# one for the first, with all that was set in it, under the message "added" and the exit
# code 0. So a host that wants a target over TCP and over iSER has one of them. With the
# portal group tag, ADDRESS:PORT,TAG, there are two records. The tag that is not known is
# shown as -1 by "-P 1", and as 4294967295 in the list. See open-iscsi issue 461.
#
# Seen with open-iscsi 2.1.8-1+deb12u1 of Debian 12. It works on a database of its own, in
# a user, mount and network namespace with empty /etc and /run, so it needs no root, and
# neither a target nor iscsid, which it waits for a second each time. Exit code 1 if
# iscsiadm keeps other records than was seen, 77 if that version or a namespace is not to
# be had.

set -eu
# shellcheck source=findings/lib/tools.sh
. "$(dirname "$0")/lib/tools.sh"
namespaces -rmn
unpack open-iscsi=2.1.8-1+deb12u1 libopeniscsiusr=2.1.8-1+deb12u1

cat >"$work/records.sh" <<'EOS'
mount -t tmpfs none /etc
mount -t tmpfs none /run
mkdir -p /etc/iscsi /run/lock
target=iqn.2024-01.org.example:disk
records() {
	iscsiadm -m node -P 1 | sed -n 's/.*Iface Name: //p' | sort | xargs
}
# new PORTAL IFACE: makes a record and prints what comes of it
new() {
	said=$(iscsiadm -m node -T $target -p "$1" -I "$2" -o new)
	echo "$1, $2: exit code $?, ${said##* }, records for $(records)"
}
new 192.0.2.1 default
iscsiadm -m node -T $target -p 192.0.2.1 -o update -n node.startup -v automatic
new 192.0.2.1 iser
echo "start at boot: $(iscsiadm -m node -T $target -p 192.0.2.1 |
	sed -n 's/^node.startup = //p')"
echo "list: $(iscsiadm -m node)"
iscsiadm -m node -o delete
new 192.0.2.1:3260,1 default
new 192.0.2.1:3260,1 iser
EOS
got=$("${apart[@]}" bash "$work/records.sh" 2>"$work/messages") || cat "$work/messages"
# record WHAT LINE SEEN: compares a line of what was printed
record() {
	expect "$1" "$3" "$(sed -n "$2p" <<<"$got")"
}

iscsiadm --version
record 'first iface' 1 '192.0.2.1, default: exit code 0, added, records for default'
record 'second iface (wrong)' 2 '192.0.2.1, iser: exit code 0, added, records for iser'
record 'a setting of the first, automatic' 3 'start at boot: manual'
record 'tag' 4 'list: 192.0.2.1:3260,4294967295 iqn.2024-01.org.example:disk'
record 'first iface, tag' 5 \
	'192.0.2.1:3260,1, default: exit code 0, added, records for default'
record 'second iface, tag' 6 \
	'192.0.2.1:3260,1, iser: exit code 0, added, records for default iser'
finish
