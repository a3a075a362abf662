#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a device fails while it gets its first shared receives: later connections share receives nevertheless"
TIMEOUT=120
. "$(dirname "$0")/../../lib.sh"

need_places
target_up
session_up
[ "$(srq_held)" -gt 0 ] || skip 'the device shares no receives'
logout
# The first protection domain is that of the initiator. An error EINVAL of the creation itself
# is how devices refuse it.
for fault in 'alloc-pd 2 -22' 'create-srq 1 -12' 'post-srq-recv 1 -22'; do
	place=${fault%% *}
	mark_log
	# shellcheck disable=SC2086 # words
	place_set $fault
	login
	device
	injected "$place" || fail "$place was not met"
	! log_has 'refuses a shared receive queue' || fail "$place: the device is taken for one that has none"
	logout
	login
	device
	[ "$(srq_held)" -gt 0 ] || fail "$place: a later connection shares no receives"
	logout
done
