#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="data_ack_by_read: the burst whose RDMA Write is refused, and those behind it, are not acknowledged"
SHOWS="A-DA-1"
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip 'ours alone acknowledges data'
control=/proc/dynamic_debug/control
[ -w $control ] || skip 'this kernel has no dynamic debug'
need_tool iser-conform
modprobe -a rdma_ucm ib_uverbs
by_read=/sys/module/ib_isert/parameters/data_ack_by_read
target_up
on_exit "echo N >$by_read; echo 'func isert_data_ack_notify -p' >$control"
echo Y >$by_read
echo 'func isert_data_ack_notify +p' >$control
mark_log
# Four bursts: an RDMA Write and a Read of no bytes each, but for the last; the
# third Write is refused.
"$ISER_TOOLS/iser-conform" --as initiator --to "$(portal)" --target "$(iqn t1)" \
	--initiator "$(initiator_name)" --slow "$SLOW" read/half-registered
acks=$(dmesg | sed -n "\\|$log_point|,\$p" | grep -c 'are acknowledged' || true)
# On siw the refusal may overtake the answers to the Reads before it.
if [ "$PROVIDER" = siw ]; then
	[ "$acks" -le 2 ] || fail "$acks acknowledgements, of two bursts that arrived"
else
	same 'acknowledgements of the two bursts that arrived' "$acks" 2
fi
