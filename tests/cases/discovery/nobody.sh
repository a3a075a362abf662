#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="discovery and login where nobody listens fail, and say so"
SHOWS="R-10.1.1.1-1"
. "$(dirname "$0")/../../lib.sh"

initiator_up
must_fail 'discovery found something' admin -m discovery -t st -p "$(portal "$IP" 3999)" -I iser
PORTAL=$(portal "$IP" 3999)
node_new
node_set t1 'node.conn[0].timeo.login_timeout' 2
must_fail 'login succeeded' node t1 --login
same 'sessions' "$(session_ids t1)" ''
