#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="128 commands at once over four jobs, every byte compared"
SHOWS="R-7.3.1-10 R-7.3.5-2 R-7.3.6-3 D-6-5"
QUICK=1
TIMEOUT=120
. "$(dirname "$0")/../../lib.sh"

target_up
session_up
verify_io "$DEVICE" 4M --numjobs=4 --offset_increment=8M --iodepth=32 --bsrange=512-64k
logout
