#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a completion event comes while its queue is destroyed: nobody polls it any more"
NEEDS=faults
. "$(dirname "$0")/../../lib.sh"

need_fault late_event
target_up
fault late_event 1
for _ in 1 2 3; do
	session_up
	sweep "$DEVICE" 4096
	logout
	node t1 -o delete >/dev/null
	wait_for 10 'the target notices' target_idle t1
done
