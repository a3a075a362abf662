#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a device does not take a shared receive at one time: it gets it later, no connection ends"
TIMEOUT=300
. "$(dirname "$0")/../../lib.sh"

need_places
# whole N: whether the device has N shared receives
whole() {
	[ "$(srq_held)" = "$1" ]
}

# The receives of a second session, whose window is twice that of the first.
target_up
target_up t2
target_set t2 attrib default_cmdsn_depth 128
session_quiet
wait_for 20 'the disk is quiet' disk_quiet
one=$(srq_held)
[ "$one" -gt 32 ] || skip 'the device shares no receives'
node_new t2
node_quiet t2
login_bare t2
two=$(srq_held)
[ "$two" -gt $((one + 32)) ] || fail "a second session adds no receives: $one, then $two"
logout t2
logout
mark_log
login
device
wait_for 20 'the disk is quiet' disk_quiet
place_set post-srq-recv 30 -12
login_bare t2
injected post-srq-recv || fail 'the device has not been given 30 receives'
wait_for 20 "the device has all $two receives of two sessions" whole "$two"
logout t2
logout

# Those that a queue begins with, and those of its first session.
for n in 1 20 33 60; do
	place_set post-srq-recv $n "$(verb_error $n)"
	login
	device
	injected post-srq-recv || fail "the device has not been given $n receives"
	wait_for 20 "the device has all $one receives, one of which failed as number $n" whole "$one"
	logout
done
! log_has 'shared receive queue: error' || fail 'a connection shares no receives'

login
device
io_start "$DEVICE"
mark_log
place_under_io post-srq-recv 50 -12 || fail 'I/O gives back no receives'
! log_has 'ending' || fail 'a receive that was not taken has ended a connection'
io_stop
wait_for 20 "after I/O the device has all $one receives" whole "$one"

# For good: the connection ends, and those that follow have receives of their own.
io_start "$DEVICE"
mark_log
place_under_io post-srq-recv each -5 || fail 'I/O gives back no receives'
log_has 'can.t post a shared receive: error -5' || fail 'no line says so'
echo none >"$adapter_debug/faults"
io_stop
logout
login
device
wait_for 20 "later the device has all $one receives" whole "$one"
verify_io "$DEVICE" 1M
logout
