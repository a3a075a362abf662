#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="name_stags: with STags in the header of responses all goes on as before"
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip "a parameter of ours"
on_exit 'echo N >/sys/module/ib_isert/parameters/name_stags'
target_up
echo Y >/sys/module/ib_isert/parameters/name_stags
mark_log
session_up
verify_io "$DEVICE" 8M
sweep "$DEVICE" '512 4096 65536 300032'
! log_has 'conn error|ending the connection' || fail 'the connection was lost'
logout
