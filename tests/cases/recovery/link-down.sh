#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="the network device goes down under I/O: 5 s after it is up I/O goes on"
TIMEOUT=420
QUICK=1
. "$(dirname "$0")/../../lib.sh"

[ "$INITIATOR$TARGET" = oursours ] || skip "the kernel's send datagrams over a port that is down"
netdev_own_up
target_up
session_up
io_start "$DEVICE"
on_exit 'link_mend link; link_mend carrier'
for what in $(by_length 'link:2 link:0.2 carrier:2' \
	'link:0.2 carrier:0.2 link:2 carrier:2 link:20 carrier:20 link:90 carrier:90'); do
	outage "${what%:*}" "${what#*:}"
done
io_stop
# A new login succeeds too.
logout
login
device
sweep "$DEVICE" 4096
logout
