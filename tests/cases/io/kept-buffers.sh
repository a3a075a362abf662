#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="buffers of a target that are used again, in changing sizes, carry the right data; so do none, and few"
TIMEOUT=120
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip 'a parameter of our module'
keep=/sys/module/ib_isert/parameters/keep_kib
on_exit "echo $(cat $keep) >$keep"

target_up
session_up
for kib in 0 64 2048; do
	echo $kib >$keep
	verify_io "$DEVICE" 8M --bsrange=512-320k --iodepth=16
	note "$kib KiB kept"
done
