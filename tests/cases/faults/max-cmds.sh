#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a queue pair that carries fewer commands than max_cmds: they are reduced, with a line"
NEEDS=faults
. "$(dirname "$0")/../../lib.sh"

need_fault max_qp_wr
target_up
fault max_qp_wr 300
mark_log
session_up
log_has 'cmds_max 128 is reduced to 32, the limit of the device.s queue pairs' ||
	fail 'no line about fewer commands'
verify_io "$DEVICE" 1M
logout

# 0 stands for libiscsi's default, which is also 128.
mark_log
node_new
node_set t1 node.session.cmds_max 0
login
device
log_has 'cmds_max 128 is reduced to 32' || fail 'no line about fewer commands of a default'
verify_io "$DEVICE" 1M
logout
