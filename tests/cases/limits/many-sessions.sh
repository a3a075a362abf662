#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="twenty-five sessions at once are taken and leave again"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

need_tool peer
modprobe -a rdma_ucm ib_uverbs
target_up
echo | "$ISER_TOOLS/peer" -n 25 -l -T "$(iqn t1)" "$IP" "$PORT" hold
wait_for 30 'the target has no session' target_idle t1
session_up
sweep "$DEVICE" 4096
logout
