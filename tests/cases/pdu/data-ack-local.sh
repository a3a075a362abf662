#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="ErrorRecoveryLevel 1: each burst but the last is acknowledged when its RDMA Write completes"
SHOWS="R-7.3.5-9 R-10.2-2 D-8.8-1 D-8.8-2 A-4-3"
. "$(dirname "$0")/../../lib.sh"

level=/sys/module/ib_isert/parameters/max_recovery_level
target_up
acks_watch
target_set t1 attrib default_erl 2
on_exit "echo 0 >$level"
echo 1 >$level
acks_case read/ack-level-1-local
same 'acknowledgements of four bursts' "$(acks_counted)" 3
