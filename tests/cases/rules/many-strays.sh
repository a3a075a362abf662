#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="three hundred Data-Out of no task: each receive is given back"
SHOWS="R-8.1-3"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

target_up
modprobe -a rdma_ucm ib_uverbs
need_tool peer
# Each eighth message has an answer.
got=$("$ISER_TOOLS/peer" -l -T "$(iqn t1)" -t $((30000 * SLOW)) -r 304 "$IP" "$PORT" strays)
same "strays" "$got" "answered 38"
