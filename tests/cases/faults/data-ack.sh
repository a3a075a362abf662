#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="at level 2 an acknowledgement after each burst but the last, and the data compare"
NEEDS=faults
SHOWS="R-7.3.5-6 R-7.3.5-7 D-6-4 D-8.8-1 D-9.4-1 D-9.4-2"
. "$(dirname "$0")/../../lib.sh"

need_fault ack_by_read
# If siw is sending when a Read of no bytes arrives, its answer has the length of what it
# last sent, and the reader ends the connection: a matter of chance.
[ "$PROVIDER" != siw ] || skip 'siw may answer a Read of no bytes with bytes'
target_up
acks_watch
keys t1 Yes Yes 65536 65536
# read_acks: sets ACKS to the number of data acknowledgements of a read of 256 KiB
read_acks() {
	mark_log
	dd if="$DEVICE" of=/tmp/iser-case/is bs=256k count=1 iflag=direct status=none
	cmp /tmp/iser-case/is /tmp/iser-case/was || fail 'the data do not compare'
	ACKS=$(acks_counted)
}
session_up
pattern /tmp/iser-case/was 262144
dd if=/tmp/iser-case/was of="$DEVICE" bs=256k count=1 oflag=direct status=none
read_acks
same 'acknowledgements at level 0' "$ACKS" 0
logout
# As if the session had agreed on level 2, which this target does not offer yet.
fault ack_by_read 1
login
device
read_acks
same 'acknowledgements of four bursts' "$ACKS" 3
log_has 'DataSN 0 are ack' || fail 'no word of the first burst'
log_has 'DataSN 2 are ack' || fail 'no word of the last but one'
acks_unwatch
verify_io "$DEVICE" 8M
logout
