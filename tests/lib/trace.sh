# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# In which order the kernel calls functions. Debian's kernels can trace that.

tracefs=/sys/kernel/tracing

# trace_calls FUNCTION...: traces calls of them from now on
trace_calls() {
	local function
	[ -e $tracefs/events ] || mount -t tracefs tracefs $tracefs 2>/dev/null || skip 'no tracefs'
	grep -qw function $tracefs/available_tracers || skip 'this kernel traces no functions'
	on_exit "echo nop >$tracefs/current_tracer; echo >$tracefs/set_ftrace_filter"
	: >$tracefs/set_ftrace_filter
	for function; do
		echo "$function" >>$tracefs/set_ftrace_filter || skip "this kernel has no function $function to trace"
	done
	echo function >$tracefs/current_tracer
}

# traced_calls: COMMAND FUNCTION of each call, in order
traced_calls() {
	sed -nE 's/^ *(.*)-[0-9]+ +\[[0-9]+\].*: ([a-zA-Z0-9_]+)( \[[a-z_]+\])? <-.*/\1 \2/p' $tracefs/trace
}
