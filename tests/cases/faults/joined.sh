#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="segments that an IOMMU joins: bursts larger than an STag of the target covers"
NEEDS=faults
. "$(dirname "$0")/../../lib.sh"

need_fault join
fault join 1
fault sink_pages 64
target_up
target_set t1 param MaxBurstLength 1048576
session_up
sweep "$DEVICE" '4096 65536 262144 524288'
sweep "$DEVICE" -o 512 -g 4096 '65536 266240 520192'
logout
