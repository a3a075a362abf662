#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="the STag of a write is dead when the response is seen: later reads are refused"
SHOWS="R-1.5.1-1 R-1.5.1-3 R-7.3.2-10 R-11-3 R-11-4"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

bad_target late
session_up
# The write is longer than the immediate data.
dd if=/dev/zero of="$DEVICE" bs=128k seek=8 count=1 oflag=direct status=none
same "a read after the response" "$(bad_result late)" refused
session_back t1
logout
