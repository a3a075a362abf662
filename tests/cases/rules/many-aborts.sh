#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a hundred and twenty aborted writes: each receive is given back"
SHOWS="R-8.1-3"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

target_new t1
target_slow t1 16 50
before=$(not_ready)
many aborts 120
same 'times that the initiator found no receive' "$(not_ready)" "$before"
