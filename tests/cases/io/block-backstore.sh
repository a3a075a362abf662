#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a block backstore keeps what is written"
SHOWS="D-6-6"
. "$(dirname "$0")/../../lib.sh"

target_new t1
store=$(backstore_block t1 32)
target_lun t1 0 "$store"
target_portal t1
target_on t1
session_up
verify_io "$DEVICE" 16M
sweep "$DEVICE" "512 $(around 4096 65536 262144)"
logout
