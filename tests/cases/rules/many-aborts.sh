#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a hundred and twenty aborted writes: each receive is given back"
SHOWS="R-8.1-3"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

target_new t1
store=$(backstore_slow slow 16 50) || skip "this kernel has no null_blk"
target_lun t1 0 "$store"
target_portal t1
target_on t1
before=$(not_ready)
many aborts 120
same 'times that the initiator found no receive' "$(not_ready)" "$before"
