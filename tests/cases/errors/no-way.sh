#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a login without RDMA device, route, port or answer: the log says which"
TIMEOUT=120
. "$(dirname "$0")/../../lib.sh"

[ "$INITIATOR" = ours ] || skip 'the lines are ours'

# says ADDRESS PATTERN: a login to it fails, and the first attempt logs why
says() {
	PORTAL=$(portal "$1")
	node_new
	node_set t1 'node.conn[0].timeo.login_timeout' 3
	mark_log
	node t1 --login >/dev/null 2>&1 &
	wait_for 10 "a line with '$2'" log_has "can't connect: $2"
	! wait $! || fail "the login to $1 succeeded"
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
