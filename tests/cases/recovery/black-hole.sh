#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="packets are dropped in silence, under I/O: 8 s after that is over I/O goes on"
TIMEOUT=240
. "$(dirname "$0")/../../lib.sh"
# shellcheck source=tests/lib/joined.sh
. "$tests/lib/joined.sh"

[ "$INITIATOR$TARGET" = oursours ] || skip 'how long an attempt to connect takes is the half of it'
modprobe -a -q veth sch_netem || true
joined_addresses=(10.9.2.1 10.9.2.2)
on_exit 'case_down; joined_down'
joined_up

# holes cut|mend: drops packets in both directions, or delivers them again
holes() {
	local NETDEV
	for NETDEV in "${joined_netdevs[@]}"; do
		"link_$1" hole
	done
}
holes mend
target_up
session_up
io_start "$DEVICE"
for seconds in $(by_length 2 '0.2 2 20 90'); do
	holes cut
	sleep "$seconds"
	holes mend
	outage_over hole "$seconds"
done
io_stop
logout
