# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Sessions, through the stock iscsid and iscsiadm.

iscsid_pid=/run/iser-iscsid.pid

initiator_name() {
	sed -n 's/^InitiatorName=//p' /etc/iscsi/initiatorname.iscsi 2>/dev/null
}

initiator_up() {
	modprobe ib_iser || fail 'modprobe ib_iser'
	own_module ib_iser "$INITIATOR"
	[ -n "$(initiator_name)" ] ||
		echo "InitiatorName=$iqn_prefix:initiator" >/etc/iscsi/initiatorname.iscsi
	mkdir -p /run/lock/iscsi /var/lib/iscsi
	iscsid_answers || iscsid_up
}

iscsid_answers() {
	grep -q ISCSIADM_ABSTRACT_NAMESPACE /proc/net/unix
}

# iscsid runs in a session of its own, because it kills its process group when it ends.
iscsid_up() {
	setsid iscsid -f >/tmp/iser-iscsid.log 2>&1 </dev/null &
	echo $! >$iscsid_pid
	wait_for 10 'iscsid listens' iscsid_answers
}

iscsid_down() {
	[ -s $iscsid_pid ] || return 0
	kill "$(cat $iscsid_pid)" 2>/dev/null || true
	soon 10 iscsid_is_gone
	rm -f $iscsid_pid
}

iscsid_is_gone() {
	! iscsid_answers
}

portal() { # [ADDRESS [PORT]]
	echo "$(bracket "${1:-$IP}"):${2:-$PORT}"
}

# admin ARGUMENT...: runs iscsiadm with a time limit. On one CPU iscsiadm can miss an
# answer that arrives before the reply to its own netlink call, and then waits 30 s for
# it; with a real-time priority it reads the reply first.
admin() {
	local rc=0 first=()
	[ "$(nproc)" != 1 ] || first=(chrt -f 10)
	timeout $((30 * SLOW)) "${first[@]}" iscsiadm "$@" || rc=$?
	[ $rc != 124 ] || fail "iscsiadm $* hangs"
	return $rc
}

# discover [ADDRESS]: SendTargets over iSER
discover() {
	initiator_up
	admin -m discovery -t st -p "$(portal "${1:-$IP}")" -I iser
}

# node NAME ARGUMENT...: iscsiadm with the record of target NAME; PORTAL chooses another
# portal
node() {
	local name=$1
	shift
	admin -m node -T "$(iqn "$name")" -p "${PORTAL:-$(portal)}" "$@"
}

# node_new [NAME]: makes a static record, without discovery
node_new() {
	initiator_up
	node "${1:-t1}" -o new -I iser >/dev/null
	node_set "${1:-t1}" node.session.initial_login_retry_max 1
}

node_set() { # NAME KEY VALUE
	node "$1" -o update -n "$2" -v "$3"
}

# node_quiet NAME: the initiator sends no NOP-Outs of its own accord
node_quiet() {
	node_set "$1" 'node.conn[0].timeo.noop_out_interval' 0
	node_set "$1" 'node.conn[0].timeo.noop_out_timeout' 0
}

login() { # [NAME]
	node "${1:-t1}" --login || fail "login to ${1:-t1}"
}

logout() { # [NAME]
	node "${1:-t1}" --logout || fail "logout from ${1:-t1}"
}

# session_up [NAME]: record, login, device; sets DEVICE
session_up() {
	node_new "${1:-t1}"
	login "${1:-t1}"
	device "${1:-t1}"
}

# session_quiet: session_up for t1, whose initiator then sends no NOP-Outs
session_quiet() {
	node_new
	node_quiet t1
	login
	device
}

# login_bare [NAME]: logs in without a scan for the disk, so that a case sees the session
# before the kernel has sent commands to the disk
login_bare() {
	node_set "${1:-t1}" node.session.scan manual
	login "${1:-t1}"
}

# scan [NAME]: finds the disk, sets DEVICE and waits for the kernel's first commands to it
scan() {
	local host
	host=$(readlink -f "/sys/class/iscsi_session/session$(session_ids "${1:-t1}" | head -n 1)/device/..")
	echo '- - -' >"/sys/class/scsi_host/${host##*/}/scan"
	device "${1:-t1}"
	wait_for 20 'the disk is quiet' disk_quiet
}

# disk_quiet: whether DEVICE has had no I/O for 0.3 s, and none is under way
disk_quiet() {
	local before
	before=$(cat "/sys/class/block/${DEVICE##*/}/stat")
	sleep 0.3
	[ "$(cat "/sys/class/block/${DEVICE##*/}/stat")" = "$before" ] &&
		[ "$(awk '{print $9}' <<<"$before")" = 0 ]
}

# session_ids NAME: numbers of the kernel's sessions to this target
session_ids() {
	local s
	for s in /sys/class/iscsi_session/session*; do
		[ -e "$s/targetname" ] || continue
		[ "$(cat "$s/targetname")" != "$(iqn "$1")" ] || echo "${s##*session}"
	done
}

# device [NAME [LUN]]: waits for the disk and sets DEVICE
device() {
	wait_for 20 "disk of ${1:-t1} LUN ${2:-0}" find_device "${1:-t1}" "${2:-0}"
}

find_device() {
	local s block
	for s in $(session_ids "$1"); do
		for block in "/sys/class/iscsi_session/session$s"/device/target*/*:"$2"/block/*; do
			[ -b "/dev/${block##*/}" ] || continue
			# With size 0 the kernel is still probing the disk.
			[ "$(cat "$block/size")" != 0 ] || continue
			DEVICE=/dev/${block##*/}
			return 0
		done
	done
	return 1
}

# session_state NAME: the state of the first session: LOGGED_IN, FAILED or FREE
session_state() {
	local s
	s=$(session_ids "$1" | head -n 1)
	[ -n "$s" ] && cat "/sys/class/iscsi_session/session$s/state"
}

session_is() {
	[ "$(session_state "$1")" = "$2" ]
}

session_lost() {
	! session_is "$1" LOGGED_IN
}

# session_back NAME [SECONDS]: waits until the session is logged in again
session_back() {
	wait_for "${2:-40}" "session to $1 comes back" session_is "$1" LOGGED_IN
}

# statistic NAME COUNTER: that number of iscsiadm -m session -s
statistic() {
	admin -m session -r "$(session_ids "$1" | head -n 1)" -s |
		sed -n "s/.*$2: *//p" | head -n 1
}

sessions_down() {
	local s rc=0
	for s in /sys/class/iscsi_session/session*; do
		case $(cat "$s/targetname" 2>/dev/null) in
		"$iqn_prefix":*) ;;
		*) continue ;;
		esac
		iscsid_answers || iscsid_up
		admin -m session -r "${s##*session}" --logout >/dev/null || rc=1
	done
	admin -m node 2>/dev/null | awk -v p="$iqn_prefix:" 'index($2, p) == 1 {print $2}' |
		sort -u | while read -r s; do
		admin -m node -T "$s" -o delete >/dev/null || true
	done
	return $rc
}
