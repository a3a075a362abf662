#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="the network device goes down under I/O: 5 s after it is up I/O goes on"
TIMEOUT=90
QUICK=1
. "$(dirname "$0")/../../lib.sh"

# now: milliseconds
now() {
	cut -d ' ' -f 1 /proc/uptime | tr -d .
}

# outage WAY SECONDS: the link goes for so long; how long until I/O goes on?
outage() {
	local up
	link_cut "$1"
	sleep "$2"
	link_mend "$1"
	up=$(now)
	io_moves "$DEVICE" || true
	wait_for 5 "I/O goes on after $2 s without $1" io_moves "$DEVICE"
	note "$1 down for $2 s: I/O goes on $(($(now) - up))0 ms after it is up"
}

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
