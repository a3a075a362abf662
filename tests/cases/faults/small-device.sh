#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a device that is too small for iSER, or registers no memory, is refused by a line that names the limit; a target that needs no STags serves on it"
NEEDS=faults
. "$(dirname "$0")/../../lib.sh"

need_fault max_qp_wr
target_up
node_new
node_set t1 'node.conn[0].timeo.login_timeout' 5
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
fault no_reg 1
none='the device has no fast registration'
must_fail 'a login without registration' node t1 --login
log_has "initiator, .*$none" || fail 'no line that names the registration'
conform_up
# A target needs STags only for what it reads over iWARP.
if iwarp; then
	must_fail 'a login to a target that needs STags' peer --target "$(iqn t1)" hold </dev/null
	log_has "target, .*$none" || fail 'no line of the target'
else
	peer --target "$(iqn t1)" hold </dev/null || fail 'a target that needs no STags'
	! log_has "target, .*$none" || fail 'the target asks for STags'
fi
fault no_reg 0
node_set t1 'node.conn[0].timeo.login_timeout' 30
login
device
