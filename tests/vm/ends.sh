# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# When a machine has to go. For what boots one: tests/vm/boot.sh and uml/boot.

# machine_wait PID DIR SECONDS: until the machine is gone, or has to go because
# its time is over. A machine whose job has ended (DIR/status) gets a moment to go
# by itself. One that is given up (DIR/end, made by whoever reads its results) may
# hang in anything, its own clean-up included: it gets half a minute.
machine_wait() {
	local end=$((SECONDS + $3)) soon
	while [ $SECONDS -lt $end ] && kill -0 "$1" 2>/dev/null; do
		soon=
		[ ! -e "$2/end" ] || soon=${ISER_END_SECONDS:-30}
		[ ! -s "$2/status" ] || soon=5
		[ -z "$soon" ] || end=$((SECONDS + soon < end ? SECONDS + soon : end))
		sleep 0.2
	done
}
