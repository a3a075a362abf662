#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a connection is lost while iscsid is busy: the number of its endpoint leads nowhere"
SHOWS="D-9.2-1"
QUICK=1
NEEDS=debug
. "$(dirname "$0")/../../lib.sh"

[ "$INITIATOR" = ours ] || skip 'our module'
need_tool endpoint
gone() {
	[ ! -e "$endpoint" ]
}
target_up
session_up
endpoint=$(echo /sys/class/iscsi_endpoint/ep-*)
handle=$(cat "$endpoint/handle")
same 'a poll of the endpoint' "$("$ISER_TOOLS/endpoint" poll "$handle")" 1
on_exit "kill -CONT $(pidof iscsid)"
kill -STOP "$(pidof iscsid)"
target_off t1
wait_for 20 'the kernel disconnects it' gone
# ENOTCONN, ENOMEM
same 'a poll of what is gone' "$("$ISER_TOOLS/endpoint" poll "$handle")" -107
same 'a session over what is gone' "$("$ISER_TOOLS/endpoint" session "$handle")" -12
kill -CONT "$(pidof iscsid)"
target_on t1
session_back t1
sweep "$DEVICE" 4096
logout
