#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="I/O to two targets at once stays apart"
SHOWS="D-5.3-1"
. "$(dirname "$0")/../../lib.sh"

target_up t1
target_up t2
session_up t1
first=$DEVICE
session_up t2
second=$DEVICE
io_start "$first"
verify_io "$second" 8M
sweep "$second" "$(around 8192 65536)"
io_stop
logout t1
logout t2
