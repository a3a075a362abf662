#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a portal on 0.0.0.0: SendTargets names the address that was asked"
. "$(dirname "$0")/../../lib.sh"

target_up
rmdir "$(tpg t1)/np/$(portal)"
target_portal t1 0.0.0.0
discover >/tmp/iser-case/found
cat /tmp/iser-case/found
grep -q "^$(portal),1 $(iqn t1)\$" /tmp/iser-case/found || fail 'wrong address in SendTargets'
! grep -q '0\.0\.0\.0' /tmp/iser-case/found || fail '0.0.0.0 in SendTargets'
login
device
sweep "$DEVICE" 4096
logout
