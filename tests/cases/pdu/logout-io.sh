#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="logout while I/O runs ends the session and hangs nobody"
. "$(dirname "$0")/../../lib.sh"

need_program fio
target_up
session_up
io_start "$DEVICE"
logout
same 'sessions' "$(session_ids t1)" ''
gone() {
	! kill -0 "$io_pid" 2>/dev/null
}
wait_for 20 'I/O ends with an error' gone
wait_for 20 'the target has no session' target_idle t1
