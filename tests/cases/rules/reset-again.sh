#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a late answer to a reset that was given up does not count for the next one"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

need_program sg_reset
bad_target resets
session_up
mark_log
sg_reset -N -d "$DEVICE" &
first=$!
wait_for 10 'the target has the reset' bad_says 'reset held'
# libiscsi abandons the reset and keeps the connection.
kill -KILL $first
wait $first || true
bad_read &
read=$!
wait_for 10 'the target has the read' bad_says 'read held'
sg_reset -N -d "$DEVICE" &
second=$!
same 'a write for the read while the second reset waits' "$(bad_result resets)" accepted
kill -0 $second 2>/dev/null || fail 'the answer to the first reset ended the second'
kill -USR1 "$bad_pid"
wait $second || fail 'the second reset failed'
wait $read || fail 'the read failed'
! log_has 'while the device used its buffer' || fail 'the buffer of the read was given back'
! bad_says 'login 2' || fail 'the connection was lost'
logout
