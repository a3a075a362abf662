#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a device whose send queue has room for fewer SGEs, or fewer entries, than it says gets a smaller one, with a line"
NEEDS=faults
. "$(dirname "$0")/../../lib.sh"

need_fault sq_sges
target_parameter send_depth 1024
target_up
mark_log
# The device has room for half of 1024 work requests with three of the sixteen SGEs: both
# have to become smaller.
fault sq_sges 2000
for _ in 1 2; do
	session_up
	verify_io "$DEVICE" 2M
	sweep "$DEVICE" -o 512 -g 1536 '512 8192 65536'
	logout
done
log_has 'send queue of 1024 work requests with [0-9]* SGEs, using 510 with 3' ||
	fail 'no line that says what it has'
same 'lines about it' "$(log_count 'the device can.t create a send queue of')" 1
