#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a target that sends less than was asked for: residual underflow"
SHOWS="R-7.3.5-5"
QUICK=1
. "$(dirname "$0")/../../lib.sh"

target_up
session_up
# INQUIRY: 36 bytes into a buffer of 512
scsi r 512 12 00 00 00 24 00
answered status=00 host=00 resid=476 used=36
# READ(10): one block into a buffer for eight
scsi r 4096 28 00 00 00 00 00 00 00 01 00
answered status=00 host=00 resid=3584
# WRITE(10): one block out of eight. LIO may refuse it with INVALID FIELD IN COMMAND
# INFORMATION UNIT.
scsi w 4096 2a 00 00 00 00 00 00 00 01 00
answered host=00 resid=3584
case $ANSWER in
*status=00*) ;;
*) answered status=02 key=5 asc=0e03 ;;
esac
sweep "$DEVICE" 4096
logout
