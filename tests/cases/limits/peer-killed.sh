#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="peers that die logged in: their sessions end, other I/O goes on"
SHOWS="R-5.2.3.2-1"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

need_tool peer
modprobe -a rdma_ucm ib_uverbs
target_up
target_up t2
session_up
io_start "$DEVICE"
mkfifo /tmp/iser-case/in
"$ISER_TOOLS/peer" -n 20 -l -T "$(iqn t2)" "$IP" "$PORT" hold </tmp/iser-case/in >/tmp/iser-case/out &
peer=$!
exec 7>/tmp/iser-case/in
wait_for 30 '20 sessions' grep -q 'ready 20' /tmp/iser-case/out
kill -9 $peer
wait $peer || true
exec 7>&-
wait_for 30 'the target notices' target_idle t2
wait_for 20 'I/O goes on' io_moves "$DEVICE"
io_stop
logout
