#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="two hundred parallel reads: StatSN follows StatSN"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

target_new t1
# This disk completes several commands at a time.
target_slow t1 16 5
many order 200
