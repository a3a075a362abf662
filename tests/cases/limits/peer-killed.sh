#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="peers that die logged in: their sessions end, other I/O goes on"
SHOWS="R-5.2.3.2-1"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

conform_up
target_up
target_up t2
session_up
io_start "$DEVICE"
peers_up t2 20 --target "$(iqn t2)"
kill -9 "$peers_pid"
wait "$peers_pid" || true
wait_for 30 'the target notices' target_idle t2
wait_for 20 'I/O goes on' io_moves "$DEVICE"
io_stop
logout
