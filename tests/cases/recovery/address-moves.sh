#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="the address of a session is removed and comes back: no id is left, and sessions work"
TIMEOUT=180
. "$(dirname "$0")/../../lib.sh"

[ "$INITIATOR$TARGET" = oursours ] || skip "the kernel's send datagrams from an address that is gone"
! iwarp || skip 'iWARP has no datagrams that would have to wait for an address'

no_ids() {
	[ "$(iser_ids)" = 0 ]
}
no_session() {
	[ -z "$(session_ids t1)" ]
}
netdev_own_up
target_up
node_new
node_set t1 node.session.timeo.replacement_timeout 5
for round in 1 2 3; do
	login
	device
	[ "$(iser_ids)" -ge 2 ] || { rdma resource show cm_id; fail "a session has $(iser_ids) ids"; }
	ip addr del "$IP/24" dev "$NETDEV"
	admin -m session -r "$(session_ids t1 | head -n 1)" --logout >/dev/null || true
	wait_for 30 'the session ends' no_session
	sleep 1
	ip addr add "$IP/24" dev "$NETDEV"
	note "round $round: $(iser_ids) ids wait"
	# A message from the old place of the GID table would fail rxe for good.
	[ "$PROVIDER" = rxe ] || wait_for 10 'no id is left' no_ids
done
login
device
sweep "$DEVICE" 4096
logout
[ "$PROVIDER" = rxe ] || wait_for 10 'no id is left' no_ids
# Some drivers ask a network device for its speed each time that they describe the port, and
# the kernel prints when that is not known.  Ids that wait for a device ask for nothing.
mark_log
sleep 2
lines=$(log_since | grep -c 'speed is unknown') || true
[ "$lines" -lt 4 ] || fail "$lines lines in 2 s, while $(iser_ids) ids wait"
