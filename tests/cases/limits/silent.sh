#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="200 connections that send nothing: a login takes less than a second more"
QUICK=1
TIMEOUT=90
KERNEL_TARGET_FAILS="the portal thread waits for each silent peer in turn"
. "$(dirname "$0")/../../lib.sh"

need_tool peer
modprobe -a rdma_ucm ib_uverbs
target_up
node_new
time_login() {
	local start=${EPOCHREALTIME/./}
	login >/dev/null
	took=$(((${EPOCHREALTIME/./} - start) / 1000))
}
time_login
alone=$took
logout
# The user-space library of siw supports about thirty connections in a process.
mkfifo /tmp/iser-case/in
for i in $(seq 10); do
	"$ISER_TOOLS/peer" -n 20 "$IP" "$PORT" silent \
		<>/tmp/iser-case/in >/tmp/iser-case/out"$i" 2>&1 &
	on_exit "kill $! 2>/dev/null"
done
all_ready() {
	[ "$(cat /tmp/iser-case/out* | grep -c 'ready 20')" = 10 ]
}
wait_for 40 '200 connections' all_ready
time_login
note "login alone $alone ms, beside 200 silent connections $took ms"
[ $((took - alone)) -lt $((1000 * SLOW)) ] || fail "the login took $took ms"
device
sweep "$DEVICE" '4096 65536'
logout
