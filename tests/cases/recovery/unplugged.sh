#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="the adapter is unplugged and comes back under I/O: the session keeps its place in sysfs, I/O goes on, new disks are found"
TIMEOUT=120
KERNEL_TARGET_FAILS="the listener does not come back after the device was removed"
KERNEL_INITIATOR_FAILS="the SCSI host is below the adapter's device, and its entries in sysfs go with it"
. "$(dirname "$0")/../../lib.sh"

[ "$PROVIDER" = adapter ] || skip 'only the adapter of tests/adapter can be unplugged'
target_up
session_up
session=$(echo /sys/class/iscsi_session/session*)
io_start "$DEVICE"
device_unplug
wait_for 20 'the initiator notices' session_lost t1
[ -e "$session/state" ] || fail "$session is gone"
device_add
session_back t1 60
wait_for 40 'I/O goes on' io_moves "$DEVICE"
io_stop
# The SCSI layer still asks the device that has gone for its limits.
store=$(backstore_ram second 8)
target_lun t1 1 "$store"
admin -m session -r "$(session_ids t1)" --rescan
device t1 1
sweep "$DEVICE" 4096
logout
