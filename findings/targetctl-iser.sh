#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: findings/targetctl-iser.sh
#
# "targetctl restore", which sets up the targets of LIO at boot, takes it lightly if LIO
# does not let it switch a portal to iSER, because the RDMA device or the module is not
# there yet, for example. It leaves the portal, enables the target, and ends with the exit
# code 0: the target is served over TCP, which nobody had configured. What is said is one
# line, "Creating NetworkPortal object ... failed", although the portal has been created.
# So a service that waits for rtslib-fb-targetctl starts, and "targetctl save" thereafter
# has lost iSER.
#
# Seen with python3-rtslib-fb 2.1.75-2.1 of Debian 12. A folder in a user and mount namespace
# takes the place of configfs, with files that keep what is written; in the second run that
# of iSER cannot be written. Needs neither root nor LIO. Exit code 1 if targetctl does
# something else than was seen, 77 if that version or a namespace is not to be had.

set -eu
# shellcheck source=findings/lib/tools.sh
. "$(dirname "$0")/lib/tools.sh"
namespaces -rm
unpack python3-rtslib-fb=2.1.75-2.1

cat >"$work/saved.json" <<'EOS'
{"storage_objects": [], "fabric_modules": [], "targets": [
	{"fabric": "iscsi", "wwn": "iqn.2024-01.org.example:disk", "tpgs": [
		{"tag": 1, "enable": true, "attributes": {}, "parameters": {}, "luns": [],
		 "node_acls": [], "portals": [
			{"ip_address": "192.0.2.1", "port": 3260, "iser": true, "offload": false}]}]}]}
EOS
cat >"$work/restore.sh" <<'EOS'
mount -t tmpfs none /sys
mkdir -p /sys/kernel/config
mount -t tmpfs none /sys/kernel/config
targetctl() {
	# Without this capability, the permissions of files hold for root too.
	setpriv --bounding-set -dac_override --inh-caps -dac_override \
		/usr/bin/python3 -B "$configfs" /sys/kernel/config \
		"$(type -P targetctl)" "$@" 2>&1
}
said=$(targetctl restore "$work/saved.json")
echo "exit code $?, said: $said"
cd /sys/kernel/config/target/iscsi/*/tpgt_1
echo "portal $(ls np), iSER $(cat np/*/iser), target enabled $(cat enable)"
targetctl save "$work/again.json"
echo "saved again as $(grep -o '"iser": [a-z]*' "$work/again.json")"
EOS
configfs=$(cd "$(dirname "$0")/lib" && pwd)/configfs.py
export work configfs
# restore FILE: prints what comes of it if FILE of configfs cannot be written
restore() {
	got=$(IN_VAIN=$1 timeout 60 "${apart[@]}" bash "$work/restore.sh" 2>&1) || true
}
# line WHAT NUMBER SEEN: compares a line of what was printed
line() {
	expect "$1" "$3" "$(sed -n "$2p" <<<"$got")"
}

echo 'python3-rtslib-fb 2.1.75-2.1'
restore ''
line 'LIO takes iSER' 1 'exit code 0, said: '
line 'LIO takes iSER' 2 'portal 192.0.2.1:3260, iSER 1, target enabled 1'
line 'LIO takes iSER' 3 'saved again as "iser": true'
restore iser
line 'LIO refuses iSER (wrong)' 1 'exit code 0, said: Creating NetworkPortal object '\
'192.0.2.1:3260 failed: Cannot change iser, skipped'
line 'LIO refuses iSER (wrong)' 2 'portal 192.0.2.1:3260, iSER 0, target enabled 1'
line 'LIO refuses iSER (wrong)' 3 'saved again as "iser": false'
finish
