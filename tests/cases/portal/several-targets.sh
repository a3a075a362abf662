#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="five targets behind one portal: each login gets its own disk"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

for i in 1 2 3 4 5; do
	target_up "t$i" 8
	node_new "t$i"
done
for i in 1 2 3 4 5; do
	login "t$i" >/dev/null
	device "t$i"
	tr -dc '[:print:]' <"/sys/class/block/${DEVICE##*/}/device/vpd_pg80" |
		grep -q "iser-t$i\$" || fail "the disk of t$i is another one"
	sweep "$DEVICE" 4096
done
