#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="one target with two iSER portals; one goes, the other stays up"
. "$(dirname "$0")/../../lib.sh"

target_up
target_portal t1 "$IP" iser 3262
session_up
rmdir "$(tpg t1)/np/$(portal "$IP" 3262)"
sweep "$DEVICE" 4096
same 'state of the session' "$(session_state t1)" LOGGED_IN
logout
PORTAL=$(portal "$IP" 3262)
node_new
must_fail 'the portal is still there' node t1 --login
