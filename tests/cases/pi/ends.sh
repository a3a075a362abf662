#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="under I/O with protection information a registration fails, the disk is reset, the device goes: I/O goes on, nothing is left"
TIMEOUT=300
KERNEL_TARGET_FAILS="the listener does not come back after the device was removed"
KERNEL_INITIATOR_FAILS="the SCSI host is below the adapter's device, and its entries in sysfs go with it"
. "$(dirname "$0")/../../lib.sh"

need_pi
need_program sg_reset
pi_modules Y
pi_target t1 1 512 1
session_up
pi_host on
io_start "$DEVICE" --bsrange=4k-64k
place_under_io reg-mr-pi 5 1 || fail 'no registration was met'
note 'resets of the disk end its tasks'
for n in 1 2 3; do
	sg_reset -N -d "$DEVICE" || fail "reset $n of the disk"
	io_moves "$DEVICE" || true
	wait_for 60 'I/O goes on' io_moves "$DEVICE"
done
note 'the device goes'
device_unplug
wait_for 20 'the initiator notices' session_lost t1
device_add
session_back t1 60
wait_for 40 'I/O goes on' io_moves "$DEVICE"
io_stop
verify_io "$DEVICE" 1M

note 'no integrity MR for a new session'
logout
place_set alloc-mr-pi 2 -12
node t1 --login || login
device
verify_io "$DEVICE" 1M
logout
modules_down || fail 'a module cannot be unloaded'
leftovers >/tmp/iser-case/left
[ ! -s /tmp/iser-case/left ] || fail "left: $(cat /tmp/iser-case/left)"
