#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="iserctl finds nothing wrong with a host that works, and shows its session"
LONG=1
. "$(dirname "$0")/../../lib.sh"

need_tool iserctl
target_up
session_up
in_order
# The provider of tests/adapter has no verbs for programs.
if [ "$PROVIDER" != adapter ]; then
	in_order initiator "$IP"
	grep "^ok: iSER answers at $(portal)$" <<<"$REPORT" || fail 'iSER does not answer'
fi
status=$("$ISER_TOOLS/iserctl" status)
echo "$status"
rdma=$(rdma_device)
grep -qE "^session [0-9]+: LOGGED_IN to $(iqn t1) at $IP port $PORT, $rdma, disks ${DEVICE#/dev/}$" <<<"$status" ||
	fail 'no such session'
grep -q "^portal $(portal) of $(iqn t1), portal group 1: iSER, listening, 1 connections$" <<<"$status" ||
	fail 'no such portal'
grep -q "^connection from $IP:[0-9]* to $(portal), $rdma$" <<<"$status" || fail 'no such connection'
grep -qE "^session of $(initiator_name) at $(iqn t1), portal group 1: (LOGGED_IN|unknown)$" <<<"$status" ||
	fail 'no such session of the target'
# The attempt over RDMA has left the session alone.
sweep "$DEVICE" 4096
logout
