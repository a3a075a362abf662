#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a login text that fills LIO's buffer is taken with a NUL at its end, and refused by us without one"
SHOWS="R-10.1.4.6-2"
KERNEL_TARGET_FAILS="it leaves that to LIO"
. "$(dirname "$0")/../../lib.sh"

conform_target
conform login/longest-text
mark_log
conform login/unterminated-text
log_has 'ib_isert: peer .*: login refused: its text of 8192 bytes is not terminated' ||
	fail 'no line says why'
