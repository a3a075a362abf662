#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="logins and logouts in a row, data compare in each"
SHOWS="R-5.2.1-1 R-5.2.1-2 R-5.2.2-1 R-5.2.2-2"
TIMEOUT=120
. "$(dirname "$0")/../../lib.sh"

target_up
node_new
for i in $(seq "$(by_length 5 20)"); do
	login >/dev/null
	device
	"$ISER_TOOLS/iosweep" "$DEVICE" 512 65536 >/dev/null
	logout >/dev/null
done
