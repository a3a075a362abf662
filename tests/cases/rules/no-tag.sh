#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="requests for which LIO has no tag wait; all are answered, others are not held up"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

# The peer sends more messages than there are receives, which ends a connection on iWARP.
! iwarp || skip 'iWARP has no receiver-not-ready'
target_new t1
# LIO has 16 x 2 + 8 tags for the session, and the disk keeps 16 of them for a second.
target_set t1 attrib default_cmdsn_depth 16
target_slow t1 16 1000
target_up t2
session_up t2
io_start "$DEVICE"
many burst 48
wait_for 20 "the I/O of t2 goes on" io_moves "$DEVICE"
io_stop
logout t2
