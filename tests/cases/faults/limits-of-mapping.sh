#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="the SCSI host keeps to what can be mapped at once, and cuts no segment inside a page"
NEEDS=faults
. "$(dirname "$0")/../../lib.sh"

need_fault max_mapping
target_up
fault max_mapping 131072
session_up
queue=/sys/class/block/${DEVICE##*/}/queue
same max_hw_sectors_kb "$(cat "$queue/max_hw_sectors_kb")" 128
same max_segments "$(cat "$queue/max_segments")" 33
same max_segment_size "$(cat "$queue/max_segment_size")" 4294967295
verify_io "$DEVICE" 1M
logout
