#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a portal on 0.0.0.0 says that there is no RDMA device, then that it listens, then that the last one is gone"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip 'the lines are ours'
target_modules
device_del
mark_log
target_up
rmdir "$(tpg t1)/np/$(portal)"
target_portal t1 0.0.0.0
log_has '0\.0\.0\.0:3260: there is no RDMA device' || fail 'no line says that there is no device'
! log_has '0\.0\.0\.0:3260: listening$' || fail 'it listens, without a device'
mark_log
device_add
wait_for 10 'a line says that it listens' log_has '0\.0\.0\.0:3260: listening$'
session_up
sweep "$DEVICE" 4096
logout
mark_log
device_del
log_has '0\.0\.0\.0:3260: there is no RDMA device' || fail 'no line says that the device is gone'
device_add
