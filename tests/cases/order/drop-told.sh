#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="initiators are told when their portal group is disabled or their ACL is deleted"
SHOWS="R-7.3.7-1"
QUICK=1
TIMEOUT=120
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip "the kernel's sends no Asynchronous Message"

acl_off() {
	rm "$ACL/lun_0/link"
	rmdir "$ACL/lun_0" "$ACL"
}

target_modules
conform_target
conform_until async/dropped target_off t1
target_on t1
conform_until async/each-dropped target_off t1
target_on t1
target_set t1 attrib generate_node_acls 0
acl_new t1 "$iqn_prefix:conform"
conform_until async/dropped acl_off
