#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="more data at once than the send queue and the STags can take: it waits, the connection stays"
TIMEOUT=120
. "$(dirname "$0")/../../lib.sh"

target_new t1
# This disk completes all commands at the same moment.
target_slow t1 64 20
node_new
node_set t1 node.session.queue_depth 128
login
device
mark_log
verify_io "$DEVICE" 32M --bsrange=512k-512k --iodepth=64
! log_has "conn error|ending the connection" || fail "the connection was lost"
logout
