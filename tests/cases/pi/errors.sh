#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a wrong guard, tag or byte at each hop is found by the next that checks, with its sense; no wrong data are taken"
TIMEOUT=240
. "$(dirname "$0")/../../lib.sh"

need_pi
pi_modules Y
dir=/tmp/iser-case/pi
mkdir -p $dir
block=16 # of 4096 bytes: the place of the I/O

# put FILE, get FILE: eight blocks of 512 bytes to and from the disk
put() {
	dd if="$1" of="$DEVICE" bs=4096 count=1 seek=$block oflag=direct conv=notrunc status=none 2>$dir/said
}
get() {
	dd if="$DEVICE" of="$1" bs=4096 count=1 skip=$block iflag=direct status=none 2>$dir/said
}

# spoil HOP MASK: in the third block that comes there
spoil() {
	mark_log
	place_set "pi-$1" 3 "$2"
}

# sense END ASCQ BLOCK: the SCSI layer has had this sense, from libiscsi or LIO, and does
# not take the I/O for good from this block on
sense() {
	local key='0x5|Illegal Request'
	[ "$1" = initiator ] || key='0xb|Aborted Command'
	shift
	log_has "Sense Key : ($key)" || fail "not the sense key $key"
	log_has "ASC=0x10 ASCQ=0x$1 |block (guard|application tag|reference tag) check failed" ||
		fail "not ASC 10h ASCQ $1"
	log_has "error, dev ${DEVICE##*/}, sector $((block * 8 + $2)) " ||
		fail "not sector $((block * 8 + $2)): $(log_since | grep ' sector ')"
}

# found END WHAT: the line of this end, if it is ours, says what
found() {
	local half=$INITIATOR
	[ "$1" = initiator ] || half=$TARGET
	[ "$half" != ours ] ||
		log_has "$1, .* protection information: wrong $2 in block 2 " ||
		fail "the $1 has not found a wrong $2"
}

# bad_write HOP MASK END WHAT ASCQ: fails; if the target has found it, the disk keeps what
# it had. A guard that the initiator's adapter makes from another kind is right.
bad_write() {
	note "write, $1, $2"
	pattern $dir/new 4096
	spoil "$1" "$2"
	must_fail "a write that is wrong at $1 ($2) is taken" put $dir/new
	injected "pi-$1" || fail "$1 was not met"
	found "$3" "$4"
	sense "$3" "$5" "$(write_good "$3")"
	[ "$3" = target ] || put $dir/old
	get $dir/now || fail "the disk can't be read: $(cat $dir/said)"
	cmp $dir/old $dir/now || fail "a write that is wrong at $1 ($2) is on the disk"
}

# write_good END: blocks of a wrong write that are taken for written: those before it by
# the kernel's own halves
write_good() {
	case $1/$INITIATOR/$TARGET in
	initiator/ours/* | target/*/ours) echo 0 ;;
	*) echo 2 ;;
	esac
}

# bad_read HOP MASK END WHAT ASCQ: fails. What the target has found, the initiator's adapter
# has met as well, and what that has found comes first.
bad_read() {
	note "read, $1, $2"
	spoil "$1" "$2"
	must_fail "a read that is wrong at $1 ($2) is taken" get $dir/now
	injected "pi-$1" || fail "$1 was not met"
	found "$3" "$4"
	sense initiator "$5" 2
	get $dir/now || fail "the disk can't be read: $(cat $dir/said)"
	cmp $dir/old $dir/now || fail 'the disk has changed'
}

pi_target t1 1 512 1
session_up
pi_host on
pattern $dir/old 4096
put $dir/old
for mask in 1 8 4; do
	case $mask in
	4) what='reference tag' ascq=3 ;;
	*) what=guard ascq=1 ;;
	esac
	# The initiator's adapter checks its memory, the target's the wire.
	bad_write responder $mask initiator "$what" $ascq
	bad_write wire $mask target "$what" $ascq
	# And the other way for a read.
	bad_read requester $mask target "$what" $ascq
	bad_read wire $mask initiator "$what" $ascq

	# Behind the last adapter the kernel checks, and at the target LIO's ramdisk.
	note "read, responder, $mask"
	spoil responder $mask
	must_fail "a read that is wrong in memory ($mask) is taken" get $dir/now
	injected pi-responder || fail 'it was not met'
	note "write, requester, $mask"
	spoil requester $mask
	must_fail "a write that is wrong in LIO's memory ($mask) is taken" put $dir/new
	injected pi-requester || fail 'it was not met'
	sense target $ascq 2
	get $dir/now || fail "the disk can't be read: $(cat $dir/said)"
	cmp $dir/old $dir/now || fail "a write that is wrong in LIO's memory ($mask) is on the disk"
done

# The application's tag is nobody's to check, neither LIO's nor the kernel's.
for hop in responder wire requester; do
	note "application tag, $hop"
	spoil $hop 2
	put $dir/old || fail "a write fails for its application tag at $hop"
	injected pi-$hop || fail "$hop was not met"
	spoil $hop 2
	get $dir/now || fail "a read fails for its application tag at $hop"
	injected pi-$hop || fail "$hop was not met"
	cmp $dir/old $dir/now || fail 'the disk has changed'
done
logout
case_down

# Type 3 has no reference tag that could be checked.
mkdir -p $dir
pattern $dir/old 4096
pattern $dir/new 4096
pi_target t1 3 512 1
session_up
pi_host on
put $dir/old
bad_write wire 1 target guard 1
bad_read wire 1 initiator guard 1
spoil wire 4
put $dir/old || fail 'a reference tag of type 3 is checked'
injected pi-wire || fail 'it was not met'
logout
