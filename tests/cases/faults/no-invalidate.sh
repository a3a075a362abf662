#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a device that can't invalidate an STag: a reset costs the session, with a line, and no data"
TIMEOUT=90
NEEDS=faults
. "$(dirname "$0")/../../lib.sh"

need_fault no_invalidate
need_program sg_reset
target_new t1
store=$(backstore_slow slow 16 1500) || skip 'this kernel has no null_blk'
target_lun t1 0 "$store"
target_portal t1
target_on t1
session_up
verify_io "$DEVICE" 512K
mark_log
fault no_invalidate 1
dd if="$DEVICE" of=/dev/null bs=4k count=1 iflag=direct status=none &
reader=$!
sg_reset -N -d "$DEVICE" || true
wait_for 10 'a line says so' log_has "can't invalidate an STag: error -22, ending the connection"
session_back t1
wait $reader || fail 'the read was not repeated in the next session'
fault no_invalidate 0
verify_io "$DEVICE" 512K
logout
