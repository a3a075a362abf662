#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="nopin_timeout set during a session: the pings that LIO's own timer sends are answered"
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip "a NOP-In of LIO's is the end of the kernel's own target"
control=/proc/dynamic_debug/control
[ -w $control ] || skip 'this kernel has no dynamic debug'
target_up
initiator_up
acl_new t1 "$(initiator_name)"
echo 0 >"$ACL/attrib/nopin_timeout"
session_quiet
on_exit "echo 'func iscsit_setup_nop_out -p' >$control"
echo 'func iscsit_setup_nop_out +p' >$control
mark_log
answers() {
	[ "$(log_since | grep -c 'NOPOUT Ping Response')" -ge "$1" ]
}
sleep 4
! answers 1 || fail 'a ping with nopin_timeout=0'
echo 3 >"$ACL/attrib/nopin_response_timeout"
echo 3 >"$ACL/attrib/nopin_timeout"
wait_for 15 'three answers' answers 3
same 'state of the session' "$(session_state t1)" LOGGED_IN
! log_has 'conn error|no answer' || fail 'the idle connection was lost'
sweep "$DEVICE" 4096
logout
