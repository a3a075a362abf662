#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a device that is too small for iSER is refused by a line that names the limit"
NEEDS=faults
. "$(dirname "$0")/../../lib.sh"

need_fault max_qp_wr
target_up
node_new
mark_log
fault max_qp_wr 100
must_fail 'a login with 100 work requests' node t1 --login
log_has 'initiator, .*the device has 100 work requests in a queue, iSER needs 256' ||
	fail 'no line that names the limit'
fault max_qp_wr 0
fault max_pages 4
must_fail 'a login with STags of four pages' node t1 --login
log_has 'the device has 4 pages in an STag, iSER needs 8' || fail 'no line that names the pages'
fault max_pages 0
login
device
