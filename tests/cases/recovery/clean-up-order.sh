#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a connection that the peer ends: its queue pair goes before iSCSI hears of it"
SHOWS="R-5.2.3.2-2 R-5.2.3.2-3"
. "$(dirname "$0")/../../lib.sh"

[ "$INITIATOR$TARGET" = oursours ] || skip 'looks at functions of our modules'
both_told() {
	traced_calls | grep -q isert_terminate_notify && traced_calls | grep -q iscsi_conn_failure
}
target_up
session_up
trace_calls iser_verbs_destroy isert_terminate_notify iscsi_conn_failure
# The target tells the initiator's end; this command tells the target's.
target_off t1
wait_for 20 'the initiator notices' session_lost t1
wait_for 20 'both ends are told' both_told
traced_calls | sed 's/^/note: /'
# Before each of the two calls another queue pair must be gone.
traced_calls | awk '$NF == "iser_verbs_destroy" {gone++} $NF != "iser_verbs_destroy" && !seen[$NF]++ && ++told > gone {exit 1}' ||
	fail 'iSCSI hears of the end before the queue pair is gone'
sessions_down
