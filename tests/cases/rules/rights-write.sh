#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="the STag of a SCSI write cannot be written to"
SHOWS="R-11-5"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

bad_target rights
session_up
dd if=/dev/zero of="$DEVICE" bs=128k seek=8 count=1 oflag=direct status=none
same "an RDMA Write to a SCSI write's buffer" "$(bad_result rights)" refused
session_back t1
logout
