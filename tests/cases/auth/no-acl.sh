#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="an initiator without an ACL is refused with the reason"
SHOWS="R-11-1 R-10.1.4.6-2"
KERNEL_TARGET_FAILS="the failing Login Response is lost in the teardown"
. "$(dirname "$0")/../../lib.sh"

initiator_up
target_up
target_set t1 attrib generate_node_acls 0
node_new
login_refused t1
