#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="the portal group goes off and on under I/O: I/O goes on, data compare"
SHOWS="R-5.2.3.2-1"
TIMEOUT=120
QUICK=1
. "$(dirname "$0")/../../lib.sh"

# Documentation/peers.md: "The kernel's target over software iWARP".
[ "$TARGET$PROVIDER" != kernelsiw ] || skip 'it waits for commands without end, mostly'
target_up
session_up
io_start "$DEVICE"
target_off t1
wait_for 20 'the initiator notices' session_lost t1
target_on t1
session_back t1 60
wait_for 40 'I/O goes on' io_moves "$DEVICE"
io_stop
logout
