#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="iserctl finds a portal without iSER, at both ends, and its command enables it"
LONG=1
. "$(dirname "$0")/../../lib.sh"

target_new t1
target_lun t1 0 "$(backstore_ram t1 64)"
target_portal t1 "$IP" tcp
target_on t1
node_new
[ "$PROVIDER" = adapter ] || FIX_LIKE=enable_iser finds answer-tcp-only initiator "$IP"
FIX_LIKE='^echo' finds target-no-iser target
eval "$FIX"
if [ "$PROVIDER" = siw ]; then
	# LIO's TCP listener, which target_portal keeps away else, has the port.
	FIX_LIKE='ss -K' finds portal-port-taken target
	eval "$FIX"
fi
listens() {
	"$ISER_TOOLS/iserctl" status | grep 'iSER, listening'
}
wait_for 10 'the portal listens' listens
in_order target
login
device
sweep "$DEVICE" 4096
logout
