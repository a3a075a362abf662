#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a thousand NOP-In in a row: each receive is given back"
SHOWS="R-8.1-3"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

bad_target pings
session_up
mark_log
bad_read
same "the pings" "$(bad_result pings)" answered
! bad_says "login 2" || fail "the connection was lost"
logout
