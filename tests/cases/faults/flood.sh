#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="one connection has a hundred thousand completions: others get the worker in between"
NEEDS=faults
. "$(dirname "$0")/../../lib.sh"

need_fault flood
flood_over() {
	[ "$(cat /sys/module/iser_core/parameters/fault_flood)" = 0 ]
}
target_up
session_up
fault flood_most 0
fault flood 100000
sweep "$DEVICE" '4096 65536'
wait_for 20 'the flood is over' flood_over
most=$(cat /sys/module/iser_core/parameters/fault_flood_most)
note "at most $most completions while another connection waits"
[ "$most" -gt 0 ] || fail 'nobody has waited'
[ "$most" -le 256 ] || fail 'a worker polls without a limit'
logout
