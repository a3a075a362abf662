#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="no iSER at the portal: the login fails in time, the same record over TCP works, then iSER elsewhere"
SHOWS="O-G-4 R-5.1-10"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

modprobe iscsi_tcp
target_up
target_portal t1 "$IP" tcp 3261
initiator_up
PORTAL=$(portal "$IP" 3261)
node_new
node_set t1 'node.conn[0].timeo.login_timeout' 10
# If anything answers at this portal, it is LIO's TCP listener.
must_fail 'a login over iSER to a TCP portal succeeded' node t1 --login
same 'sessions' "$(session_ids t1)" ''
node_set t1 iface.transport_name tcp
# Over siw LIO's portal may still be busy with bytes that it takes for a Login Request.
node_set t1 'node.conn[0].timeo.login_timeout' 30
login
device
sweep "$DEVICE" '4096 65536'
logout
unset PORTAL
session_up
sweep "$DEVICE" '4096 65536'
logout
