#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="CHAP both ways logs in and does I/O"
SHOWS="R-11-1"
QUICK=1
. "$(dirname "$0")/../../lib.sh"

initiator_up
target_up
chap_target t1 mutual
node_new
chap_node t1 secret-in-1234 secret-out-567
login
device
"$ISER_TOOLS/iosweep" "$DEVICE" 4096
logout
