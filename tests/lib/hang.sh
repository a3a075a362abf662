# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Finds what hangs, and whether it is ours.

# proc_value PID NAME: the value of NAME in /proc/PID/status
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

# stacks PID...: NAME (PID) STATE for each, then the lines of its kernel stack
stacks() {
	local pid state
	for pid; do
		state=$(proc_value "$pid" State)
		[ -n "$state" ] || continue
		echo "$(proc_value "$pid" Name) ($pid) ${state%% *}"
		sed 's/^\[<0>\] */  /' "/proc/$pid/stack" 2>/dev/null
	done
}

# hang_place: reads stacks; prints the first process, and the first function of its stack
# that is not one of the scheduler
hang_place() {
	awk '/^[^ ]/ && who != "" { exit }
		/^[^ ]/ { sub(/ [^ ]*$/, ""); who = $0; next }
		place == "" && !/^ *(__switch_to|_*schedule|_*wait_for_(completion|common))/ { place = $1 " " $2 }
		END { print who " hangs in " place }'
}

# hang_owner: reads stacks; prints the half that hangs if it is not ours and no stack
# contains one of our modules. A program that is the other half and waits for a message
# may be waiting for our half, so it only counts if it spins or waits for itself.
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

# bounded SECONDS LOG COMMAND...: runs COMMAND in a session of its own, and returns when
# its time is over even if it cannot be killed. Sets rc to its exit code, to 124 if it had
# to be ended, or to "hangs" if that did not help; and stuck to the stacks at that moment.
# Needs work, a folder, and ISER_GRACE, the seconds for each attempt to end it.
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
