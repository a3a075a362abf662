#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a thousand reads and writes: our modules allocate nothing"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

trace=/sys/kernel/tracing
[ -e $trace/events ] || mount -t tracefs tracefs $trace 2>/dev/null || skip "no tracefs"
[ -e $trace/events/kmem/kmalloc ] || skip "this kernel traces no allocations"
target_up
session_up
sweep "$DEVICE" "4096 65536"
# Matches calls from within the three modules.
filter=
for module in iser_core ib_iser ib_isert; do
	read -r _ size _ _ _ at _ <<<"$(grep "^$module " /proc/modules)"
	end=$(printf '0x%x' $((at + size)))
	filter+="${filter:+ || }(call_site >= $at && call_site < $end)"
done
on_exit "echo 0 >$trace/events/kmem/enable; echo >$trace/trace"
for event in kmalloc kmem_cache_alloc; do
	echo "$filter" >$trace/events/kmem/$event/filter
	echo 1 >$trace/events/kmem/$event/enable
done
for rw in "if=$DEVICE of=/dev/null iflag=direct" "if=/dev/zero of=$DEVICE oflag=direct"; do
	# shellcheck disable=SC2086 # words
	dd $rw bs=16k count=500 status=none
done
echo 0 >$trace/events/kmem/enable
count=$(grep -c call_site $trace/trace || true)
note "$count allocations"
# A ping may arrive meanwhile, which allocates.
[ "$count" -lt 100 ] || fail "$count allocations: $(grep -m 1 call_site $trace/trace)"
logout
