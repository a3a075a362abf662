#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="the kernel's own pair carries protection information of type 1 and 3 and finds what is spoilt on the wire"
TIMEOUT=240
. "$(dirname "$0")/../../lib.sh"

[ "$INITIATOR/$TARGET" = kernel/kernel ] || skip "a control: only for the kernel's own pair"
need_pi
pi_modules Y
pi_count_begin

# transfer READ-OR-WRITE...: one block of DEVICE, by dd
transfer() {
	dd bs=4k count=1 status=none "$@" 2>>/tmp/iser-case/dd
}

for type in 1 3; do
	pi_target t$type $type 512 1
	session_up t$type
	note "$(grep -H . /sys/block/"${DEVICE##*/}"/integrity/*)"
	same 'type of protection' "$(pi_disk type)" $type
	grep -q "T10-DIF-TYPE$type" "/sys/block/${DEVICE##*/}/integrity/format" ||
		fail 'the disk has no such integrity'
	registrations=$(pi_count registrations)
	verify_io "$DEVICE" 4M
	[ "$(pi_count registrations)" -gt $((registrations + 100)) ] ||
		fail "only $(pi_count registrations) registrations, $registrations before"
	[ "$(pi_count pass)" -gt 0 ] || fail 'no block has passed with its protection'
	pi_clean
	# The third block of eight; both ends divide what the adapter tells.
	mark_log
	place_set pi-wire 3 1
	must_fail 'a read with a wrong guard succeeds' transfer if="$DEVICE" of=/dev/null iflag=direct
	injected pi-wire || fail 'nothing was spoilt'
	log_has 'iser: .*PI error found type 0 at sector 2 ' || fail 'the initiator finds no error'
	mark_log
	place_set pi-wire 3 1
	must_fail 'a write with a wrong guard succeeds' transfer if=/dev/zero of="$DEVICE" oflag=direct
	injected pi-wire || fail 'nothing was spoilt'
	log_has 'isert: .*PI error found type 0 at sector 0x2 ' || fail 'the target finds no error'
	echo none >"$adapter_debug/faults"
	note "$(cat "$adapter_debug/pi")"
	transfer if=/dev/zero of="$DEVICE" oflag=direct || fail 'a good write fails'
	transfer if="$DEVICE" of=/dev/null iflag=direct || fail 'a good read fails'
	logout t$type
	pi_count_begin
done
