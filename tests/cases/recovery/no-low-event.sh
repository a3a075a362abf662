#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a device can't be asked to report few shared receives: there are enough for all sessions without that"
TIMEOUT=120
. "$(dirname "$0")/../../lib.sh"

need_places
# enough: whether each of two sessions can use its window at the same time
enough() {
	[ "$(srq_held)" -ge $((2 * one - 32)) ]
}

target_up
target_up t2
place_set modify-srq each -22
session_quiet
wait_for 20 'the disk is quiet' disk_quiet
one=$(srq_held)
[ "$one" -gt 32 ] || skip 'the device shares no receives'
injected modify-srq || fail 'the device was not asked'
node_new t2
node_quiet t2
login_bare t2
wait_for 20 'there are receives for two sessions' enough
scan t2
verify_io "$DEVICE" 1M
logout t2
logout
