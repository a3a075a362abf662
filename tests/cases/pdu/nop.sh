#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="an idle session with NOP-Out each second stays up"
SHOWS="R-7.3.13-1"
TIMEOUT=60
. "$(dirname "$0")/../../lib.sh"

target_up
node_new
node_set t1 'node.conn[0].timeo.noop_out_interval' 1
node_set t1 'node.conn[0].timeo.noop_out_timeout' $((2 * SLOW))
login
device
mark_log
# Several intervals have to pass without a command.
sleep $((4 * SLOW))
! log_has 'ping timeout|conn error' || fail 'the idle connection was given up'
same 'state of the session' "$(session_state t1)" LOGGED_IN
sweep "$DEVICE" 4096
logout
