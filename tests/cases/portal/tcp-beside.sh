#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="an iSCSI/TCP portal beside the iSER one works as before"
SHOWS="R-5.1-10"
. "$(dirname "$0")/../../lib.sh"

target_up
target_portal t1 "$IP" tcp 3261
initiator_up
modprobe iscsi_tcp
(
	PORTAL=$(portal "$IP" 3261)
	node t1 -o new >/dev/null
	login
)
device
same 'host adapter' "$(cat /sys/class/scsi_host/host*/proc_name | sort -u | tr '\n' ' ')" 'iscsi_tcp '
sweep "$DEVICE" '512 65536'
tcp=$DEVICE
node_new
login
two() {
	[ "$(session_ids t1 | wc -l)" = 2 ]
}
wait_for 10 'a session over each' two
sweep "$tcp" 4096
