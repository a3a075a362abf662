#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="only a login that the target has ended makes the next one omit the keys of RFC 7145"
TIMEOUT=180
. "$(dirname "$0")/../../lib.sh"

need_places
# login_fails PLACE N [VALUE]: a login with one failure, then one without
login_fails() {
	mark_log
	place_set "$@"
	node t1 --login || login
	injected "$1" || fail "$1 was not met $2 times"
	device
	wait_for 20 "$1: the session ends" logged_out
	wait_for 20 "$1: the target is idle" target_idle t1
}

target_up
node_new
# iscsid gives a first login up after this time, however it fails.
node_set t1 'node.conn[0].timeo.login_timeout' 5
# The first request; an STag for commands, before the last request; the device in between.
for fault in 'post-send 1 -12' 'alloc-mr 3 -22' 'qp-fatal 1' 'send 1 2'; do
	# shellcheck disable=SC2086 # words
	login_fails $fault
	! log_has 'omits the keys' || fail "$fault: the target is taken for one that does not know them"
done
# The target's own: to the initiator, the target has ended the login.
login_fails post-send 2 -22
log_has 'omits the keys' || fail 'the next login does not omit the keys'
