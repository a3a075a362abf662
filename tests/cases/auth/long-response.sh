#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a CHAP response in base64 is taken, but refused by us if it is longer than LIO's buffer"
SHOWS="R-11-1 R-10.1.4.6-2"
KERNEL_TARGET_FAILS="it leaves that to LIO"
. "$(dirname "$0")/../../lib.sh"

conform_target
chap_acl t1 "$iqn_prefix:conform"
mark_log
conform connections/secret-base64
log_has 'ib_isert: peer .*: login refused: its CHAP_R is longer than a digest' ||
	fail 'no line says why'
