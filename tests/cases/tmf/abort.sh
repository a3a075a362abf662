#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a command that takes too long is aborted, the session stays"
SHOWS="R-7.3.3-1"
QUICK=1
TIMEOUT=120
. "$(dirname "$0")/../../lib.sh"

target_new t1
store=$(backstore_slow slow 16 4000) || skip 'this kernel has no null_blk'
target_lun t1 0 "$store"
target_portal t1
target_on t1
node_new
# Without NOP-Outs libiscsi gives a command more time only once.
node_quiet t1
login
device
before=$(statistic t1 tmfcmd_pdus)
mark_log
# One attempt of one second; the disk needs four (null_blk itself gives up after five).
disk=/sys/class/block/${DEVICE##*/}/device
echo 0 >"$(echo "$disk"/scsi_disk/*/max_retries)"
echo 1 >"$disk/timeout"
must_fail 'a read that is too slow succeeded' \
	dd if="$DEVICE" of=/dev/null bs=4k count=1 iflag=direct status=none
echo 30 >"$disk/timeout"
[ "$(statistic t1 tmfcmd_pdus)" -gt "$before" ] || fail 'no task management request was sent'
scsi r 4096 28 00 00 00 00 00 00 00 08 00
answered status=00 host=00
same 'state of the session' "$(session_state t1)" LOGGED_IN
! log_has 'conn error|connection.*lost' || fail 'the connection was lost over an abort'
logout
