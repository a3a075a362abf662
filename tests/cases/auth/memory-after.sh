#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a login with CHAP: receives and tasks come after the secret was right, and not where it was wrong"
SHOWS="R-5.1.2-2 R-5.1.2-3"
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip 'looks at functions of our modules'
initiator_up
target_up
chap_target t1
node_new
chap_node t1
# On iWARP the connection has receives of its own, elsewhere connections share them.
receives=iser_rx_pool_promise
! iwarp || receives=iser_rx_chunk_add
trace_calls $receives chap_main_loop
login
# Only the target's calls: iscsid makes those of the initiator.
calls() {
	traced_calls | grep -v '^iscsid ' | awk '{print $NF}' | uniq
}
traced_calls | sed 's/^/note: /'
same 'CHAP, then receives' "$(calls | tr '\n' ' ')" "chap_main_loop $receives "
logout
: >"$tracefs/trace"
node_set t1 node.session.auth.password wrong-secret-12
must_fail 'a wrong secret logs in' node t1 --login
same 'a wrong secret' "$(calls | tr '\n' ' ')" 'chap_main_loop '
