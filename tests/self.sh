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

passed=0 failed=0
echo 'KTAP version 1'

# same WHAT GOT WANTED
same() {
	if [ "$2" = "$3" ]; then
		passed=$((passed + 1))
		echo "ok $((passed + failed)) $1"
	else
		failed=$((failed + 1))
		echo "# '$2' instead of '$3'"
		echo "not ok $((passed + failed)) $1"
	fi
}

mark='[    1.000000] iser-test: begin group/case'
warning='[    2.000000] WARNING: CPU: 0 PID: 7 at drivers/target/iscsi/iscsi_target_util.c:1 iscsit_release_cmd+0x1/0x2'

dmesg() { printf '%s\n' "${log[@]}"; }

# expect WHAT LINES: log_splats prints so many lines
expect() {
	same "$1" "$(log_splats group/case | wc -l)" "$2"
}

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

# A ring of 100 lines, as the kernel's: the oldest go.
ring() {
	printf '%s\n' "$@" | tail -n 100
}
report=("$mark" '[    2.000000] BUG: KASAN: slab-use-after-free in f+0x1/0x2')
for ((i = 0; i < 120; i++)); do report+=("[    2.000000]  frame$i+0x1/0x2 [iser_core]"); done
mapfile -t log < <(ring "${report[@]}")
expect 'a report that is longer than the ring' 1
same 'what is left of it' "$(log_of group/case | grep -c frame)" 100
mapfile -t log < <(ring "${report[@]}" "${mark/case/next}" "${report[@]:1:50}" "${mark/case/last}")
same 'the mark of a later case is not taken for it' "$(log_of group/case | head -n 1 | cut -c1-4)" BUG:
expect 'a report that a later case has pushed the mark out of' 2
echo "1..$((passed + failed))"
echo "$passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
