#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a response that invalidates the STag of another command ends the connection"
SHOWS="R-7.3.2-7 R-7.3.2-8"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

bad_target wrong
session_up
mark_log
bad_read &
reader=$!
bad_read
wait $reader || fail "the other read failed"
# siw itself refuses the invalidation, hence the second form of the line.
wait_for 20 "a line" log_has "(invalidated STag .*, which is not the task.s|receive failed: .*), ending the connection"
session_back t1
logout
