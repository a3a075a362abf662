# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What hangs, and whose it is.

# proc_value PID NAME: a line of /proc/PID/status
proc_value() {
	sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status" 2>/dev/null
}

# sleepers: processes that cannot be woken and have not run for two seconds
sleepers() {
	local pid first=()
	for pid in $(ps -eo pid=,stat= | awk '$2 ~ /^D/ {print $1}'); do
		first+=("$pid $(proc_value "$pid" voluntary_ctxt_switches)")
	done
	[ ${#first[@]} -gt 0 ] || return 0
	sleep 2
	for pid in "${first[@]}"; do
		case $(proc_value "${pid% *}" State) in D*) ;; *) continue ;; esac
		[ "$(proc_value "${pid% *}" voluntary_ctxt_switches)" != "${pid#* }" ] ||
			echo "${pid% *}"
	done
}

# stacks PID...: NAME (PID) STATE for each, behind it where it is in the kernel
stacks() {
	local pid state
	for pid; do
		state=$(proc_value "$pid" State)
		[ -n "$state" ] || continue
		echo "$(proc_value "$pid" Name) ($pid) ${state%% *}"
		sed 's/^\[<0>\] */  /' "/proc/$pid/stack" 2>/dev/null
	done
}

# hang_place: reads stacks; prints the first one, and where it is, for the scheduler
hang_place() {
	awk '/^[^ ]/ && who != "" { exit }
		/^[^ ]/ { sub(/ [^ ]*$/, ""); who = $0; next }
		place == "" && !/^ *(__switch_to|_*schedule|_*wait_for_(completion|common))/ { place = $1 " " $2 }
		END { print who " hangs in " place }'
}

# hang_owner: reads stacks; prints the half that hangs if that is not one of ours, and
# none of ours is in any of them. A program of the other half that waits for a message
# may wait for ours: it has to spin, or to wait for itself.
hang_owner() {
	awk -v initiator="${ISER_INITIATOR:-ours}" -v target="${ISER_TARGET:-ours}" '
	function half(who, name) {
		if (who == "ours")
			ours = 1
		else
			owner = "the kernel\047s " name
	}
	/^[^ ]/ {
		program = $1 == "tgtd" ? "tgt" : $1 ~ /^iscsi-/ ? "libiscsi" : ""
		if (program != "" && $NF != "S")
			owner = program
		next
	}
	/\[iser_core\]/ { ours = 1 }
	/\[ib_iser\]/ { half(initiator, "initiator") }
	/\[ib_isert\]/ { half(target, "target") }
	/\[iscsi_target_mod\]/ && target == "kernel" { half(target, "target") }
	/futex_/ && program != "" { owner = program }
	END {
		if (owner != "" && !ours)
			print owner
	}'
}

# bounded SECONDS LOG COMMAND...: runs it in a session of its own, and is back when its
# time is over even if it cannot be killed. Sets rc: its exit code, 124 if it had to be
# ended, "hangs" if that did not help; and stuck: the stacks of then. Needs work, a
# folder, and ISER_GRACE, the seconds for each attempt to end it.
bounded() {
	local limit=$1 log=$2 ends pid
	shift 2
	rc='' stuck=''
	rm -f "$work/ends"
	mkfifo "$work/ends"
	exec {ends}<>"$work/ends"
	{
		setsid "$@" >"$log" 2>&1 </dev/null {ends}>&- &
		echo $! >"$work/pid"
		wait $! || rc=$?
		echo "${rc:-0}" >&"$ends"
	} 2>/dev/null &
	if ! read -r -t "$limit" -u "$ends" rc; then
		pid=$(cat "$work/pid")
		# shellcheck disable=SC2046 # numbers
		stuck=$(stacks $(pgrep -s "$pid") $(sleepers))
		kill -TERM -- "-$pid" 2>/dev/null || true
		if ! read -r -t "${ISER_GRACE:-10}" -u "$ends" rc; then
			kill -KILL -- "-$pid" 2>/dev/null || true
			read -r -t "${ISER_GRACE:-10}" -u "$ends" rc || rc=hangs
		fi
		[ "$rc" = hangs ] || rc=124
	fi
	rm -f "$work/pid"
	exec {ends}>&-
}
