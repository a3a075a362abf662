# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Makes N idle connections at a time. Sourced after transport.sh by memory and scale;
# needs iser-conform in ISER_TOOLS.

clock() {
	echo "${EPOCHREALTIME/[.,]/}"
}

# held N PROGRAM ARGUMENT...: starts PROGRAM, which keeps N connections until let_go.
# Sets "took", in microseconds.
held() {
	local n=$1 start line=''
	shift
	rm -f /tmp/hold /tmp/held
	mkfifo /tmp/hold /tmp/held
	start=$(clock)
	"$@" </tmp/hold >/tmp/held 2>&1 &
	holder=$!
	exec {hold}>/tmp/hold {answer}</tmp/held
	read -r -t $((150 * SLOW)) -u "$answer" line || true
	took=$(($(clock) - start))
	same "$n connections" "$line" "ready $n"
}

# let_go [LOST]: ends that program; the target may have ended LOST of its connections
let_go() {
	local line=''
	exec {hold}>&-
	read -r -u "$answer" line || true
	wait "$holder" || true
	exec {answer}<&-
	case $line in '' | 'closed 0') return ;; esac
	[ "${line#closed }" -le "${1:-0}" ] || fail "the target ended connections: $line"
}

# peers WAY N OPTION...
peers() {
	# shellcheck disable=SC2154 # tests/lib/target.sh
	held "$2" /tmp/tools/iser-conform --as initiator --to "$(portal)" \
		--initiator "$iqn_prefix:peer" --count "$2" "${@:3}" --act "$1"
}

held_ends() { # N
	peers ends "$1"
}

held_silent() { # N
	peers hold "$1"
}

held_logins() { # N
	peers hold "$1" --target "$(iqn bench)" --timeout 60
}

# sessions_login N: logs in; sets "took" to the time until iscsiadm has ended
sessions_login() {
	local start
	node_set bench node.session.nr_sessions "$1" >/dev/null
	start=$(clock)
	login bench >/dev/null
	# shellcheck disable=SC2034 # for the caller
	took=$(($(clock) - start))
}

# sessions_new N: logs in and waits for the disks
sessions_new() {
	sessions_login "$1"
	wait_for 60 "$1 disks" sessions_are "$1"
}

sessions_end() {
	logout bench >/dev/null
	target_quiet
}

target_quiet() {
	wait_for 60 'the target is idle' target_idle bench
	sleep 1
}

# idle_up PAIR: makes a target that never pings the peer, since that does not answer
idle_up() {
	# shellcheck disable=SC2154 # transport.sh, tests/lib/target.sh
	local mib=$disk_mib peer=$iqn_prefix:peer acl
	pair_load "$1"
	target_up bench "$mib"
	target_set bench attrib login_timeout 30
	acl=$(tpg bench)/acls/$peer
	mkdir -p "$acl/lun_0"
	ln -s "$(tpg bench)/lun/lun_0" "$acl/lun_0/link"
	echo 0 >"$acl/attrib/nopin_timeout"
	node_new bench
	# The first use allocates memory that stays, so it is not measured.
	held_logins 1
	let_go
	target_quiet
	sessions_new 1
	sessions_end
}

idle_down() {
	targets_down
	backstores_down
}

conform_up
# Programs run from memory, because waiting for the host takes time in a counted machine.
cp -r "$ISER_TOOLS" /tmp/tools
ulimit -n 65536
