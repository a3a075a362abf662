#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="check conditions come with their sense data"
SHOWS="R-7.3.2-1 R-9.5.1-3"
QUICK=1
. "$(dirname "$0")/../../lib.sh"

target_up t1 16
session_up
# READ(10) past the end: ILLEGAL REQUEST, LOGICAL BLOCK ADDRESS OUT OF RANGE
scsi r 512 28 00 7f ff ff ff 00 00 01 00
answered status=02 key=5 asc=2100
# unknown operation code: INVALID COMMAND OPERATION CODE
scsi n 0 ff 00 00 00 00 00
answered status=02 key=5 asc=2000
# the same for a command that carries data
scsi w 4096 2a 00 7f ff ff ff 00 00 08 00
answered status=02 key=5 asc=2100
sweep "$DEVICE" 4096
logout
