#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a target that stays away: commands fail after replacement_timeout"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

target_up
node_new
node_set t1 node.session.timeo.replacement_timeout 3
login
device
target_off t1
wait_for 20 'the initiator notices' session_lost t1
start=$SECONDS
must_fail 'a read without a target succeeded' \
	dd if="$DEVICE" of=/dev/null bs=4k count=1 iflag=direct status=none
[ $((SECONDS - start)) -le $((15 * SLOW)) ] || fail "it took $((SECONDS - start)) s to fail"
logout
