#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: tests/self.sh
#
# Do the tests notice what they are to notice? What reads the kernel log is run
# against made-up logs, here, without a machine. Results as KTAP.

set -eu
cd "$(dirname "$0")"
# shellcheck source=tests/lib/kernel-log.sh
. lib/kernel-log.sh

mark='[    1.000000] iser-test: begin group/case'
warning='[    2.000000] WARNING: CPU: 0 PID: 7 at drivers/target/iscsi/iscsi_target_util.c:1 iscsit_release_cmd+0x1/0x2'
passed=0 failed=0

dmesg() { printf '%s\n' "${log[@]}"; }

# expect WHAT LINES: log_splats prints so many lines
expect() {
	local got
	got=$(log_splats group/case | wc -l)
	if [ "$got" = "$2" ]; then
		passed=$((passed + 1))
		echo "ok $((passed + failed)) $1"
	else
		failed=$((failed + 1))
		echo "# $got lines instead of $2"
		echo "not ok $((passed + failed)) $1"
	fi
}

echo 'KTAP version 1'
echo 1..7
log=("$mark" '[    2.000000] scsi host0: iSCSI Initiator over iSER')
expect 'a quiet kernel' 0
log=("$mark" "$warning" '[    3.000000] BUG: KASAN: slab-use-after-free in f+0x1/0x2')
expect 'a warning and a report' 2
log=("$warning" "$mark")
expect 'a warning before the case' 0
log=("$mark" "$warning")
ISER_TARGET=kernel expect 'a known warning of the kernel target' 0
log=("$mark" '[    2.000000] WARNING: possible circular locking dependency detected')
ISER_TARGET=kernel expect 'an unknown one of the kernel target' 1
flush='[    2.000000] WARNING: CPU: 1 PID: 612 at kernel/workqueue.c:3767 check_flush_dependency.part.0+0x106/0x130'
log=("$mark" '[    2.000000] workqueue: WQ_MEM_RECLAIM iscsi_ctrl_0:32:__iscsi_unbind_session [scsi_transport_iscsi] is flushing !WQ_MEM_RECLAIM pm:pm_runtime_work' "$flush")
expect 'a known warning of scsi_transport_iscsi' 0
log=("$mark" '[    2.000000] workqueue: WQ_MEM_RECLAIM iser:iser_end_work [iser_core] is flushing !WQ_MEM_RECLAIM events:other' "$flush" "$warning")
expect 'the same of another queue, and one behind it' 2
echo "$passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
