#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="an RDMA Read that never completes ends the connection in the time of dataout_timeout, also without pings"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip 'the limit is ours'
# Within one machine only siw's packets pass through a network device: lo.
[ "$PROVIDER" = siw ] || skip 'needs a network between the two, or siw'
modprobe -q sch_netem || true
target_up
keys t1 No Yes 65536 262144
initiator_up
acl_new t1 "$(initiator_name)"
acl_pings 0
echo 2 >"$ACL/attrib/dataout_timeout"
echo 1 >"$ACL/attrib/dataout_timeout_retries"
session_quiet
# The rate is so low that data are in flight at any time.
on_exit 'tc qdisc del dev lo root 2>/dev/null'
tc qdisc add dev lo root netem rate 40mbit || skip 'this kernel has no netem'
# Only writes: the target fetches their data by RDMA Read.
fio --name=load --filename="$DEVICE" --ioengine=libaio --direct=1 --rw=write --bs=256k \
	--size=16M --iodepth=8 --time_based --runtime=600 >/tmp/iser-case/load 2>&1 &
writer=$!
on_exit 'kill $writer 2>/dev/null; wait $writer'
io_before=0 io_pid=$writer
wait_for 10 'writes run' io_moves "$DEVICE"
mark_log
# Drops every packet, also those that are already queued.
tc qdisc replace dev lo root pfifo limit 0
wait_for 15 'the target ends the connection' log_has 'no RDMA Read .* within 2 s'
tc qdisc del dev lo root
session_back t1 60
kill $writer
wait $writer || true
logout
