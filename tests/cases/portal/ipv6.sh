#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="login and I/O over an IPv6 portal"
QUICK=1
. "$(dirname "$0")/../../lib.sh"

[ -n "$IP6" ] || skip 'no IPv6 address'
target_up
target_portal t1 "$IP6"
PORTAL=$(portal "$IP6")
session_up
sweep "$DEVICE" '512 65536'
logout
