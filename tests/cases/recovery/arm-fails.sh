#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a completion queue can't be armed: the connection ends at once with a line, and I/O goes on"
TIMEOUT=180
. "$(dirname "$0")/../../lib.sh"

need_places
target_up
# Nothing else may wake a connection that no longer gets events.
session_quiet
io_start "$DEVICE"
mark_log
place_under_io req-notify-cq 16 -5 || fail 'no queue was armed'
log_has "can't arm a completion queue: error -5, ending the connection" || fail 'no line says so'
io_stop
logout
