#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a session begins, is lost and comes back: no memory for that waits for a disk to which it would be written out"
NEEDS=faults
. "$(dirname "$0")/../../lib.sh"

need_fault event
target_up
session_up
io_start "$DEVICE"
mark_log
# The test build warns where such memory is allocated.
echo qp-fatal >/sys/module/iser_core/parameters/fault_event
wait_for 5 'the event is noticed' log_has 'error: .*, ending'
session_back t1
wait_for 20 'I/O goes on' io_moves "$DEVICE"
io_stop
logout
