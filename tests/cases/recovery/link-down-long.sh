#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="the link goes under I/O, for up to 90 s: 5 s after it is up I/O goes on"
LONG=1
TIMEOUT=420
. "$(dirname "$0")/../../lib.sh"

[ "$INITIATOR$TARGET" = oursours ] || skip "the kernel's send datagrams over a port that is down"
target_up
session_up
io_start "$DEVICE"
on_exit 'link_mend link; link_mend carrier'
for seconds in 0.2 2 20 90; do
	outage link $seconds
	outage carrier $seconds
done
io_stop
logout
login
device
sweep "$DEVICE" 4096
logout
