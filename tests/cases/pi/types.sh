#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="protection information of types 1 and 3, in blocks of 512 and 4096 bytes, from the host's memory and from the adapter's"
TIMEOUT=240
. "$(dirname "$0")/../../lib.sh"

need_pi
pi_modules Y
# disk TYPE BLOCK
disk() {
	note "type $1, blocks of $2 bytes"
	pi_target t1 "$1" "$2" 1
	session_up
	same 'type of protection' "$(pi_disk type)" "$1"
	same 'mode of protection' "$(pi_disk mode)" "dix$1"

	# Memory and wire have tuples at both ends. The kernel has those of less than 32
	# KiB of long blocks side by side in one line of the cache, which lists of DMA
	# mappings report.
	pi_host on
	pi_count_begin
	verify_io "$DEVICE" 2M --bsrange=32k-512k
	[ "$2" = 4096 ] || sweep "$DEVICE" '512 4096 65536 524288'
	pi_counted pass checked registrations
	pi_clean strip insert

	# The initiator's adapter adds and removes them.
	pi_host off
	pi_count_begin
	verify_io "$DEVICE" 2M
	pi_counted insert strip checked
	pi_clean
	logout
	case_down
}
disk 1 512
disk 3 512
disk 1 4096
disk 3 4096
