#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a write that is answered before its data were sent: the next ones compare"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

bad_target early
node_new
node_set t1 node.session.iscsi.InitialR2T No
node_set t1 node.session.iscsi.FirstBurstLength 262144
login
device
# 256 KiB in 31 Data-Out PDUs, which is more than the core has headers for; SCSI then
# repeats the write.
dd if=/dev/zero of="$DEVICE" bs=512k seek=2 count=1 oflag=direct status=none
same "the early response" "$(bad_result early)" sent
same "state of the session" "$(session_state t1)" LOGGED_IN
verify_io "$DEVICE" 4M
logout
