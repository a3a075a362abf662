# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# iser-conform as an initiator, with a target that the test case makes.

# conform_up: prepares what iser-conform needs
conform_up() {
	need_tool iser-conform
	modprobe -a rdma_ucm ib_uverbs
}

# conform_target [STORE]: makes target t1, which allows all that the cases use, with STORE
# or a ramdisk
conform_target() {
	local store=${1:-}
	conform_up
	target_receives 640
	target_new t1
	[ -n "$store" ] || store=$(backstore_ram t1 64)
	target_lun t1 0 "$store"
	target_portal t1
	target_set t1 param InitialR2T No
	target_set t1 param MaxConnections 4
	target_on t1
}

# conform CASE...: runs each in a process of its own; fails if one fails
conform() {
	"$ISER_TOOLS/iser-conform" --as initiator --to "$(portal)" --target "$(iqn t1)" \
		--initiator "$iqn_prefix:conform" --slow "$SLOW" "$@"
}

# conform_until CASE COMMAND...: runs a case which says "ready" and then waits for what the
# command does; fails if it fails or nothing has come
conform_until() {
	local said=/tmp/iser-case/said
	conform "$1" >$said 2>&1 &
	peer=$!
	on_exit "kill $peer 2>/dev/null"
	wait_for 30 'the peer is ready' grep -q '^# ready' $said
	"${@:2}" || fail "${*:2} failed"
	wait $peer || fail "$1: $(cat $said)"
	! grep -q SKIP $said || fail "$1: $(cat $said)"
}

# peer [OPTION...] WAY: an initiator that behaves in this way, see iser-conform --help
peer() {
	"$ISER_TOOLS/iser-conform" --as initiator --to "$(portal)" --initiator "$iqn_prefix:peer" \
		--slow "$SLOW" "${@:1:$#-1}" --act "${!#}"
}

# peers_up NAME COUNT [OPTION...]: so many connections of a process, which does nothing until
# peers_end; sets peers_pid. Its output is /tmp/iser-case/out-NAME.
peers_up() {
	local in=/tmp/iser-case/in-$1 out=/tmp/iser-case/out-$1
	mkfifo "$in"
	"$ISER_TOOLS/iser-conform" --as initiator --to "$(portal)" --initiator "$iqn_prefix:peer" \
		--slow "$SLOW" --count "$2" "${@:3}" --act hold <"$in" >"$out" 2>&1 &
	peers_pid=$!
	on_exit "kill $peers_pid 2>/dev/null"
	exec {peers_in}>"$in"
	wait_for 60 "$2 connections of $1" peers_ready "$2" "$out"
}

peers_ready() { # COUNT OUTPUT
	kill -0 "$peers_pid" 2>/dev/null || fail "the peers ended: $(cat "$2")"
	grep -q "^ready $1" "$2"
}

# peers_end: the last of these processes ends by itself
peers_end() {
	exec {peers_in}>&-
	wait "$peers_pid" || fail "the peers ended with $?"
}

# many WAY COUNT [TARGET]: a peer sends so many messages to TARGET (t1)
many() {
	local got
	conform_up
	got=$(peer --target "$(iqn "${3:-t1}")" --timeout 30 --count "$2" "$1") ||
		fail "peer $1: $got"
	same "$1" "$got" "answered $2"
}
