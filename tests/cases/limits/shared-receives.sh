#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="connections share receives: none are added for idle ones or for one that is busy, bad peers lose none"
SHOWS="R-8.1-2 R-8.1-3"
QUICK=1
TIMEOUT=180
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip 'what our module prints'
! iwarp || skip 'iWARP: each connection has receives of its own'
control=/proc/dynamic_debug/control
[ -w "$control" ] || skip 'this kernel has no dynamic debug'
conform_up
target_up
target_up t2
session_up
on_exit "echo 'module iser_core file *pool.c -p' >$control"
echo 'module iser_core file *pool.c +p' >"$control"

# made: how often receives were added since mark_log
made() {
	log_count 'shared receives made'
}

mark_log
peers_up t2 12 --target "$(iqn t2)"
for _ in $(seq 24); do
	got=$(peer empty) || fail "peer empty: $got"
done
same 'times that receives were added for idle sessions and bad peers' "$(made)" 0

# There are enough receives for the full window of any one connection.
before=$(not_ready)
verify_io "$DEVICE" "$(by_length 4M 16M)" --iodepth=64 --bsrange=4k-8k
same 'times that receives were added for one busy session' "$(made)" 0
same 'times that the initiator found no receive' "$(not_ready)" "$before"

# A peer may have one message outstanding until it has logged in.
io_start "$DEVICE"
mark_log
for _ in $(seq "$(by_length 2 6)"); do
	got=$(peer flood) || fail "peer flood: $got"
	wait_for 20 'I/O goes on beside 33 Login Requests at once' io_moves "$DEVICE"
done
# The bad peers above may have used up the log lines of these five seconds.
flood_told() {
	got=$(peer flood) || fail "peer flood: $got"
	log_has 'opcode 0x3 before the Login Response, ending the connection'
}
wait_for 20 'a line says that they are too many' flood_told
io_stop

kill -9 "$peers_pid"
wait "$peers_pid" || true
wait_for 30 'the target notices' target_idle t2
sweep "$DEVICE" 4096
logout
session_up
sweep "$DEVICE" 4096
logout
