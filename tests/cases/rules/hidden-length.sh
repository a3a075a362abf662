#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a login is refused whose target hides a data segment of no bytes in a partial text"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

bad_target hidden
node_new
mark_log
# A write would be cut into pieces of no bytes, without an end and under a lock.
must_fail 'the login succeeded' node t1 --login
same 'the partial text' "$(bad_result hidden)" sent
log_has 'MaxXmitDataSegmentLength of less than 512 bytes is refused' || fail 'no line says why'
