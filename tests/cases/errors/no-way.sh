#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a login without RDMA device, route, port or answer: the log says which"
TIMEOUT=120
. "$(dirname "$0")/../../lib.sh"

[ "$INITIATOR" = ours ] || skip 'the lines are ours'

# says ADDRESS PATTERN: a login to it fails, and the first line about it says why. iscsid
# tries for longer than the two seconds of an attempt, but has only one.
says() {
	local said
	PORTAL=$(portal "$1")
	node_new
	node_set t1 'node.conn[0].timeo.login_timeout' $((3 * SLOW))
	mark_log
	! node t1 --login >/dev/null 2>&1 || fail "the login to $1 succeeded"
	# It is over, so that no line can still come.
	said=$(log_since | sed -nE "/peer $PORTAL( on [^:]*)?: /{s/.*peer $PORTAL( on [^:]*)?: //p;q}")
	grep -qE "^can't connect: $2" <<<"$said" ||
		fail "the login to $1 failed, and the log says '$said', not '$2'"
	node t1 -o delete
}

nobody=${IP%.*}.99
ip link add iserother0 type dummy
on_exit 'ip link del iserother0'
ip addr add 10.77.0.1/24 dev iserother0
ip link set iserother0 up

says 10.77.0.2 'no route over an RDMA device'
says "$nobody" 'timed out .*waiting for the'
link_cut link
on_exit 'link_mend link'
says "$IP" "the port of RDMA device $(rdma_device) is down"
link_mend link
device_del
says "$IP" 'there is no RDMA device'
device_add
