#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a target with more to send than there is room: residual overflow"
SHOWS="R-7.3.1-15"
. "$(dirname "$0")/../../lib.sh"

target_up
session_up
# READ(10) of eight blocks into a buffer for one: one block arrives, 3584 bytes do not
dd if=/dev/zero of="$DEVICE" bs=64k count=1 oflag=direct status=none
scsi r 512 28 00 00 00 00 00 00 00 08 00
answered host=00
case $ANSWER in
*resid=3584*) ;;
*status=02*) note 'refused with a check condition' ;;
*) fail "neither a residual nor a check condition: $ANSWER" ;;
esac
sweep "$DEVICE" 4096
same 'state of the session' "$(session_state t1)" LOGGED_IN
logout
