#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="nopin_timeout: an initiator that answers stays, a frozen one is dropped in time, 0 turns it off"
SHOWS="R-7.3.13-3"
TIMEOUT=90
KERNEL_TARGET_FAILS="LIO's timer is off for iSER"
. "$(dirname "$0")/../../lib.sh"

conform_up
# times NAME INITIATOR SECONDS: makes its ACL with both times
times() {
	acl_new "$1" "$2"
	acl_pings "$3"
}
initiator_up
for name in alive frozen off; do
	target_up $name
done
times alive "$(initiator_name)" 3
times frozen "$iqn_prefix:peer" 3
times off "$iqn_prefix:peer" 0
node_new alive
# This connection carries only the target's pings.
node_quiet alive
login alive
device alive
mark_log
peers_up off 1 --target "$(iqn off)"
peers_up frozen 1 --target "$(iqn frozen)"
start=$SECONDS
# 3 s until the ping, 3 s for the answer, and 2 s for a busy machine.
wait_for 8 'the frozen peer is given up' log_has 'no answer to a NOP-In within 3 s'
took=$((SECONDS - start))
note "given up after $took s"
[ $took -ge 4 ] || fail "given up after $took s already"
wait_for 10 'its session is gone' target_idle frozen
same "LIO's count of time-outs" "$(cat "$(tpg frozen)/../fabric_statistics/iscsi_sess_err/cxn_errors")" 1
sleep 4
must_fail 'dropped with nopin_timeout=0' target_idle off
same 'state of the session' "$(session_state alive)" LOGGED_IN
! log_has 'conn error' || fail 'the idle connection was lost'
sweep "$DEVICE" 4096
logout alive
