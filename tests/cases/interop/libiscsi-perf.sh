#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="libiscsi reads blocks over iSER at depth"
SHOWS="R-7.3.5-2"
TIMEOUT=60
. "$(dirname "$0")/../../lib.sh"

need_program iscsi-perf
modprobe -a rdma_ucm ib_uverbs
target_up
timeout $((20 * SLOW)) iscsi-perf -b 64 -t 3 "iser://$(portal)/$(iqn t1)/0" >/tmp/iser-case/perf 2>&1 ||
	fail "iscsi-perf: $(tail -n 3 /tmp/iser-case/perf)"
grep -q 'average' /tmp/iser-case/perf || tail -n 2 /tmp/iser-case/perf
