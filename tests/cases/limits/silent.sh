#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="200 connections that send nothing: a login takes less than a second more"
QUICK=1
TIMEOUT=90
KERNEL_TARGET_FAILS="the portal thread waits for each silent peer in turn"
. "$(dirname "$0")/../../lib.sh"

conform_up
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
for i in $(seq 10); do
	peers_up "$i" 20
done
time_login
note "login alone $alone ms, beside 200 silent connections $took ms"
# The machine may be busier now than it was then. One silent peer would cost 15 s.
[ $((took - alone)) -lt $((1000 * SLOW + 2 * alone)) ] || fail "the login took $took ms"
device
sweep "$DEVICE" '4096 65536'
logout
