#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="iscsiadm -m session -s counts commands and data"
QUICK=1
. "$(dirname "$0")/../../lib.sh"

count() {
	admin -m session -r "$(session_ids t1)" -s | sed -n "s/.*$1: *//p" | head -n 1
}

target_up
session_up
commands=$(count scsicmd_pdus)
octets=$(count txdata_octets)
dd if=/dev/zero of="$DEVICE" bs=64k count=16 oflag=direct status=none
[ "$(count scsicmd_pdus)" -ge $((commands + 16)) ] || fail 'commands were not counted'
note "txdata_octets $octets -> $(count txdata_octets)"
admin -m session -P 3 | grep -q 'Iface Transport: iser' || fail 'transport is not shown as iser'
