#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="no packet passes for a while: NOP notices, I/O goes on afterwards"
TIMEOUT=120
. "$(dirname "$0")/../../lib.sh"

# Within one machine only siw's packets pass through a network device: lo.
[ "$PROVIDER" = siw ] || skip 'needs a network between the two, or siw'
modprobe -q sch_netem || true
target_up
node_new
node_set t1 'node.conn[0].timeo.noop_out_interval' 1
node_set t1 'node.conn[0].timeo.noop_out_timeout' 2
login
device
io_start "$DEVICE"
on_exit 'tc qdisc del dev lo root 2>/dev/null'
tc qdisc add dev lo root netem loss 100% || skip 'this kernel has no netem'
wait_for 40 'the initiator notices' session_lost t1
tc qdisc del dev lo root
session_back t1 60
wait_for 60 'I/O goes on' io_moves "$DEVICE"
io_stop
logout
