#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="devices with three and with one SGE in a receive work at both ends"
NEEDS=faults
. "$(dirname "$0")/../../lib.sh"

need_fault max_recv_sge
target_up
for sges in 3 1; do
	fault max_recv_sge $sges
	fault max_srq_sge $sges
	fault max_send_sge 3
	session_up
	verify_io "$DEVICE" 2M
	sweep "$DEVICE" -o 512 -g 1536 '512 8192 12800 65536'
	logout
done
