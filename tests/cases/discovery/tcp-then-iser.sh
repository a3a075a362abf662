#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="discovery over TCP, then login with iface.transport_name=iser"
SHOWS="R-5.1-5"
QUICK=1
. "$(dirname "$0")/../../lib.sh"

target_up
modprobe iscsi_tcp
initiator_up
# Over siw the TCP listener of the iSER portal is in another network namespace, see
# target_portal.
target_portal t1 "$IP" tcp 3261
admin -m discovery -t st -p "$(portal "$IP" 3261)" >/tmp/iser-case/found
grep -q "^$(portal),1 $(iqn t1)\$" /tmp/iser-case/found ||
	fail "not found: $(cat /tmp/iser-case/found)"
node_set t1 iface.transport_name iser
login
device
"$ISER_TOOLS/iosweep" "$DEVICE" 4096
logout
