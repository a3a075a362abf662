#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a discovery sets a node record to tcp: iserctl finds it, and its command sets it to iser"
LONG=1
. "$(dirname "$0")/../../lib.sh"

target_up
node_new
node t1 -o delete
if [ "$PROVIDER" = siw ]; then
	# LIO's TCP listener is kept away from the portal. What a discovery writes:
	admin -m node -T "$(iqn t1)" -p "$(portal),1" -o new -I default
else
	admin -m discovery -t st -p "$(portal)"
fi
FIX_LIKE=iscsiadm finds record-tcp-only initiator
eval "$FIX"
in_order initiator
login
device
if [ "$PROVIDER" = siw ]; then
	sed -i 's/^iface.transport_name = iser/iface.transport_name = tcp/' \
		"/etc/iscsi/nodes/$(iqn t1)/$IP,$PORT,1/default"
else
	admin -m discovery -t st -p "$(portal)"
fi
finds record-tcp initiator
eval "$FIX"
in_order initiator
logout
login
same 'hosts over iSER' "$(cat /sys/class/scsi_host/host*/proc_name | grep -c iscsi_iser)" 1
device
sweep "$DEVICE" 4096
logout
