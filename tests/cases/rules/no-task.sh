#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="an abort is answered ahead of the command's response: the session stays"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

bad_target no-task
session_up
echo 2 >"/sys/class/block/${DEVICE##*/}/device/timeout"
bad_read
same 'a write after "task does not exist"' "$(bad_result no-task)" accepted
! bad_says 'login 2' || fail 'the connection was lost'
logout
