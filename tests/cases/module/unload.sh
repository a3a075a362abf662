#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="after logout the modules unload and leave nothing behind"
SHOWS="R-5.2.1-3 R-5.2.2-4"
QUICK=1
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

target_up
session_up
verify_io "$DEVICE" 4M
logout
modules_down || fail 'a module cannot be unloaded'
same 'left behind' "$(leftovers)" ''
target_up
session_up
logout
