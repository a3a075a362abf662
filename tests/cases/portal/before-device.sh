#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a portal made before the RDMA device exists listens when it appears"
TIMEOUT=90
KERNEL_TARGET_FAILS="a portal cannot be made before its device"
. "$(dirname "$0")/../../lib.sh"

target_modules
device_del
mark_log
target_up
same 'iser of the portal' "$(cat "$(tpg t1)/np/$(portal)/iser")" 1
log_has 'iser.*no RDMA device' || fail 'no line says that the portal waits for its device'
device_add
reachable() {
	node t1 --login
}
node_new
wait_for 20 'the portal listens' reachable
device
sweep "$DEVICE" 4096
logout
