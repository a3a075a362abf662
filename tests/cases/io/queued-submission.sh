#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a backend with queued submission, submit_type=2: Data-Out find their command, and one that waits long for its turn costs no connection"
SHOWS="R-7.3.4-2"
TIMEOUT=90
KERNEL_TARGET_FAILS="it loses Data-Out that come before a worker has submitted the command"
. "$(dirname "$0")/../../lib.sh"

# queued STORE: the target core hands each command to a worker
queued() {
	[ -w "$1/attrib/submit_type" ] || skip 'this kernel has no queued submission'
	echo 2 >"$1/attrib/submit_type"
}
initiator_up
target_receives 640
target_new t1
store=$(backstore_ram t1 64)
queued "$store"
target_lun t1 0 "$store"
target_portal t1
target_on t1
keys t1 Yes No 32768 262144
acks_case data-out/one-doorbell
acks_case data-out/no-immediate
targets_down && backstores_down

# The disk takes one request at a time: the second read, and the write after it, wait
# in the worker for longer than LIO's timer for Data-Out allows.
target_new t1
store=$(backstore_slow t1 64 2500 1) || skip 'this kernel has no null_blk'
queued "$store"
target_lun t1 0 "$store"
target_portal t1
target_on t1
acl_new t1 "$(initiator_name)"
echo 2 >"$ACL/attrib/dataout_timeout"
acks_case write/behind-reads --timeout 30
! log_has 'DataOut timeout' || fail 'the timer for Data-Out ran'
