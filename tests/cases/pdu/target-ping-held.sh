#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a backend holds up the worker of the target for longer than the answer to a ping may take: the session stays"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip "LIO's timer is off for iSER"
target_new t1
# The disk executes 4 KiB at a time, and takes half a second. Who submits more waits.
target_slow t1 64 500 1
for queue in /sys/block/iser-t1/queue /sys/block/nullb*/queue; do
	[ ! -d "$queue" ] || echo 4 >"$queue/max_sectors_kb"
done
initiator_up
acl_new t1 "$(initiator_name)"
acl_pings 3
node_new
node_quiet t1
login
device
mark_log
start=$(now)
# The ping goes out after 3 s. Its answer finds that the worker still submits this write.
dd if=/dev/zero "of=$DEVICE" bs=64k count=1 oflag=direct status=none || fail 'the write'
took=$(($(now) - start))
note "the write took ${took}0 ms"
[ "$took" -ge 700 ] || fail 'the backend has not held it up for long enough'
! log_has 'no answer to a NOP-In|conn error' || fail 'the initiator is blamed for the backend'
same 'state of the session' "$(session_state t1)" LOGGED_IN
logout
