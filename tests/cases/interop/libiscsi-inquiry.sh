#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="libiscsi's own iSER initiator reads the INQUIRY data"
SHOWS="R-7.3.5-3"
. "$(dirname "$0")/../../lib.sh"

need_program iscsi-inq
modprobe -a rdma_ucm ib_uverbs
target_up
timeout 30 iscsi-inq "iser://$(portal)/$(iqn t1)/0" | tee /tmp/iser-case/inq
grep -q 'LIO-ORG' /tmp/iser-case/inq || fail 'no INQUIRY data'
