#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="the RDMA device goes and comes back while nobody is logged in"
TIMEOUT=90
KERNEL_TARGET_FAILS="the listener does not come back after the device was removed"
. "$(dirname "$0")/../../lib.sh"

target_up
session_up
logout
wait_for 20 'the target has no session' target_idle t1
device_del
device_add
reachable() {
	node t1 --login
}
wait_for 30 'the target is there again' reachable
device
sweep "$DEVICE" 4096
logout
