#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a write to a read-only disk is refused with DATA PROTECT"
. "$(dirname "$0")/../../lib.sh"

target_up
target_set t1 attrib demo_mode_write_protect 1
target_set t1 attrib cache_dynamic_acls 0
session_up
scsi w 4096 2a 00 00 00 00 00 00 00 08 00
answered status=02 key=7
scsi w 512 2a 00 00 00 00 00 00 00 01 00
answered status=02 key=7
logout
