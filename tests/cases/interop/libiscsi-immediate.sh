#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a write of libiscsi before 1.20 that lacks its immediate data is refused by a line that names the setting, and works with that"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip 'the line is ours'
need_program iscsi-test-cu
modprobe -a rdma_ucm ib_uverbs
# writes_with VALUE: names of the tests that passed, ImmediateData being so
writes_with() {
	cu_target
	target_set t1 param ImmediateData "$1"
	cu_passed iser ALL.Write10.Simple 3260
	targets_down >&2 && backstores_down >&2
}
mark_log
passed=$(writes_with Yes)
if [ -n "$passed" ]; then
	skip 'this libiscsi sends its immediate data'
fi
log_has 'its data are missing; .*ImmediateData=No' ||
	fail 'no line names the setting'
same 'tests that pass with ImmediateData=No' "$(writes_with No)" Simple
