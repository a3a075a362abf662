#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a late answer to a reset leaves the STags of later commands alone"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

need_program sg_reset
bad_target reset-late
session_up
sg_reset -N -d "$DEVICE" &
reset=$!
wait_for 10 'the target has the reset' bad_says 'reset held'
# libiscsi abandons the reset and keeps the connection.
kill -KILL $reset
wait $reset || true
bad_read
bad_says 'reset answered' || fail 'the reset was not answered'
same 'the write of a read that came after the reset' "$(bad_result reset-late)" accepted
! bad_says 'login 2' || fail 'the connection was lost'
logout
