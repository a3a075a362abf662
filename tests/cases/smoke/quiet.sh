#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="login, I/O and logout: no line about an error at either end"
. "$(dirname "$0")/../../lib.sh"

target_up
mark_log
session_up
verify_io "$DEVICE" 256K --bsrange=4k-64k
logout
wait_for 20 'the target is idle' target_idle t1
# An event that comes late still finds its connection.
sleep 0.5
! log_since | grep -E '(iser_core|ib_iser|ib_isert): .*(error|fail|ending|lost)' || fail 'a line about an error'
