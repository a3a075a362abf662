#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a command that takes too long is aborted, the session stays"
TIMEOUT=120
. "$(dirname "$0")/../../lib.sh"

target_new t1
store=$(backstore_slow slow 16 3500) || skip 'this kernel has no null_blk'
target_lun t1 0 "$store"
target_portal t1
target_on t1
session_up
before=$(statistic t1 tmfcmd_pdus)
mark_log
"$ISER_TOOLS/sgio" -t 1000 "$DEVICE" r 4096 28 00 00 00 00 00 00 00 08 00 || true
"$ISER_TOOLS/sgio" -t 1000 "$DEVICE" w 4096 2a 00 00 00 00 00 00 00 08 00 || true
[ "$(statistic t1 tmfcmd_pdus)" -gt "$before" ] || fail 'no task management request was sent'
scsi r 4096 28 00 00 00 00 00 00 00 08 00
answered status=00 host=00
same 'state of the session' "$(session_state t1)" LOGGED_IN
! log_has 'conn error|connection.*lost' || fail 'the connection was lost over an abort'
logout
