#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="the STag of a read is dead when the response is seen: later writes are refused"
SHOWS="R-1.5.1-1 R-1.5.1-3 R-7.3.2-10 R-11-3 R-11-4"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

bad_target late
session_up
# 128 KiB are two pipes full: dd keeps its buffer until the target has tried to write.
got=$(dd if="$DEVICE" bs=128k skip=8 count=1 iflag=direct status=none | {
	bad_result late
	wc -c >/dev/null
})
same "a write after the response" "$got" refused
session_back t1
bad_read
logout
