#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a command that takes too long is aborted, the session stays"
SHOWS="R-7.3.3-1"
QUICK=1
TIMEOUT=120
. "$(dirname "$0")/../../lib.sh"

target_new t1
target_slow t1 16 4000
# Without NOP-Outs libiscsi gives a command more time only once.
session_quiet
before=$(statistic t1 tmfcmd_pdus)
mark_log
# The disk needs four seconds.
slow_read_fails
[ "$(statistic t1 tmfcmd_pdus)" -gt "$before" ] || fail 'no task management request was sent'
scsi r 4096 28 00 00 00 00 00 00 00 08 00
answered status=00 host=00
same 'state of the session' "$(session_state t1)" LOGGED_IN
! log_has 'conn error|connection.*lost' || fail 'the connection was lost over an abort'
logout
