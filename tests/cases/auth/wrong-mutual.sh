#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a target that answers a mutual challenge wrongly is refused"
SHOWS="R-11-1"
KERNEL_TARGET_FAILS="a disconnect inside the login is not noticed for 15 s"
. "$(dirname "$0")/../../lib.sh"

initiator_up
target_up
chap_target t1 mutual
node_new
chap_node t1 secret-in-1234 secret-other-9
start=$SECONDS
must_fail 'login succeeded' node t1 --login
same 'sessions' "$(session_ids t1)" ''
# The refused login must leave the portal group free for the next one at once.
node_set t1 node.session.auth.password_in secret-out-567
login
[ $((SECONDS - start)) -lt $((12 * SLOW)) ] || fail "the next login took $((SECONDS - start)) s"
