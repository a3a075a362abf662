#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="the only Send under way fails: the initiator learns of it from the device, not from a ping, and I/O goes on"
. "$(dirname "$0")/../../lib.sh"

need_places
[ "$INITIATOR" = ours ] || skip "how the kernel's ib_iser polls is not tested here"
target_up
session_quiet
verify_io "$DEVICE" 1M
mark_log
place_set send 1 12
on_exit 'place_set none'
dd "if=$DEVICE" of=/dev/null bs=4k count=1 iflag=direct 2>/dev/null &
read=$!
# The initiator sends no pings, and the target's first one would come after 15 s.
wait_for 3 'the failure is noticed' log_has 'ib_iser: .* connection lost'
wait $read || fail 'the read has failed'
verify_io "$DEVICE" 1M
logout
