#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="login and I/O over an IPv6 portal"
QUICK=1
. "$(dirname "$0")/../../lib.sh"

[ -n "$IP6" ] || skip 'no IPv6 address'
target_up
local6=$(ip -o -6 addr show dev "$NETDEV" scope link | awk '{sub("/.*", "", $4); print $4; exit}')
# On siw target_portal makes portals in a network namespace without this device.
if [ -n "$local6" ] && [ "$TARGET" = ours ] && [ "$PROVIDER" != siw ]; then
	mark_log
	target_portal t1 "$local6%$NETDEV"
	log_has "portal \[$local6%$NETDEV\]:$PORT: listening" ||
		fail 'no line names the network device of a link-local address'
fi
target_portal t1 "$IP6"
PORTAL=$(portal "$IP6")
session_up
sweep "$DEVICE" '512 65536'
logout
