#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="reads and writes from one sector to the largest transfer, every power of two"
SHOWS="D-6-1 D-9.3-1"
QUICK=1
TIMEOUT=120
. "$(dirname "$0")/../../lib.sh"

target_up
session_up
block=/sys/class/block/${DEVICE##*/}/queue
largest=$(($(cat "$block/max_hw_sectors_kb") * 1024))
[ $largest -le $((16 << 20)) ] || largest=$((16 << 20))
echo $((largest / 1024)) >"$block/max_sectors_kb"
note "largest transfer $largest"
for ((size = 512; size <= largest; size *= 2)); do
	sizes="${sizes:-} $size"
done
sweep "$DEVICE" "$sizes"
sweep "$DEVICE" "$((largest - 512)) $largest $((largest + 512))"
logout
