#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="node.session.nr_sessions=4 makes four sessions with four disks"
. "$(dirname "$0")/../../lib.sh"

target_up
node_new
node_set t1 node.session.nr_sessions 4
login
four() {
	[ "$(session_ids t1 | wc -l)" = 4 ]
}
wait_for 10 'four sessions' four
four_disks() {
	[ "$(for s in $(session_ids t1); do
		ls -d /sys/class/iscsi_session/"session$s"/device/target*/*:0/block/*
	done 2>/dev/null | wc -l)" = 4 ]
}
wait_for 20 'four disks' four_disks
for s in $(session_ids t1); do
	for block in "/sys/class/iscsi_session/session$s"/device/target*/*:0/block/*; do
		"$ISER_TOOLS/iosweep" "/dev/${block##*/}" 512 65536
	done
done
logout
same 'sessions left' "$(session_ids t1)" ''
