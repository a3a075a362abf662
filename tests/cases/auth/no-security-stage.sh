#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a login without the security stage is refused by us, before LIO acts on it"
SHOWS="R-11-1"
KERNEL_TARGET_FAILS="it leaves that to LIO"
. "$(dirname "$0")/../../lib.sh"

conform_target
acl_new t1 "$iqn_prefix:conform"
target_set t1 attrib authentication 1
mark_log
conform login/no-security-stage
log_has 'ib_isert: peer .*: login refused: it offers no credentials' ||
	fail 'no line of ours'
! log_has 'Initiator is requesting CSG: 1' || fail 'LIO has seen the login'
target_set t1 attrib authentication 0
conform login/plain
