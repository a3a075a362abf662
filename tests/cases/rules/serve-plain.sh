#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a target that never invalidates STags: reads and writes compare"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

bad_target serve
session_up
bad_read
verify_io "$DEVICE" 4M
logout
