#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="hello=Y: a session begins with Hello and HelloReply, its disk compares; after a lost connection too"
SHOWS="R-5.1.3-1 R-5.1.2-8 R-6.10-2"
QUICK=1
. "$(dirname "$0")/../../lib.sh"

[ "$INITIATOR" = ours ] || skip "the kernel's ib_iser knows no Hello"
trace=/sys/kernel/tracing
hello=/sys/module/ib_iser/parameters/hello
target_up
initiator_up
on_exit "echo N >$hello"
echo Y >$hello
[ -e $trace/events ] || mount -t tracefs tracefs $trace 2>/dev/null || true
if [ -e $trace/events/iser ]; then
	on_exit "echo 0 >$trace/events/iser/iser_hello/enable"
	echo >$trace/trace
	echo 1 >$trace/events/iser/iser_hello/enable
fi

# messages OF-WHAT: how many Hellos or HelloReplies both ends have seen
messages() {
	grep -c "iser_hello: .* $1 " $trace/trace || true
}

mark_log
session_up
verify_io "$DEVICE" 8M
if [ -e $trace/events/iser ]; then
	cat $trace/trace
	want=2
	[ "$TARGET" = ours ] || want=0
	same 'Hello, sent and received' "$(messages Hello)" $want
	same 'HelloReply, sent and received' "$(messages HelloReply)" $want
	# No device of the tests answers only one RDMA Read at a time.
	! grep -E 'iser_hello: .* sent Hello .*depth=[01]$' $trace/trace ||
		fail 'the Hello offers hardly any RDMA Reads'
fi
! log_has "conn error|ending the connection" || fail "the connection was lost"

# After the portal was switched off and on, the next login sends a Hello again.
target_off t1
target_on t1
session_back t1
verify_io "$DEVICE" 2M
[ ! -e $trace/events/iser ] || [ "$TARGET" != ours ] || [ "$(messages Hello)" -ge 4 ] ||
	fail "no Hello after the connection was lost"
logout
