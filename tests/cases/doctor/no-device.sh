#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="iserctl finds that there is no RDMA device, and its command makes one"
LONG=1
. "$(dirname "$0")/../../lib.sh"

[ "$PROVIDER" != adapter ] || skip 'no software device'
target_up
node_new
device=$(rdma_device)
device_del
finds portal-no-device target
FIX_LIKE="netdev $NETDEV" finds rdma-none
# The machines have both kinds of software devices, and it prefers Soft-RoCE.
made=$(sed -n 's/.*link add \([^ ]*\) .*/\1/p' <<<"$FIX")
on_exit "rdma link delete $made; [ -e /sys/class/infiniband/$device ] || device_add"
eval "$FIX"
wait_for 10 'the portal listens' eval '"$ISER_TOOLS/iserctl" status | grep "iSER, listening"'
in_order
login
logout
