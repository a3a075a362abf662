#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a large write takes many bursts: MaxBurstLength=8192, MaxOutstandingR2T=4"
SHOWS="D-6-1"
. "$(dirname "$0")/../../lib.sh"

target_up
target_set t1 param MaxOutstandingR2T 4
keys t1 No Yes 4096 8192
node_new
keys_node t1 No Yes 4096 8192
node_set t1 node.session.iscsi.MaxOutstandingR2T 4
login
device
sweep "$DEVICE" "$(around 8192 16384 32768 65536 1048576)"
logout
