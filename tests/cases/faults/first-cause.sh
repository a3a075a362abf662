#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a work request of the initiator fails: the lines name that, not the flush that was seen first"
TIMEOUT=90
NEEDS=faults
. "$(dirname "$0")/../../lib.sh"

need_fault refuse
target_up
session_up
# refused HOW LINE: a read whose registration fails succeeds after the session is back
refused() {
	mark_log
	fault refuse "$1"
	dd if="$DEVICE" of=/dev/null bs=64k count=1 iflag=direct status=none || fail 'the read failed'
	log_has "$2" || fail "no line says: $2"
	log_has 'connection lost: error' || fail 'the end of the connection has another cause'
	! log_has 'closed by the target' || fail 'the target is blamed'
	session_back t1
}

# siw registers and fails before it looks at the rest of what was posted.
if [ "$PROVIDER" = siw ]; then
	refused 2 'registration of an STag failed: local QP operation error'
else
	refused 2 'failed: local protection error'
fi
# Soft-RoCE reports only the flush.
if [ "$PROVIDER" = rxe ]; then
	refused 1 'the queue pair has failed and the device does not say why'
fi
logout
