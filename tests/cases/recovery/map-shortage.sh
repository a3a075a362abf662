#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a device has no memory to map a command: it is tried again, and not for ever; what never fits fails at once"
TIMEOUT=240
. "$(dirname "$0")/../../lib.sh"

need_places
# read_once: one read that the page cache does not answer
read_once() {
	timeout $((60 * SLOW)) dd if="$DEVICE" of=/dev/null bs=64k count=1 iflag=direct status=none
}

# never LINE: a read ends with an error, not by the limit of the case, and a line says why
never() {
	local rc=0
	mark_log
	read_once || rc=$?
	[ $rc = 1 ] || fail "the read ended with $rc"
	log_has "$1" || fail "no line says: $1"
	echo none >"$adapter_debug/faults"
}

target_up
mark_log
# Of the first command to the disk, without which there is none.
place_set map-mr-sg 1 -12
session_up
injected map-mr-sg || fail 'nothing was mapped'
for error in -12 -11; do
	place_set map-mr-sg 1 $error
	read_once || fail "the read fails after one error $error"
	injected map-mr-sg || fail "nothing was mapped for error $error"
done
! log_has 'the command fails' || fail 'a command has failed'
verify_io "$DEVICE" 1M

place_set map-mr-sg each -22
never "can't cover a command's 65536 bytes"
# Less memory than any command needs, for longer than the SCSI layer waits for one.
retries=$(echo "/sys/class/block/${DEVICE##*/}"/device/scsi_disk/*/max_retries)
echo 1 >"$retries"
echo 3 >"/sys/block/${DEVICE##*/}/device/timeout"
place_set map-mr-sg each -12
never "could not map a command's 65536 bytes in [0-9]* segments in time"
echo 30 >"/sys/block/${DEVICE##*/}/device/timeout"
echo 5 >"$retries"
verify_io "$DEVICE" 1M
logout
