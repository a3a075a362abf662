#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="the response of a LUN reset waits for a COMPARE AND WRITE whose write is slow; the target's pings do not"
SHOWS="R-8.3.2-6"
TIMEOUT=90
KERNEL_TARGET_FAILS='it sends no pings'
. "$(dirname "$0")/../../lib.sh"

target_new t1
store=$(backstore_slow t1 16 7000) || skip 'this kernel has no null_blk'
target_lun t1 0 "$store"
target_portal t1
target_on t1
initiator_up
acl_new t1 "$(initiator_name)"
acl_pings 3
acks_case tmf/behind-compare-write --timeout 60
! log_has 'no answer to a NOP-In' || fail 'the initiator is blamed'
