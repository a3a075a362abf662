#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="LUN resets while verified I/O runs lose and mix no data"
SHOWS="R-8.3.2-6"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

need_program sg_reset
target_up
session_up
io_start "$DEVICE"
for i in 1 2 3 4 5; do
	sg_reset -N -d "$DEVICE" || fail "sg_reset -d, number $i"
	wait_for 20 'I/O goes on' io_moves "$DEVICE"
done
io_stop
logout
