#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="asynchronous events, and completion events that are late, repeated or spurious: data are right, I/O goes on"
TIMEOUT=300
. "$(dirname "$0")/../../lib.sh"

need_places
target_up
session_up
io_start "$DEVICE"
for place in $(places async); do
	place_under_io "$place" 16 1 || [ "$place" = srq-err ] || fail "$place is not met"
done
place_set event-twice each
place_set event-spurious each
place_set late each 2
for _ in 1 2 3; do
	io_moves "$DEVICE" || true
	wait_for 20 'I/O goes on with late completions' io_moves "$DEVICE"
done
io_stop
echo none >"$adapter_debug/faults"
logout
