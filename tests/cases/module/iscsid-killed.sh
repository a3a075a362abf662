#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="iscsid is killed while it connects: ib_iser can be removed"
. "$(dirname "$0")/../../lib.sh"

[ "$INITIATOR" = ours ] || skip 'our module'
connecting() {
	set -- /sys/class/iscsi_endpoint/ep-*
	[ -e "$1" ]
}
PORTAL=$(portal "${IP%.*}.99")
node_new
node t1 --login >/dev/null 2>&1 &
wait_for 10 'iscsid connects' connecting
kill -9 "$(pidof iscsid)"
# It may have noticed already.
kill $! 2>/dev/null || true
wait $! || true
soon 10 iscsid_is_gone || fail 'iscsid is still there'
"$tests/../scripts/loaded.sh" | sed 's/^/note: /'
"$tests/../scripts/loaded.sh" | grep -q 'endpoint' || fail 'loaded.sh does not show the endpoint'
rmmod ib_iser || fail 'ib_iser is held'
must_fail 'an endpoint without its module' connecting
initiator_up
