# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# When a machine has to end. Used by tests/vm/boot.sh and tests/vm/uml/boot.

# machine_wait PID DIR SECONDS: waits until the machine has ended or its time is over. A
# machine whose job has ended (DIR/status) gets five more seconds to end by itself. A
# machine that the reader of its results has given up (DIR/end) may hang anywhere, also
# in its own clean-up: it gets half a minute.
machine_wait() {
	local end=$((SECONDS + $3)) soon
	while [ $SECONDS -lt $end ] && kill -0 "$1" 2>/dev/null; do
		soon=
		[ ! -e "$2/end" ] || soon=${ISER_END_SECONDS:-30}
		[ ! -s "$2/status" ] || soon=5
		[ -z "$soon" ] || end=$((SECONDS + soon < end ? SECONDS + soon : end))
		sleep 0.2
	done
	# Else the shell prints the whole command of a machine that a signal has ended.
} 2>/dev/null
