#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="iserctl finds that the port of the RDMA device is down, and its command sets it up"
LONG=1
. "$(dirname "$0")/../../lib.sh"

port_active() {
	grep -q ACTIVE "/sys/class/infiniband/$(rdma_device)/ports/1/state"
}
netdev_own_up
# With another port this would be a note only. The next case makes that device again.
for device in /sys/class/infiniband/*; do
	[ "${device##*/}" = "$(rdma_device)" ] || rdma link delete "${device##*/}"
done
in_order
on_exit 'link_mend link'
link_cut link
finds rdma-port-down
eval "$FIX"
wait_for 5 'the port is active' port_active
in_order
