# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# iser-conform as a target that misbehaves once, when block 2048 is read or written; and
# sessions of our initiator to it. Its port is not that of LIO.

bad_port=3270
bad_said=/tmp/iser-case/bad-target

# bad_target WAY: starts it; iser-conform --help says what WAY may be
bad_target() {
	# Without its modules the first message does not reach the program; the cause is
	# not known.
	conform_up
	"$ISER_TOOLS/iser-conform" --as target --listen "$(portal "$IP" $bad_port)" \
		--slow "$SLOW" --act "$1" >$bad_said 2>&1 &
	bad_pid=$!
	# Sessions end first, because the program has to answer their logouts.
	on_exit 'sessions_down; kill $bad_pid 2>/dev/null; wait $bad_pid; cat $bad_said'
	wait_for 10 'the bad target listens' bad_says ready
	PORTAL=$(portal "$IP" $bad_port)
}

bad_says() {
	kill -0 "$bad_pid" 2>/dev/null || fail "the bad target ended: $(cat $bad_said)"
	grep -qE "^$1" $bad_said
}

# bad_result WAY: waits for the result of WAY and prints it
bad_result() {
	wait_for 20 "what comes of $1" bad_says "$1 " >&2
	sed -n "s/^$1 //p" $bad_said | head -n 1
}

# bad_read: reads 64 KiB from block 2048 on and compares them
bad_read() {
	dd if="$DEVICE" bs=64k skip=16 count=1 iflag=direct status=none |
		od -An -v -tu1 -w512 |
		awk '{for (i = 1; i <= NF; i++) if ($i != 1 + (2047 + NR) % 251) exit 1}
			END {exit NR != 128}' || fail "a read of $DEVICE fails or does not compare"
}

# bad_message WAY LINE: the bad message ends the connection with this log line; then
# the session comes back, and the read that it interrupted succeeds
bad_message() {
	bad_target "$1"
	session_up
	mark_log
	bad_read
	same "$1" "$(bad_result "$1")" sent
	wait_for 20 "a line with '$2'" log_has "$2"
	session_back t1
	bad_says 'login 2' || fail 'the connection was not ended'
	bad_read
	logout
}
