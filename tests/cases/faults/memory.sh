#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="all memory that the device sees is mapped, synchronized and unmapped, by the rules of DMA"
NEEDS=faults
. "$(dirname "$0")/../../lib.sh"

need_fault maps

target_up
session_up
[ "$(mapped)" -gt 0 ] || fail 'nothing is mapped'
verify_io "$DEVICE" 4M
sweep "$DEVICE" -o 512 -g 1536 '512 4096 12800 65536'
logout
targets_down
wait_for 10 'all is unmapped' unmapped
