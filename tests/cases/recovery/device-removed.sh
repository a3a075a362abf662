#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="the RDMA device goes and comes back under I/O: I/O goes on"
SHOWS="R-5.2.3.2-1 R-4.1-9"
TIMEOUT=120
KERNEL_TARGET_FAILS="the listener does not come back after the device was removed"
. "$(dirname "$0")/../../lib.sh"

target_up
session_up
io_start "$DEVICE"
device_del
wait_for 20 'the initiator notices' session_lost t1
device_add
session_back t1 60
wait_for 40 'I/O goes on' io_moves "$DEVICE"
io_stop
logout
