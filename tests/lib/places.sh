# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What goes wrong on demand in the adapter of tests/adapter, by the places of its table.

need_places() {
	[ "$PROVIDER" = adapter ] || skip 'only the adapter of tests/adapter fails on demand'
	on_exit "echo none >$adapter_debug/faults"
}

# places KIND: the names of the places of a kind: verb, status, delay, event or async
places() {
	awk -v kind="$1" '$2 == kind {print $1}' "$adapter_debug/faults"
}

# place_set PLACE N [VALUE]: it goes wrong when it is met for the N-th time from now on, or
# each time
place_set() {
	echo "$*" >"$adapter_debug/faults"
}

# injected PLACE: whether it has gone wrong since place_set
injected() {
	[ "$(awk -v place="$1" '$1 == place {print $4}' "$adapter_debug/faults")" != 0 ]
}

# verb_error N: the error of a verb that fails for the N-th time, one of two by turns
verb_error() {
	if [ $(($1 % 2)) = 0 ]; then echo -12; else echo -22; fi
}

# verb_round PLACE N: a session from login to logout, with a verb that fails once. Returns
# 1 if it was not met so often.
verb_round() {
	local start
	start=$(now)
	place_set "$1" "$2" "$(verb_error "$2")"
	# The login that fails has nothing else to fear, and the next one nothing at all.
	node t1 --login || login
	device
	verify_io "$DEVICE" 256K --bsrange=4k-64k
	wait_for 20 "$1 $2: the session ends" logged_out
	wait_for 20 "$1 $2: the target is idle" target_idle t1
	injected "$1" || return 1
	note "$1 fails for the $2-th time: login, I/O and logout took $(($(now) - start))0 ms"
}

logged_out() {
	[ -z "$(session_ids t1)" ] || node t1 --logout && [ -z "$(session_ids t1)" ]
}

# met PLACE SECONDS: whether it goes wrong within this time
met() {
	soon "$2" injected "$1"
}

# place_under_io PLACE N VALUE: it goes wrong once under I/O, which goes on. Returns 1 if
# it is not met.
place_under_io() {
	local start
	place_set "$1" "$2" "$3"
	if ! met "$1" 5; then
		echo none >"$adapter_debug/faults"
		return 1
	fi
	start=$(now)
	wait_for 60 "$1 $3: the session is back" session_is t1 LOGGED_IN
	io_moves "$DEVICE" || true
	wait_for 60 "$1 $3: I/O goes on" io_moves "$DEVICE"
	note "$1 $3: I/O goes on after $(($(now) - start))0 ms"
}

# srq_held: how many shared receives the device has for messages to come; 0 if connections
# share none
srq_held() {
	awk '/ shared$/ {split($(NF - 3), at, "/"); n = at[3] - at[2]} END {print n + 0}' \
		"$adapter_debug/$(rdma_device)/qps"
}
