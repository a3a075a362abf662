#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="the target finds no mapping for a write whose connection then ends: nothing is tried on it any more"
TIMEOUT=90
NEEDS=faults
. "$(dirname "$0")/../../lib.sh"

need_fault no_map
target_new t1
store=$(backstore_ram t1 16)
# A worker of the target core submits the write, and asks for its data.
[ ! -w "$store/attrib/submit_type" ] || echo 2 >"$store/attrib/submit_type"
target_lun t1 0 "$store"
target_portal t1
target_on t1
keys t1 Yes No 65536 262144
session_up
pattern /tmp/iser-case/data 65536
# 1 + DMA_FROM_DEVICE: the initiator maps the other way.
fault no_map 3
before=$(statistic t1 scsicmd_pdus)
dd if=/tmp/iser-case/data of="$DEVICE" bs=64k count=1 oflag=direct status=none &
writer=$!
on_exit "kill $writer 2>/dev/null"
sent() {
	[ "$(statistic t1 scsicmd_pdus)" -gt "$before" ]
}
wait_for 10 'the write is sent' sent
for _ in 1 2 3; do
	echo qp-fatal >/sys/module/iser_core/parameters/fault_event
	session_back t1
done
fault no_map 0
wait $writer || fail 'the write failed'
dd if="$DEVICE" of=/tmp/iser-case/is bs=64k count=1 iflag=direct status=none
cmp /tmp/iser-case/data /tmp/iser-case/is || fail 'the data do not compare'
logout
