#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a record made by hand for TCP logs in after transport_name is set"
. "$(dirname "$0")/../../lib.sh"

target_up
initiator_up
node t1 -o new >/dev/null
node_set t1 iface.transport_name iser
login
device
logout
