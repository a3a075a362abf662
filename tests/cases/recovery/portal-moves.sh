#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="the address of a portal moves to another RDMA device, and back: logins go on"
TIMEOUT=120
QUICK=1
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip "the kernel's: the portal hears the first device only"
! iwarp || skip 'iWARP: a portal is a TCP socket'

netdev_own_up
other=iserdummy1
on_exit "case_down; rdma link delete isertest2; ip link delete $other"
ip link add $other type dummy
ip link set $other up
rdma link add isertest2 type "$PROVIDER" netdev $other
target_up
node_new
login
logout
# The hardware address of a bonding device stays the same when it changes over.  Without
# this the connection manager would see the move itself.
ip link set $other address "$(cat "/sys/class/net/$NETDEV/address")"
# move FROM TO: as a bonding device that changes over, or an administrator. The portal waits
# for the other changes of a burst before it listens again, and iscsid tries only once.
move() {
	ip addr del "$IP/24" dev "$1"
	ip addr add "$IP/24" dev "$2"
	wait_for 5 "a login over $2" node t1 --login
	device
	sweep "$DEVICE" 4096
	logout
}
move "$NETDEV" $other
move $other "$NETDEV"
