#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="an idle initiator is pinged each nopin_timeout and answers"
SHOWS="R-7.3.13-3"
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip "LIO's timer is off for iSER"
control=/proc/dynamic_debug/control
[ -w $control ] || skip 'this kernel has no dynamic debug'
target_up
initiator_up
acl_new t1 "$(initiator_name)"
echo 3 >"$ACL/attrib/nopin_timeout"
session_quiet
on_exit "echo 'func isert_receive_pong -p' >$control"
echo 'func isert_receive_pong +p' >$control
mark_log
answers() {
	[ "$(log_since | grep -c 'NOP-In 0x[0-9a-f]* is answered')" -ge "$1" ]
}
start=$SECONDS
wait_for 15 'three answers' answers 3
[ $((SECONDS - start)) -ge 6 ] || fail "three pings in $((SECONDS - start)) s"
# The target does not ping while there is other traffic.
io_start "$DEVICE"
mark_log
sleep 7
! answers 2 || fail 'pings beside I/O'
io_stop
logout
