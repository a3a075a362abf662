#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="the RDMA device is removed while the ids of several connections wait for its port: it goes at once, sessions come back"
TIMEOUT=120
. "$(dirname "$0")/../../lib.sh"

[ "$INITIATOR$TARGET" = oursours ] || skip "the kernel's keep no id for later"
! iwarp || skip 'iWARP has no datagrams that would have to wait for a port'
ids_wait() {
	[ "$(iser_ids)" -ge 2 ]
}
names='t1 t2'
netdev_own_up
for name in $names; do
	target_up "$name" 8
	node_new "$name"
	login "$name"
done
link down
on_exit 'link up'
for name in $names; do
	target_off "$name"
done
wait_for 10 'ids wait' ids_wait
note "$(iser_ids) ids are left"
rdma=$(rdma_device)
start=$(now)
rdma link delete "$rdma" &
wait_for 5 'the device goes' [ ! -e "/sys/class/infiniband/$rdma" ]
wait $!
note "the device has gone after $(($(now) - start))0 ms"
same 'ids that are left' "$(iser_ids)" 0
link up
device_add
for name in $names; do
	target_on "$name"
	session_back "$name" 60
done
device t2
sweep "$DEVICE" 4096
for name in $names; do
	logout "$name"
done
