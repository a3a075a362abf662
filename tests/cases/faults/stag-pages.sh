#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a device that allocates smaller STags than it promises: commands are made smaller, and a login succeeds"
NEEDS=faults
. "$(dirname "$0")/../../lib.sh"

need_fault alloc_pages
target_up
fault alloc_pages 128
session_up
same max_hw_sectors_kb "$(cat "/sys/class/block/${DEVICE##*/}/queue/max_hw_sectors_kb")" 508
sweep "$DEVICE" '520192 524288'
logout
