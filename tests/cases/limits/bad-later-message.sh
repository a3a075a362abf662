#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a bad message after login ends its connection or is rejected; other I/O goes on"
SHOWS="R-10.1.3.3-1 R-10.1.3.3-4 R-9.1-2"
TIMEOUT=120
KERNEL_TARGET_FAILS="messages are read before their length is checked, or ignored"
. "$(dirname "$0")/../../lib.sh"

conform_up
target_up
session_up
io_start "$DEVICE"
for mode in empty short header truncated opcode oversized datalength ahs pdu dataout random; do
	mark_log
	got=$(peer --target "$(iqn t1)" --timeout 8 $mode) || fail "$mode: $got"
	note "$mode: $got"
	case $got in
	closed*) log_has '(iser_core|isert?): ' || fail "$mode: no line says why" ;;
	'answer 23 00'*) fail "$mode was accepted" ;;
	# Login Response with a status, Reject, or a response that refuses
	'answer 23'* | 'answer 3f'* | 'answer 21'*) ;;
	# The target drops data for a task that has ended; only a ping may arrive.
	open* | 'answer 20'*) [ "$mode" = dataout ] || fail "$mode was ignored" ;;
	*) fail "$mode: $got" ;;
	esac
	wait_for 20 "I/O goes on after $mode" io_moves "$DEVICE"
done
io_stop
logout
