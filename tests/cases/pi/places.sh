#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="protection information at one end only: on the disk, on the wire, or in the initiator's memory"
TIMEOUT=240
. "$(dirname "$0")/../../lib.sh"

need_pi
# A disk with tuples, and an initiator that knows nothing of them. Its longest commands
# take several registrations at the target, which checks them against short ones.
pi_modules N max_sectors=4096
pi_target t1 1 512 1
session_up
same 'type of protection that the initiator sees' "$(pi_disk mode)" none
pi_count_begin
verify_io "$DEVICE" 2M
sweep "$DEVICE" '512 4096 65536'
pi_counted insert strip checked
pi_clean pass
long=/tmp/iser-case/long
pattern $long 1M
echo 1024 >"/sys/class/block/${DEVICE##*/}/queue/max_sectors_kb"
for size in 1M/64k 64k/1M; do
	pi_count_begin
	dd if=$long of="$DEVICE" bs=${size%/*} oflag=direct conv=notrunc status=none
	note "registrations of 1 MiB in ${size%/*}: $(pi_count registrations)"
	[ "$(pi_count registrations)" -ge 2 ] || fail 'one registration for 1 MiB'
	dd if="$DEVICE" bs=${size#*/} count=1M iflag=direct,count_bytes status=none |
		cmp - $long || fail "written in ${size%/*} and read in ${size#*/}: the data differ"
	pi_clean
done
rm $long
logout
case_down

pi_modules Y
# Only the wire has tuples at the target: the disk has none.
if [ "$TARGET" = ours ]; then
	note 'a disk without, and fabric_prot_type=1'
	target_new t1
	target_set t1 attrib t10_pi 1
	target_set t1 attrib fabric_prot_type 1
	target_with t1 "$(pi_store t1 0 512)"
	session_up
	same 'type of protection' "$(pi_disk type)" 1
	pi_count_begin
	verify_io "$DEVICE" 2M
	sweep "$DEVICE" '512 4096 65536'
	pi_counted insert strip pass checked
	pi_clean
	# Its commands ask for tuples that they leave no room for.
	pi_no_room 01 80
	session_is t1 LOGGED_IN || fail 'the session is lost'
	verify_io "$DEVICE" 1M
	logout
	case_down
	note 'the same, and an initiator that asks for none'
	pi_modules N
	target_new t1
	target_set t1 attrib t10_pi 1
	target_set t1 attrib fabric_prot_type 1
	target_with t1 "$(pi_store t1 0 512)"
	session_up
	mark_log
	verify_io "$DEVICE" 2M
	sweep "$DEVICE" '512 4096 65536'
	! log_has 'conn error|ending the connection' || fail 'the connection was lost'
	logout
	case_down
	pi_modules Y
fi

# Only the initiator's memory has tuples.
note 'a target without'
pi_target t1 0 512 0
session_up
same 'mode of protection' "$(pi_disk mode)" dix0
pi_host on
pi_count_begin
verify_io "$DEVICE" 2M
sweep "$DEVICE" '512 4096 65536'
pi_counted insert strip checked
pi_clean pass
logout
