# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Words that decide about a case.

note() {
	echo "note: $*"
}

# fail TEXT: the case ends here, red
fail() {
	echo "FAILED: $*"
	exit 1
}

# skip REASON: the case ends here; 4 is what kselftest uses
skip() {
	echo "SKIP: $*"
	exit 4
}

need_program() {
	local p
	for p; do
		command -v "$p" >/dev/null || skip "$p is not installed"
	done
}

need_tool() {
	[ -x "${ISER_TOOLS:-}/$1" ] || skip "tests/tools/$1 was not built"
}

# by_length SHORT LONG: what a case does in make check, where none may take longer than
# 20 s on an emulated machine; and in make check-long
by_length() {
	if [ -n "${ISER_LONG:-}" ]; then echo "$2"; else echo "$1"; fi
}

# same WHAT GOT WANTED
same() {
	[ "$2" = "$3" ] || fail "$1: got '$2', wanted '$3'"
}

# must_fail TEXT COMMAND...: red if the command succeeds
must_fail() {
	local text=$1
	shift
	! "$@" || fail "$text"
}

# wait_for SECONDS TEXT COMMAND...: until the command succeeds
wait_for() {
	local limit=$(($1 * SLOW)) text=$2 start=$SECONDS
	shift 2
	until "$@"; do
		[ $((SECONDS - start)) -lt $limit ] || fail "waited $limit s: $text"
		sleep 0.1
	done
}

# soon SECONDS COMMAND...: like wait_for, but only tells
soon() {
	local limit=$(($1 * SLOW)) start=$SECONDS
	shift
	until "$@"; do
		[ $((SECONDS - start)) -lt $limit ] || return 1
		sleep 0.1
	done
}

# mark_log; log_since: what the kernel said since; log_has PATTERN: whether it said so;
# log_count PATTERN: in how many lines
mark_log() {
	# Room for the lines of all cases in this minute.
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
