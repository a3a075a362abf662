#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="load, log in, log out, unload: five times over"
TIMEOUT=180
. "$(dirname "$0")/../../lib.sh"

for i in $(seq "$(by_length 2 5)"); do
	target_up
	session_up
	sweep "$DEVICE" 65536
	logout
	modules_down || fail "round $i: a module cannot be unloaded"
done
