#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a session logs in, its disk compares, it logs out"
SHOWS="D-6-1 R-5.1.1-7"
QUICK=1
. "$(dirname "$0")/../../lib.sh"

target_up
session_up
same 'state of the session' "$(session_state t1)" LOGGED_IN
grep -qx iscsi_iser /sys/class/scsi_host/*/proc_name || fail 'no host of type iscsi_iser'
verify_io "$DEVICE" 8M
logout
same 'sessions after logout' "$(session_ids t1)" ''
