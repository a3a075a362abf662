#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a device that can't invalidate an STag: an abort costs the session, with a line, and no data"
TIMEOUT=120
NEEDS=faults
. "$(dirname "$0")/../../lib.sh"

need_fault no_invalidate
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
disk=/sys/class/block/${DEVICE##*/}/device
echo 0 >"$(echo "$disk"/scsi_disk/*/max_retries)"
mark_log
fault no_invalidate 1
# One attempt of one second; the disk needs four.
echo 1 >"$disk/timeout"
must_fail 'a read that is too slow succeeded' \
	dd if="$DEVICE" of=/dev/null bs=4k count=1 iflag=direct status=none
echo 30 >"$disk/timeout"
wait_for 20 'a line says so' log_has "can't invalidate an STag: error -22, ending the connection"
fault no_invalidate 0
session_back t1
scsi r 4096 28 00 00 00 00 00 00 00 08 00
answered status=00 host=00
logout
