#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a LUN that is added later is found by a rescan"
. "$(dirname "$0")/../../lib.sh"

target_up
session_up
store=$(backstore_ram later 8)
target_lun t1 1 "$store"
admin -m session -r "$(session_ids t1)" --rescan
device t1 1
sweep "$DEVICE" 65536
logout
