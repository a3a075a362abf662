#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="two hundred parallel reads: StatSN follows StatSN"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

target_new t1
# This disk completes several commands at a time.
store=$(backstore_slow slow 16 5) || skip "this kernel has no null_blk"
target_lun t1 0 "$store"
target_portal t1
target_on t1
many order 200
