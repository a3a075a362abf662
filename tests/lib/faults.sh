# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Makes allocations fail that one of our modules requests, itself or through functions
# that it calls. Only the debug kernel supports this.

# faults_on MODULE PERCENT
faults_on() {
	local start kind dir
	start=$(cat "/sys/module/$1/sections/.text")
	for kind in failslab fail_page_alloc; do
		dir=/sys/kernel/debug/$kind
		[ -w $dir/require-start ] || skip 'this kernel fails no allocations on request'
		fault_set $kind require-start "$start"
		fault_set $kind require-end "$(printf '%#x' $((start + $(module_size "$1"))))"
		fault_set $kind stacktrace-depth 32
		fault_set $kind ignore-gfp-wait N
		fault_set $kind verbose 0
		fault_set $kind times -1
		fault_set $kind probability "$2"
	done
	fault_set fail_page_alloc min-order 0
	fault_set failslab cache-filter N
	on_exit faults_off
}

faults_off() {
	local kind
	for kind in failslab fail_page_alloc; do
		[ ! -d /sys/kernel/debug/$kind ] || fault_set $kind probability 0
	done
}

fault_set() { # KIND NAME VALUE
	echo "$3" >"/sys/kernel/debug/$1/$2"
}

module_size() {
	awk -v name="$1" '$1 == name {print $2}' /proc/modules
}

# need_fault NAME: skips the case if this is not the test build of our modules
need_fault() {
	modprobe iser_core
	[ -e "/sys/module/iser_core/parameters/fault_$1" ] ||
		skip 'only the test build of our modules does it: --faults'
}

# fault NAME VALUE: sets it until the case ends
fault() {
	local file=/sys/module/iser_core/parameters/fault_$1
	need_fault "$1"
	echo "$2" >"$file"
	on_exit "echo 0 >$file"
}

# mapped: how many DMA mappings all connections of the test build have
mapped() {
	cat /sys/module/iser_core/parameters/fault_maps
}

# unmapped: whether there is none
unmapped() {
	[ "$(mapped)" = 0 ]
}
