#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="an initiator that ends a session of its name from another address is named"
KERNEL_TARGET_FAILS="it says nothing of two hosts with one name"
. "$(dirname "$0")/../../lib.sh"

[ -n "$IP6" ] || skip 'one address only, no IPv6'
need_tool peer
modprobe -a rdma_ucm ib_uverbs
target_up
target_portal t1 "$IP6"
name=iqn.2026-01.org.example.iser:twin
mkfifo /tmp/iser-case/in

# twin ADDRESS: a session that stays
twin() {
	"$ISER_TOOLS/peer" -l -T "$(iqn t1)" -i $name "$1" "$PORT" hold \
		<>/tmp/iser-case/in >/tmp/iser-case/out-"${1//:/.}" 2>&1 &
	on_exit "kill $! 2>/dev/null"
	wait_for 20 "the twin at $1 has logged in" grep -q 'ready 1' /tmp/iser-case/out-"${1//:/.}"
}

mark_log
twin "$IP"
twin "$IP"
! log_has 'ended the session of that name' || fail 'a host that comes back is called another one'
twin "$IP6"
wait_for 5 'the target names the two' \
	log_has "ib_isert: peer .*: its login as $name has ended the session of that name from $IP:"
