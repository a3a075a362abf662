#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a queue pair does not give back what was posted: its end has a limit, all is freed, a new session works"
TIMEOUT=180
NEEDS=faults
. "$(dirname "$0")/../../lib.sh"

need_fault lost

target_up
session_up
for what in lost modify; do
	io_start "$DEVICE"
	fault lost 1
	[ $what = lost ] || fault modify 1
	mark_log
	start=$SECONDS
	device_del
	took=$((SECONDS - start))
	note "$what: the device went in $took s"
	[ $took -lt $((15 * SLOW)) ] || fail "$what: the device went in $took s"
	log_has 'has not completed all work requests' || fail "$what: no line says so"
	fault modify 0
	fault lost 0
	device_add
	session_back t1 60
	wait_for 40 "$what: I/O goes on" io_moves "$DEVICE"
	io_stop
done
logout
targets_down
wait_for 10 'all is unmapped' unmapped
