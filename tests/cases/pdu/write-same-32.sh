#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a CDB of 32 bytes, in an AHS: WRITE SAME(32) is done, an unknown one refused"
SHOWS="R-6.8-2 R-7.3-1"
QUICK=1
KERNEL_INITIATOR_FAILS="takes CDBs of up to 16 bytes"
. "$(dirname "$0")/../../lib.sh"

# A ramdisk does not support WRITE SAME, a file does.
target_new t1
store=$(backstore_file t1 16)
target_lun t1 0 "$store"
target_portal t1
target_on t1
session_up
pattern /tmp/iser-case/was 32768
dd if=/tmp/iser-case/was of="$DEVICE" bs=32k count=1 oflag=direct status=none
# The sixteen blocks from block 8 on become copies of the block sent, filled with 0x5a.
cp /tmp/iser-case/was /tmp/iser-case/wanted
head -c 8192 /dev/zero | tr '\0' Z |
	dd of=/tmp/iser-case/wanted bs=512 seek=8 conv=notrunc status=none
same_32() { # LBA BLOCKS, a byte each
	scsi w 512 7f 00 00 00 00 00 00 18 "${3:-00}" 0d 00 00 \
		00 00 00 00 00 00 00 "$1" 00 00 00 00 00 00 00 00 00 00 00 "$2"
}
same_32 08 10
answered status=00
dd if="$DEVICE" of=/tmp/iser-case/is bs=32k count=1 iflag=direct status=none
cmp /tmp/iser-case/is /tmp/iser-case/wanted || fail 'not these blocks, or not this data'
# First a block past the end of the file of 16 MiB, then an unknown service action.
scsi w 512 7f 00 00 00 00 00 00 18 00 0d 00 00 \
	00 00 00 00 7f ff ff ff 00 00 00 00 00 00 00 00 00 00 00 01
answered status=02 key=5 asc=2100
same_32 08 10 77
answered status=02 key=5 asc=2000
sweep "$DEVICE" '4096 65536'
logout
