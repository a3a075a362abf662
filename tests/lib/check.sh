# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Functions that decide whether a case passes.

note() {
	echo "note: $*"
}

# fail TEXT: the case ends here and has failed
fail() {
	echo "FAILED: $*"
	exit 1
}

# skip REASON: the case ends here; 4 is the code that kselftest uses
skip() {
	echo "SKIP: $*"
	exit 4
}

# user_peer PROGRAM: skips the case if the program is an RDMA peer in user space, and the
# provider has no verbs for user space
user_peer() {
	case $PROVIDER/$1 in
	adapter/iscsi-* | adapter/tgtd | adapter/peer | adapter/target | adapter/crowd | adapter/iser-conform)
		skip 'needs a user-space peer' ;;
	esac
}

need_program() {
	local p
	for p; do
		user_peer "$p"
		command -v "$p" >/dev/null || skip "$p is not installed"
	done
}

need_tool() {
	user_peer "$1"
	[ -x "${ISER_TOOLS:-}/$1" ] || skip "the program $1 was not built"
}

# by_length SHORT LONG: prints SHORT in make check, where no case may take longer than
# 20 s on an emulated machine, and LONG in make check-long
by_length() {
	if [ -n "${ISER_LONG:-}" ]; then echo "$2"; else echo "$1"; fi
}

# same WHAT GOT WANTED
same() {
	[ "$2" = "$3" ] || fail "$1: got '$2', wanted '$3'"
}

# must_fail TEXT COMMAND...: fails with TEXT if the command succeeds
must_fail() {
	local text=$1
	shift
	! "$@" || fail "$text"
}

# wait_for SECONDS TEXT COMMAND...: waits until the command succeeds
wait_for() {
	local limit=$(($1 * SLOW)) text=$2 start=$SECONDS
	shift 2
	until "$@"; do
		[ $((SECONDS - start)) -lt $limit ] || fail "waited $limit s: $text"
		sleep 0.1
	done
}

# soon SECONDS COMMAND...: like wait_for, but returns 1 instead of ending the case
soon() {
	local limit=$(($1 * SLOW)) start=$SECONDS
	shift
	until "$@"; do
		[ $((SECONDS - start)) -lt $limit ] || return 1
		sleep 0.1
	done
}

# mark_log; log_since: what the kernel has logged since then; log_has PATTERN: whether a
# line of that matches; log_count PATTERN: how many lines do
mark_log() {
	# The limit must leave room for the lines of all cases of this minute.
	[ ! -w /sys/module/iser_core/parameters/log_lines ] ||
		echo 1536 >/sys/module/iser_core/parameters/log_lines
	log_point="iser-test: point $RANDOM$RANDOM"
	echo "$log_point" >/dev/kmsg
}

log_since() {
	log_from "$log_point"
}

log_has() {
	local log
	log=$(log_since) || fail 'the kernel log is longer than its ring'
	grep -qE "$1" <<<"$log"
}

log_count() {
	local log
	log=$(log_since) || fail 'the kernel log is longer than its ring'
	grep -cE "$1" <<<"$log" || true
}
