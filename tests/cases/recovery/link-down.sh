#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="the network device goes down under I/O: 5 s after it is up I/O goes on"
TIMEOUT=90
QUICK=1
. "$(dirname "$0")/../../lib.sh"

[ "$INITIATOR$TARGET" = oursours ] || skip "the kernel's send datagrams over a port that is down"
target_up
session_up
io_start "$DEVICE"
on_exit 'link_mend link; link_mend carrier'
outage link 2
outage link 0.2
outage carrier 2
io_stop
# Whoever is not connected can connect.
logout
login
device
sweep "$DEVICE" 4096
logout
