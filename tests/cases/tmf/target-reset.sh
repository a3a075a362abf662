#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a target reset while I/O runs: the session is there again, data compare"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

need_program sg_reset
target_up
session_up
io_start "$DEVICE"
sg_reset -N -t "$DEVICE" || fail 'sg_reset -t'
session_back t1
wait_for 30 'I/O goes on' io_moves "$DEVICE"
io_stop
logout
