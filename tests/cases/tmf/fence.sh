#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="the response of a LUN reset comes behind that of a read that was done before it"
SHOWS="R-7.3.2-5 R-8.3.2-6"
TIMEOUT=90
NEEDS=cpus
. "$(dirname "$0")/../../lib.sh"

# The target core hands a completed command to a worker bound to one CPU. That CPU is
# kept busy while a thread on the other CPU answers the reset.
need_program sg_reset
[ "$(nproc)" -gt 1 ] || skip 'it needs two CPUs'
target_up
session_up
affinity=$(tpg t1)/../param/cmd_completion_affinity
[ -e "$affinity" ] || skip 'this kernel can not bind the workers of the target core'
thread=$(pgrep -nx iscsi_ttx) || fail 'no TX thread'
tx=$(taskset -cp "$thread" | sed 's/.*: //')
case $tx in
0 | 1) ;;
*) skip "the TX thread may run on CPUs $tx" ;;
esac
echo $((1 - tx)) >"$affinity"
on_exit "echo $(</proc/sys/kernel/sched_rt_runtime_us) >/proc/sys/kernel/sched_rt_runtime_us"
echo -1 >/proc/sys/kernel/sched_rt_runtime_us

mark_log
for i in 1 2 3; do
	timeout 2 taskset -c $((1 - tx)) chrt -f 1 sh -c 'while :; do :; done' &
	busy=$!
	taskset -c "$tx" dd if="$DEVICE" of=/dev/null bs=4k count=1 iflag=direct status=none &
	reader=$!
	taskset -c "$tx" sg_reset -N -d "$DEVICE" || fail "sg_reset -d, number $i"
	wait $reader || fail "read number $i"
	wait $busy || true
done
! log_has 'conn error|ending the connection|dropping a response' ||
	fail 'a response came behind that of the reset'
logout
