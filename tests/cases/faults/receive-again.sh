#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a device does not take back a receive at once: it is posted a little later, the connection stays"
NEEDS=faults
. "$(dirname "$0")/../../lib.sh"

! iwarp || skip 'iWARP: no receive ends the connection at the peer'
need_fault again
# left: the refusals that the test build has still to make
left() {
	cat /sys/module/iser_core/parameters/fault_again
}
none_left() {
	[ "$(left)" = 0 ]
}
target_parameter shared_depth 0
target_up
mark_log
# Receives for the login, those that the initiator posts first, and those in operation.
fault again 8
session_up
# What was refused last is tried again a little after the I/O.
wait_for 5 'no refusal is left' none_left
for _ in 1 2 3; do
	fault again 40
	verify_io "$DEVICE" 1M
	wait_for 5 'no refusal is left in operation' none_left
done
! log_has 'ending the connection|can.t accept|conn error' || fail 'a connection was lost'
logout
