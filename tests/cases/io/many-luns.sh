#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="eight disks of one session, each with data of its own"
SHOWS="D-6-1"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

target_new t1
for i in $(seq 0 7); do
	store=$(backstore_ram "lun$i" 4)
	target_lun t1 "$i" "$store"
done
target_portal t1
target_on t1
session_up
for i in $(seq 0 7); do
	device t1 "$i"
	pattern "/tmp/iser-case/p$i" 1048576
	dd if="/tmp/iser-case/p$i" of="$DEVICE" bs=128k oflag=direct status=none
done
for i in $(seq 0 7); do
	device t1 "$i"
	dd if="$DEVICE" bs=256k count=4 iflag=direct status=none |
		cmp - "/tmp/iser-case/p$i" || fail "LUN $i has other data"
done
logout
