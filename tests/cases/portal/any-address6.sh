#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a portal on [::]: SendTargets names the IPv6 address that was asked"
. "$(dirname "$0")/../../lib.sh"

[ -n "$IP6" ] || skip 'no IPv6 address'
target_up
rmdir "$(tpg t1)/np/$(portal)"
target_portal t1 ::
PORTAL=$(portal "$IP6")
discover "$IP6" >/tmp/iser-case/found
cat /tmp/iser-case/found
grep -qF "$PORTAL,1 $(iqn t1)" /tmp/iser-case/found || fail 'wrong address in SendTargets'
login
device
sweep "$DEVICE" 4096
logout
