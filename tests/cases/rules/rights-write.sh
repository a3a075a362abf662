#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="the STag of a SCSI write cannot be written to"
SHOWS="R-11-5"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

bad_target rights
session_up
mark_log
dd if=/dev/zero of="$DEVICE" bs=128k seek=8 count=1 oflag=direct status=none
same "an RDMA Write to a SCSI write's buffer" "$(bad_result rights)" refused
# Soft-RoCE only answers the peer.
if [ "$PROVIDER" = siw ]; then
	wait_for 10 'the line' log_has 'initiator, peer .*: queue pair error: .*access'
	! log_has 'connection lost: closed by the target' || fail 'the target is said to have closed'
fi
session_back t1
logout
