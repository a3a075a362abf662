#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="initiators are told when their portal group is disabled or their ACL is deleted"
SHOWS="R-7.3.7-1"
QUICK=1
TIMEOUT=120
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip "the kernel's sends no Asynchronous Message"

said=/tmp/iser-case/said

# told CASE COMMAND...: a session that the command ends passes this case
told() {
	conform "$1" >$said 2>&1 &
	peer=$!
	on_exit "kill $peer 2>/dev/null"
	wait_for 30 'the session is there' grep -q '^# ready' $said
	"${@:2}" || fail "${*:2} failed"
	wait $peer || fail "${*:2}: $(cat $said)"
	! grep -q SKIP $said || fail "${*:2}: $(cat $said)"
}

acl_off() {
	rm "$ACL/lun_0/link"
	rmdir "$ACL/lun_0" "$ACL"
}

target_modules
conform_target
told async/dropped target_off t1
target_on t1
told async/each-dropped target_off t1
target_on t1
target_set t1 attrib generate_node_acls 0
acl_new t1 "$iqn_prefix:conform"
told async/dropped acl_off
