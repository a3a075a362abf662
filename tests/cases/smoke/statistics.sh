#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="iscsiadm -m session -s counts commands and data"
QUICK=1
. "$(dirname "$0")/../../lib.sh"

target_up
session_up
commands=$(statistic t1 scsicmd_pdus)
octets=$(statistic t1 txdata_octets)
dd if=/dev/zero of="$DEVICE" bs=64k count=16 oflag=direct status=none
[ "$(statistic t1 scsicmd_pdus)" -ge $((commands + 16)) ] || fail 'commands were not counted'
note "txdata_octets $octets -> $(statistic t1 txdata_octets)"
admin -m session -P 3 | grep -q 'Iface Transport: iser' || fail 'transport is not shown as iser'
