#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="I/O goes on without iscsid, and a new iscsid brings the session back"
TIMEOUT=120
. "$(dirname "$0")/../../lib.sh"

target_up
session_up
io_start "$DEVICE"
kill -9 "$(pidof iscsid)"
soon 10 iscsid_is_gone || fail 'iscsid is still there'
wait_for 20 'I/O goes on without iscsid' io_moves "$DEVICE"
iscsid_up
target_off t1
wait_for 20 'the initiator notices' session_lost t1
target_on t1
session_back t1 60
wait_for 40 'I/O goes on' io_moves "$DEVICE"
io_stop
logout
