#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a device that can't invalidate an STag: an abort costs the session, with a line, and no data"
TIMEOUT=120
NEEDS=faults
. "$(dirname "$0")/../../lib.sh"

need_fault no_invalidate
target_new t1
target_slow t1 16 4000
# Without NOP-Outs libiscsi gives a command more time only once.
session_quiet
mark_log
fault no_invalidate 1
slow_read_fails
wait_for 20 'a line says so' log_has "can't invalidate an STag: error -22, ending the connection"
fault no_invalidate 0
session_back t1
scsi r 4096 28 00 00 00 00 00 00 00 08 00
answered status=00 host=00
logout
