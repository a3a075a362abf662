#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a work request completes with an error under I/O, executed or not: data are right, I/O goes on"
TIMEOUT=600
. "$(dirname "$0")/../../lib.sh"

need_places
target_up
session_up
io_start "$DEVICE"
for place in $(places status | grep -e '^reg-mr$' -e inv-done -e '^read$' -e recv); do
	place_under_io "$place" 16 12 || note "$place is not met"
done
io_stop
logout
