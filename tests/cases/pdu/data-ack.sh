#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="data_ack_by_read: an acknowledgement after each burst but the last, and the data compare"
SHOWS="R-7.3.5-6 R-7.3.5-7 D-6-4 D-9.4-1 D-9.4-2"
. "$(dirname "$0")/../../lib.sh"

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
same 'acknowledgements without the parameter' "$ACKS" 0
logout
on_exit 'echo N >/sys/module/ib_isert/parameters/data_ack_by_read'
echo Y >/sys/module/ib_isert/parameters/data_ack_by_read
login
device
read_acks
same 'acknowledgements of four bursts' "$ACKS" 3
log_has 'DataSN 0 are ack' || fail 'no word of the first burst'
log_has 'DataSN 2 are ack' || fail 'no word of the last but one'
acks_unwatch
verify_io "$DEVICE" 8M
logout
