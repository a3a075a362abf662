#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="max_recovery_level takes 0 and 1; an initiator that knows level 0 gets it"
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip "a parameter of ours"
level=/sys/module/ib_isert/parameters/max_recovery_level
on_exit "echo 0 >$level"
target_up
same 'default' "$(cat $level)" 0
refused() {
	! echo "$1" >$level
} 2>/dev/null
refused 2 || fail 'level 2 is taken'
echo 1 >$level
target_set t1 attrib default_erl 2
session_up
same 'ErrorRecoveryLevel' \
	"$(cat "/sys/class/iscsi_session/session$(session_ids t1)/erl")" 0
sweep "$DEVICE" '4096 65536'
logout
