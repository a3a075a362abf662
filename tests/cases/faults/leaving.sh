#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a queue pair refuses a work request since it is about to close: no line takes that for the cause"
TIMEOUT=120
NEEDS=faults
. "$(dirname "$0")/../../lib.sh"

iwarp || skip 'siw does so'
need_fault leaving
target_up
session_up
for round in 1 2 3 4; do
	io_start "$DEVICE"
	mark_log
	fault leaving 1
	wait_for 10 'the connection ends' log_has 'connection lost'
	log_has 'connection lost: closed by the target' || fail 'the end has another cause'
	! log_has "can't post|can't invalidate" || fail "a refusal is taken for the cause, in round $round"
	session_back t1
	wait_for 20 'I/O goes on' io_moves "$DEVICE"
	io_stop
done
logout
