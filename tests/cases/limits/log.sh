#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="strangers write no more than their share of the log; the end of a session has its line"
TIMEOUT=120
KERNEL_TARGET_FAILS="each bad message has its lines"
. "$(dirname "$0")/../../lib.sh"

# What cases before this one have written in the last minute counts no longer.
modules_down || fail 'a module cannot be unloaded'
conform_up
target_up
mark_log
limit=/sys/module/iser_core/parameters/log_lines
on_exit "echo 120 >$limit"
echo 60 >$limit
since=$SECONDS
for ((i = 0; i < 24; i++)); do
	got=$(peer --timeout 8 opcode) || fail "peer opcode: $got"
done
# In any minute nineteen lines, and one that counts the suppressed ones.
ours=$(log_since | grep -cE '(iser_core|isert?): ' || true)
[ "$ours" -ge 1 ] || fail 'no line says why a stranger is dropped'
[ "$ours" -le $((20 * (1 + (SECONDS - since) / 60))) ] ||
	fail "24 strangers wrote $ours lines"
got=$(peer --target "$(iqn t1)" --timeout 8 opcode) || fail "peer opcode: $got"
wait_for 5 'the end of the session is told' \
	log_has 'ib_isert: peer .*: session of iqn.2026-01.org.example.iser:peer lost: protocol error'
if [ "${ISER_LONG:-}" ]; then
	wait_for 90 'what was left out is counted' log_has \
		'iser_core: [0-9]* lines .* were left out in the last minute, from 1 addresses'
fi
note "$ours lines of 24 strangers, $(log_since | grep -cvE 'iser') lines of others"
