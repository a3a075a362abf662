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
mkfifo /tmp/iser-case/in
"$ISER_TOOLS/peer" -n 200 "$IP" "$PORT" silent </tmp/iser-case/in >/tmp/iser-case/out &
exec 7>/tmp/iser-case/in
on_exit 'exec 7>&-'
wait_for 40 '200 connections' grep -q 'ready 200' /tmp/iser-case/out
time_login
note "login alone $alone ms, beside 200 silent connections $took ms"
[ $((took - alone)) -lt $((1000 * SLOW)) ] || fail "the login took $took ms"
device
sweep "$DEVICE" '4096 65536'
logout
