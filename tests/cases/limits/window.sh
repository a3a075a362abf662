#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a session's window, with receives of its own, begins small, grows while it is full, up to LIO's, and never shrinks"
SHOWS="R-8.1.1.1-2 R-8.1-1"
QUICK=1
TIMEOUT=120
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip 'a parameter of our module'
window=/sys/module/ib_isert/parameters/initial_window
target_parameter shared_depth 0
target_up
acl_new t1 "$(initiator_name)"
on_exit "echo $(cat $window) >$window"

# granted: how many commands LIO lets the session have outstanding
granted() {
	echo $(($(lio_value 1)))
}
max_cmdsn() {
	echo $(($(lio_value 4)))
}
lio_value() {
	awk -v n="$1" 'found { print $n; exit } /CmdSN\/WR/ { found = 1 }' "$ACL/info"
}

for first in 2 16; do
	echo $first >$window
	node_new
	login_bare
	begun=$(granted)
	sn=$(max_cmdsn)
	note "$begun commands after the login, MaxCmdSN $sn"
	same 'the window before the first command' "$begun" $first
	scan
	verify_io "$DEVICE" "$(by_length 4M 16M)" --iodepth=64 --bsrange=4k-16k
	same 'the window after 64 commands at once' "$(granted)" 64
	[ "$(max_cmdsn)" -ge $((sn + 64 - begun)) ] || fail "MaxCmdSN went from $sn to $(max_cmdsn)"
	logout
done

# The window grows no further than LIO allows.
echo 24 >"$ACL/cmdsn_depth"
session_up
verify_io "$DEVICE" "$(by_length 4M 16M)" --iodepth=64 --bsrange=4k-16k
same 'the window where LIO allows 24' "$(granted)" 24
logout
