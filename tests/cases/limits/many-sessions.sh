#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="twenty-five sessions at once are taken and leave again"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

conform_up
target_up
peer --target "$(iqn t1)" --count 25 hold </dev/null
wait_for 30 'the target has no session' target_idle t1
session_up
sweep "$DEVICE" 4096
logout
