#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# target.sh: the part of the demo that runs in the target machine.

. /host/tree/scripts/demo/lib.sh

step "Kernel $(uname -r): an RDMA device in software"
rdma_up "$TARGET_IP"

step "A target with one RAM disk, made with targetcli"
portal=/iscsi/$IQN/tpg1/portals
# One targetcli runs all commands, because each start of it takes seconds. Its exit
# code does not say whether they succeeded.
mkdir -p /etc/target
commands="set global auto_cd_after_create=false auto_save_on_exit=false
set global auto_add_default_portal=false
/backstores/ramdisk create name=disk size=256MB
/iscsi create $IQN
/iscsi/$IQN/tpg1/luns create /backstores/ramdisk/disk
/iscsi/$IQN/tpg1/acls create $INITIATOR_IQN
$portal create $TARGET_IP 3260
$portal/$TARGET_IP:3260 enable_iser true
ls /iscsi"
grep -v global <<<"$commands" | sed 's/^/$ targetcli /'
targetcli <<<"$commands" 2>&1 | grep -vE '^(targetcli shell|Copyright|For help|Parameter|Warning: Could not load pref|$)' |
	sed -E 's/^(\/> )?/  /; s/\.{4,}/ .../; /^  exit$/d'
np=/sys/kernel/config/target/iscsi/$IQN/tpgt_1/np/$TARGET_IP:3260
if [ "$(cat "$np/iser")" != 1 ]; then
	echo "iSER is not enabled on the portal"
	exit 1
fi
whose ib_isert
touch /host/out/ready

until [ -e /host/out/stop ]; do sleep 0.2; done
step "The initiator has gone; the target is taken down"
targetcli clearconfig confirm=True | sed 's/^/  /'
