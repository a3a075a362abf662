#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="LIO's counters of a session have the octets that went by RDMA"
KERNEL_TARGET_FAILS='it does not count them'
. "$(dirname "$0")/../../lib.sh"

target_up
keys t1 No Yes 65536 262144
initiator_up
acl_new t1 "$(initiator_name)"
session_up
# The kernel looks for partitions.
wait_for 20 'the disk is quiet' disk_quiet
# octets tx|rx
octets() {
	cat "$ACL/fabric_statistics/iscsi_sess_stats/${1}data_octs"
}
sent=$(octets tx) taken=$(octets rx)
dd if=/dev/zero of="$DEVICE" bs=128k count=8 oflag=direct status=none
same 'octets of 1 MiB written' $(($(octets rx) - taken)) 1048576
same 'octets sent meanwhile' $(($(octets tx) - sent)) 0
dd if="$DEVICE" of=/dev/null bs=128k count=8 iflag=direct status=none
same 'octets of 1 MiB read' $(($(octets tx) - sent)) 1048576
logout
