#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="modules, transport and parameters have the names user space relies on"
QUICK=1
. "$(dirname "$0")/../../lib.sh"

target_modules
initiator_up
[ -d /sys/class/iscsi_transport/iser ] || fail 'no transport iser'

# Scripts read these files: their modes and values are those of the kernel's pair.
same_file() { # MODULE PARAMETER MODE VALUE
	local file=/sys/module/$1/parameters/$2
	[ -e "$file" ] || fail "$1 has no file for its parameter $2"
	same "mode of $1's $2" "$(stat -c %a "$file")" "$3"
	same "$1's $2" "$(cat "$file")" "$4"
}
same_file ib_iser max_lun 444 512
same_file ib_iser max_sectors 644 1024
same_file ib_iser always_register 444 Y
same_file ib_iser pi_enable 444 N
same_file ib_iser debug_level 644 0
same_file ib_isert debug_level 644 0
same_file ib_isert sg_tablesize 644 128
