#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="without memory for more tasks a session goes on with those it has, and gets more later"
QUICK=1
TIMEOUT=180
NEEDS=debug
. "$(dirname "$0")/../../lib.sh"

[ "$INITIATOR" = ours ] || skip 'of our initiator'
target_up
session_up
begun=$(stags)
[ "$begun" -gt 0 ] || skip 'this rdma shows no memory regions'
mark_log
faults_on ib_iser 100
verify_io "$DEVICE" 16M --iodepth=64 --bsrange=4k-64k
log_has 'stays at 16 commands' || fail 'no line says that memory lacks'
[ "$(log_since | grep -c 'stays at')" = 1 ] || fail 'more than one line'
same 'STags without memory for more' "$(stags)" "$begun"
sg_reset --device "$DEVICE" || fail 'a reset of the LUN'
faults_off

has_grown() {
	verify_io "$DEVICE" 4M --iodepth=64 --bsrange=4k-16k
	[ "$(stags)" -ge $((begun + 16)) ]
}
wait_for 30 'more tasks with memory again' has_grown
! log_has 'conn error|ending the connection|connection lost' || fail 'the connection was lost'
logout
