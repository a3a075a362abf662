#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a write of libiscsi before 1.20 that lacks its immediate data is refused by a line that names the setting, and works with that"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip 'the line is ours'
need_program iscsi-test-cu
modprobe -a rdma_ucm ib_uverbs
cu_target
target_set t1 param ImmediateData Yes
mark_log
# It connects again each time that the target refuses it.
iscsi-test-cu -d -t ALL.Write10.Simple "iser://$(portal)/$(iqn t1)/0" >/tmp/iser-case/out 2>&1 &
program=$!
on_exit "kill -9 $program 2>/dev/null"
setting_named() {
	log_has 'its data are missing; .*ImmediateData=No'
}
decided() {
	setting_named || ! kill -0 $program 2>/dev/null
}
wait_for 30 'libiscsi is refused, or done' decided
if ! setting_named; then
	grep -q 'Simple *\.\.\.passed' /tmp/iser-case/out || fail 'no line names the setting'
	skip 'this libiscsi sends its immediate data'
fi
kill -9 $program
wait $program || true
wait_for 20 'the target notices' target_idle t1
target_set t1 param ImmediateData No
same 'tests that pass with ImmediateData=No' "$(cu_passed iser ALL.Write10.Simple 3260)" Simple
