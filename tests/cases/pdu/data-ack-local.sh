#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="ErrorRecoveryLevel 1: each burst but the last is acknowledged when its RDMA Write completes"
SHOWS="R-7.3.5-9 R-10.2-2 D-8.8-2"
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip 'ours alone acknowledges data'
control=/proc/dynamic_debug/control
[ -w $control ] || skip 'this kernel has no dynamic debug'
need_tool iser-conform
modprobe -a rdma_ucm ib_uverbs
level=/sys/module/ib_isert/parameters/max_recovery_level
target_up
target_set t1 attrib default_erl 2
on_exit "echo 0 >$level; echo 'func isert_data_ack_notify -p' >$control"
echo 1 >$level
echo 'func isert_data_ack_notify +p' >$control
mark_log
"$ISER_TOOLS/iser-conform" --as initiator --to "$(portal)" --target "$(iqn t1)" \
	--initiator "$(initiator_name)" --slow "$SLOW" read/ack-level-1-local
same 'acknowledgements of four bursts' \
	"$(dmesg | sed -n "\\|$log_point|,\$p" | grep -c 'are acknowledged' || true)" 3
