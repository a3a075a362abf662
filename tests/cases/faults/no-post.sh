#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a command that the device never posts, or never maps, ends as an I/O error: it is not tried for ever"
TIMEOUT=180
NEEDS=faults
. "$(dirname "$0")/../../lib.sh"

need_fault no_read
target_up
session_up
# fails LINE: a read ends with an error, not by the limit of the case, and a line says why
fails() {
	local rc=0
	timeout $((60 * SLOW)) dd if="$DEVICE" of=/dev/null bs=64k count=1 iflag=direct \
		status=none || rc=$?
	[ $rc = 1 ] || fail "the read ended with $rc"
	log_has "$1" || fail "no line says: $1"
}

mark_log
# Each attempt of the SCSI layer costs a session: the first, and one more.
retries=$(echo "/sys/class/block/${DEVICE##*/}"/device/scsi_disk/*/max_retries)
echo 1 >"$retries"
fault no_read 1
fails "can't post a Send: error -22, ending the connection"
fault no_read 0
session_back t1
verify_io "$DEVICE" 1M

# 1 + DMA_FROM_DEVICE: the target maps the other way.
echo 3 >"/sys/block/${DEVICE##*/}/device/timeout"
fault no_map 3
fails "could not map a command's 65536 bytes in [0-9]* segments in time"
fault no_map 0
echo 30 >"/sys/block/${DEVICE##*/}/device/timeout"
echo 5 >"$retries"
verify_io "$DEVICE" 1M
logout
