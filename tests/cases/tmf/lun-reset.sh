#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a LUN reset ends the commands of that disk, the session stays"
SHOWS="R-7.3.3-1"
QUICK=1
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

need_program sg_reset
target_new t1
target_slow t1 16 1500
session_up
before=$(statistic t1 tmfcmd_pdus)
mark_log
dd if="$DEVICE" of=/dev/null bs=4k count=1 iflag=direct status=none &
reader=$!
sg_reset -N -d "$DEVICE" || fail 'sg_reset -d'
wait $reader || fail 'the read was not repeated after the reset'
[ "$(statistic t1 tmfcmd_pdus)" -gt "$before" ] || fail 'no task management request was sent'
! log_has 'conn error' || fail 'the connection was lost over a LUN reset'
logout
