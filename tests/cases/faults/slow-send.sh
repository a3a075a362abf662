#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="the Send of a response completes late, and nothing comes behind it: its buffers are given back all the same"
NEEDS=faults
. "$(dirname "$0")/../../lib.sh"

need_fault hold
need_fault maps
target_up
session_quiet
read_once() {
	dd if="$DEVICE" of=/dev/null bs=64K count=1 iflag=direct status=none
}
given_back() {
	[ "$(mapped)" -le "$before" ]
}

read_once
# By then the poll of 10 ms has ended.
sleep 0.3
before=$(mapped)
fault hold 60
read_once
wait_for 3 'the buffers are given back' given_back
logout
