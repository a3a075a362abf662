#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a device that refuses a shared receive queue is asked once, and again when it has come back"
NEEDS=faults
. "$(dirname "$0")/../../lib.sh"

need_fault no_srq
! iwarp || skip 'iWARP: each connection has receives of its own'
# refused: how many queues the device has refused
refused() {
	cat /sys/module/iser_core/parameters/fault_srqs
}
fault no_srq 1
fault srqs 0
target_up
mark_log
for _ in 1 2 3; do
	session_up
	logout
done
same 'shared receive queues that were asked for' "$(refused)" 1
same 'lines about it' "$(log_count 'refuses a shared receive queue')" 1
device_del
mark_log
device_add
wait_for 20 'the portal listens on the device that came back' log_has 'portal .*: listening'
session_up
verify_io "$DEVICE" 1M
same 'shared receive queues that were asked for in all' "$(refused)" 2
logout
