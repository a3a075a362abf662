#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="no packet passes and the initiator does not ask: the target ends the session by nopin_timeout"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip "LIO's timer is off for iSER"
# Within one machine only siw's packets pass through a network device: lo.
[ "$PROVIDER" = siw ] || skip 'needs a network between the two, or siw'
modprobe -q sch_netem || true
target_up
initiator_up
acl_new t1 "$(initiator_name)"
acl_pings 3
session_quiet
mark_log
on_exit 'tc qdisc del dev lo root 2>/dev/null'
tc qdisc add dev lo root netem loss 100% || skip 'this kernel has no netem'
start=$SECONDS
wait_for 12 'the target drops the session' log_has 'no answer to a NOP-In within 3 s'
note "after $((SECONDS - start)) s"
wait_for 12 'its session is gone' target_idle t1
tc qdisc del dev lo root
session_back t1 60
device
sweep "$DEVICE" 4096
logout
