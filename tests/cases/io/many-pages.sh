#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="max_sectors of 4 MiB: an STag has no more pages than all drivers describe rightly, and data compare"
. "$(dirname "$0")/../../lib.sh"

[ "$INITIATOR" = ours ] || skip 'what our module makes of its parameter'
modules_down || fail 'a module cannot be unloaded'
on_exit modules_down
modprobe ib_iser max_sectors=8192
target_up
session_up
most=$(cat "/sys/class/block/${DEVICE##*/}/queue/max_hw_sectors_kb")
note "commands of up to $most KiB"
[ "$most" -le 2044 ] || fail 'an STag has more than 512 pages'
sweep "$DEVICE" "$(around 4096 $((most * 1024)))"
logout
