#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a poll fails and loses completions: the connection ends with a line, nothing of it is left"
TIMEOUT=180
NEEDS=faults
. "$(dirname "$0")/../../lib.sh"

need_fault poll

target_up
session_up
io_start "$DEVICE"
for _ in 1 2 3; do
	mark_log
	fault poll 1
	wait_for 5 'a line says so' log_has "can't poll a completion queue: error -5, ending the connection"
	session_back t1
	wait_for 20 'I/O goes on' io_moves "$DEVICE"
done
io_stop
logout
targets_down
wait_for 10 'all is unmapped' unmapped
