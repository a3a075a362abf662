#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a device tells of an error in a hard interrupt: the connection ends with a line, and comes back"
TIMEOUT=180
NEEDS=faults
. "$(dirname "$0")/../../lib.sh"

need_fault event
raise() {
	echo "$1" >/sys/module/iser_core/parameters/fault_event
}

target_up
session_up
for event in qp-fatal device-fatal cq-err srq-err last-wqe; do
	[ $event != srq-err ] || ! iwarp || continue
	io_start "$DEVICE"
	mark_log
	raise $event
	wait_for 5 "$event is noticed" log_has 'error: .*, ending|error, ending its|does not say why, ending'
	session_back t1
	wait_for 20 "I/O goes on after $event" io_moves "$DEVICE"
	io_stop
done
logout
