#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: findings/iscsitarget-portals.sh
#
# The resource agent ocf:heartbeat:iSCSITarget (lio-t) starts targets whose portals are not
# those that were asked for, and finds nothing wrong when it monitors them:
#
# * An entry of iser_portals with a port, in the form that portals has, leaves the portal
#   without iSER. So does an address that has two portals. Both are a warning in the log.
# * Without portals, the target has none, where the description of the agent says that one
#   is created then, and has 0.0.0.0:3260 as the default. This value is passed over also if
#   it is given.
#
# Seen with resource-agents 1:4.12.0-2 of Debian 12. The agent runs in a user and mount
# namespace, on a folder with the files of LIO that it uses. A stand-in for targetcli makes
# them, with what LIO and targetcli have in them after these commands: the portals that are
# created, iSER off, the target enabled. Needs neither root nor LIO. Exit code 1 if the
# agent does something else than was seen, 77 if that version or a namespace is not to be
# had.

set -eu
# shellcheck source=findings/lib/tools.sh
. "$(dirname "$0")/lib/tools.sh"
namespaces -rm
unpack resource-agents=1:4.12.0-2

mkdir "$work/bin"
cat >"$work/bin/targetcli" <<'EOS'
#!/bin/bash
group=/sys/kernel/config/target/iscsi/iqn.2024-01.org.example:disk/tpgt_1
case $* in
'/iscsi create '*)
	mkdir -p $group/np
	echo 1 >$group/enable
	;;
*'/portals create '*)
	mkdir "$group/np/$3:$4"
	echo 0 >"$group/np/$3:$4/iser"
	;;
esac
EOS
chmod +x "$work/bin/targetcli"
cat >"$work/start.sh" <<'EOS'
mount -t tmpfs none /run
mkdir /run/resource-agents
mount -t tmpfs none /sys
export PATH=$work/bin:$PATH OCF_ROOT=$root/usr/lib/ocf OCF_RESOURCE_INSTANCE=disk
export OCF_RESKEY_iqn=iqn.2024-01.org.example:disk OCF_RESKEY_implementation=lio-t
agent=$OCF_ROOT/resource.d/heartbeat/iSCSITarget
$agent start >&2
started=$?
$agent monitor >&2
echo "start $started, monitor $?:" $(cd /sys/kernel/config/target/iscsi/*/tpgt_1/np &&
	grep -H . */iser | sed 's|/iser:0| without iSER|; s|/iser:1| with iSER|')
EOS
export work root
# start WHAT SEEN PARAMETER...: starts the resource, and prints the exit codes of start and
# monitor, and which portals there are then
start() {
	expect "$1" "$2" \
		"$(env "${@:3}" timeout 60 "${apart[@]}" bash "$work/start.sh" 2>"$work/messages")"
	grep -o 'Unable to set iSER on.*' "$work/messages" | sort -u || true
}

echo 'resource-agents 1:4.12.0-2'
expect 'default of portals in the description' 0.0.0.0:3260 \
	"$(OCF_ROOT=$root/usr/lib/ocf "$root/usr/lib/ocf/resource.d/heartbeat/iSCSITarget" \
		meta-data | sed -n '/name="portals"/,/default=/s/.*default="\([^"]*\).*/\1/p')"
one=OCF_RESKEY_portals=192.0.2.1:3260
two="$one 192.0.2.1:3261"
start 'address' 'start 0, monitor 0: 192.0.2.1:3260 with iSER' \
	"$one" OCF_RESKEY_iser_portals=192.0.2.1
start 'address and port (wrong)' 'start 0, monitor 0: 192.0.2.1:3260 without iSER' \
	"$one" OCF_RESKEY_iser_portals=192.0.2.1:3260
start 'address of two portals (wrong)' \
	'start 0, monitor 0: 192.0.2.1:3260 without iSER 192.0.2.1:3261 without iSER' \
	"$two" OCF_RESKEY_iser_portals=192.0.2.1
start 'portals not set (wrong)' 'start 0, monitor 0:'
start 'portals as by default (wrong)' 'start 0, monitor 0:' OCF_RESKEY_portals=0.0.0.0:3260
finish
