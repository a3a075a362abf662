#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a target that answers nothing any more: the session comes back, the read is done"
TIMEOUT=120
. "$(dirname "$0")/../../lib.sh"

bad_target mute
node_new
node_set t1 "node.conn[0].timeo.noop_out_interval" 1
node_set t1 "node.conn[0].timeo.noop_out_timeout" $((2 * SLOW))
login
device
bad_read
session_back t1
bad_says "login 2" || fail "the connection was not ended"
logout
