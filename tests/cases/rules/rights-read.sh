#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="the STag of a SCSI read cannot be read from"
SHOWS="R-11-5"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

[ "$PROVIDER" != siw ] || skip 'siw does not check the right to read what an RDMA Read names'
bad_target rights
session_up
bad_read
same "an RDMA Read of a SCSI read's buffer" "$(bad_result rights)" refused
session_back t1
logout
