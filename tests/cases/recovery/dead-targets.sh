#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="targets that never answer have one connect each under way, and do not delay the login to another"
TIMEOUT=180
. "$(dirname "$0")/../../lib.sh"

[ "$INITIATOR$TARGET" = oursours ] || skip 'how long an attempt to connect takes is the half of it'
[ "$PROVIDER" = siw ] || skip 'only siw waits in its connect until TCP gives up'

# connects: TCP connections of which nothing is known but that they have been asked for
connects() {
	awk '$4 == "02"' /proc/net/tcp | wc -l
}
on_exit iscsid_down
# What is sent over a dummy device is lost, except to its own address.
netdev_own_up
target_up
dead=("${IP%.*}".{101..108})
for address in "${dead[@]}"; do
	PORTAL=$(portal "$address") node_new "dead-${address##*.}"
	PORTAL=$(portal "$address") node_set "dead-${address##*.}" node.session.initial_login_retry_max 60
done
node_new t1
for address in "${dead[@]}"; do
	PORTAL=$(portal "$address") node "dead-${address##*.}" --login --no_wait >/dev/null
done
sleep 12
note "$(connects) connects are under way to ${#dead[@]} targets"
[ "$(connects)" -ge 5 ] || fail 'the initiator does not try to connect'
start=$(now)
login
took=$(($(now) - start))
note "the login took ${took}0 ms"
[ "$took" -le $((500 * SLOW)) ] || fail 'the login was delayed'
[ "$(connects)" -le $((${#dead[@]} + 2)) ] || fail "there are $(connects) connects"
device
sweep "$DEVICE" 4096
logout
