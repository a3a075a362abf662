#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a buffer that no registration will ever cover ends as an I/O error, not as a command that is tried for ever"
NEEDS=faults
. "$(dirname "$0")/../../lib.sh"

need_fault map_bytes
target_up
session_up
mark_log
fault map_bytes 16384
start=$SECONDS
must_fail 'a read that can not be registered' timeout $((20 * SLOW)) dd if="$DEVICE" \
	of=/dev/null bs=64k count=1 iflag=direct status=none
took=$((SECONDS - start))
fault map_bytes 0
[ $took -lt $((15 * SLOW)) ] || fail 'the read was tried again and again'
log_has "can't cover a command's 65536 bytes" || fail 'no line says why'
verify_io "$DEVICE" 1M
logout
