#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="SendTargets over iSER finds the target, its record logs in"
SHOWS="R-7.3.8-1"
QUICK=1
. "$(dirname "$0")/../../lib.sh"

target_up
discover >/tmp/iser-case/found
grep -q "^$(portal),1 $(iqn t1)\$" /tmp/iser-case/found ||
	fail "not found: $(cat /tmp/iser-case/found)"
node t1 | grep -q 'iface.transport_name = iser' || fail 'the record is not for iser'
login
device
logout
