#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a peer that takes no Login Response holds nobody up, and is dropped"
QUICK=1
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip "the kernel's: the login waits until the peer goes"

! iwarp || skip 'TCP takes what nobody asked for'
conform_up
target_up
node_new
mark_log
peer --target "$(iqn t1)" --timeout 12 stall >/tmp/iser-case/out &
peer=$!
on_exit "kill $peer 2>/dev/null"
wait_for 10 'two Login Requests' grep -q sent /tmp/iser-case/out
start=${EPOCHREALTIME/./}
login
took=$(((${EPOCHREALTIME/./} - start) / 1000))
note "login beside it: $took ms"
[ $took -lt $((5000 * SLOW)) ] || fail "the login took $took ms"
wait $peer || fail "peer stall: $(cat /tmp/iser-case/out)"
note "the peer: $(tail -n 1 /tmp/iser-case/out)"
grep -q closed /tmp/iser-case/out || fail 'its connection was not ended'
[ "$TARGET" != ours ] || log_has 'has not received the Login Response' || fail 'no line says why'
logout
