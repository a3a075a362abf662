# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Data acknowledgements, as our target reports them in the kernel log.

ack_control=/proc/dynamic_debug/control

# acks_watch: makes the target log them from now on
acks_watch() {
	[ "$TARGET" = ours ] || skip 'ours alone acknowledges data'
	[ -w $ack_control ] || skip 'this kernel has no dynamic debug'
	on_exit acks_unwatch
	echo 'func isert_data_ack_notify +p' >$ack_control
}

acks_unwatch() {
	echo 'func isert_data_ack_notify -p' >$ack_control
}

# acks_counted: how many there were since mark_log
acks_counted() {
	log_count 'are acknowledged'
}

# acks_case CASE [OPTION...]: mark_log, then this case of iser-conform with target t1
acks_case() {
	conform_up
	mark_log
	conform "${@:2}" "$1"
}
