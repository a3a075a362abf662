#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="an initiator that ends a session of its name from another address is named"
KERNEL_TARGET_FAILS="it says nothing of two hosts with one name"
. "$(dirname "$0")/../../lib.sh"

[ -n "$IP6" ] || skip 'one address only, no IPv6'
conform_up
target_up
target_portal t1 "$IP6"
name=iqn.2026-01.org.example.iser:twin

# twin NAME ADDRESS: a session that stays
twin() {
	peers_up "$1" 1 --target "$(iqn t1)" --initiator $name --to "$(portal "$2")"
}

mark_log
twin first "$IP"
twin again "$IP"
! log_has 'ended the session of that name' || fail 'a host that comes back is called another one'
twin other "$IP6"
wait_for 5 'the target names the two' \
	log_has "ib_isert: peer .*: its login as $name has ended the session of that name from $IP:"
