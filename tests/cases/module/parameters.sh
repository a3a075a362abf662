#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="parameters: a disk works at their limits, a line refuses what is beyond"
TIMEOUT=120
KERNEL_TARGET_FAILS="it has other parameters"
KERNEL_INITIATOR_FAILS="it has other parameters"
. "$(dirname "$0")/../../lib.sh"

# works INITIATOR-OPTIONS TARGET-OPTIONS
works() {
	note "ib_iser $1; ib_isert $2"
	modules_down || fail 'a module cannot be unloaded'
	# shellcheck disable=SC2086 # options are words
	modprobe ib_iser $1 || fail "ib_iser refuses $1"
	# shellcheck disable=SC2086 # likewise
	modprobe ib_isert $2 || fail "ib_isert refuses $2"
	target_up
	session_up
	verify_io "$DEVICE" 512K
	logout
}

# refused MODULE PARAMETER LIMITS VALUE...
refused() {
	local module=$1 name=$2 limits=$3 value
	shift 3
	for value; do
		mark_log
		must_fail "$module takes $name=$value" modprobe "$module" "$name=$value" 2>/dev/null
		log_has "$module: parameter $name takes $limits, not $value" ||
			fail "no line says why $name=$value is refused"
	done
}

modules_down || fail 'a module cannot be unloaded'
page=$(($(getconf PAGESIZE) / 512))
refused ib_iser max_sectors "$page to 4294967295" 0 1 $((page - 1))
refused ib_iser max_lun '1 to 4294967295' 0
refused ib_iser max_cmds '16 to 4096' 0 1 15 4097
refused ib_iser recv_data '512 to 8192' 0 1 511 8193
refused ib_iser unexpected_pdus '2 to 1024' 0 1 1025
refused ib_isert max_recovery_level '0 to 1' 2
refused ib_isert initial_window '1 to 512' 0 513
refused ib_isert recv_depth '32 to 8192' 0 1 31 8193
refused ib_isert send_depth '32 to 8192' 0 1 31 8193
refused ib_isert shared_depth '0 to 8192' 8193
# iser_core may be loaded already.
modprobe iser_core
for value in 0 5 1537; do
	mark_log
	! echo $value 2>/dev/null >/sys/module/iser_core/parameters/log_lines ||
		fail "iser_core takes log_lines=$value"
	log_has "parameter log_lines takes 6 to 1536, not $value" ||
		fail "no line says why log_lines=$value is refused"
done

# Scripts set these for the kernel's pair.
mark_log
modprobe ib_iser always_register=N debug_level=1 || fail 'ib_iser refuses a parameter that has no effect'
for name in always_register=N debug_level; do
	same "lines about $name" "$(log_count "ib_iser: parameter $name has no effect")" 1
done

works "max_sectors=$page max_lun=1 max_cmds=16 recv_data=512 unexpected_pdus=2" \
	'initial_window=1 recv_depth=32 send_depth=32 shared_depth=0 keep_kib=0'
works 'max_lun=2' 'shared_depth=1 recv_depth=33 send_depth=33'
works 'max_sectors=4294967295 max_lun=4294967295 max_cmds=4096 recv_data=8192 unexpected_pdus=1024' \
	'max_recovery_level=1 initial_window=512 recv_depth=8192 send_depth=8192 shared_depth=8192 keep_kib=4294967295'
