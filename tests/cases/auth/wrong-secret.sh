#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a wrong CHAP secret is refused with the reason, not a time-out"
SHOWS="R-11-1 D-11.2-1 R-10.1.4.6-2"
KERNEL_TARGET_FAILS="the failing Login Response is lost in the teardown"
. "$(dirname "$0")/../../lib.sh"

initiator_up
target_up
chap_target t1
node_new
chap_node t1 secret-wrong-1
login_refused t1
