# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Protection information (T10-PI): sessions that carry it, and what the adapter of
# tests/adapter has checked.

# need_pi: skips the case where no device checks protection information
need_pi() {
	[ "$PROVIDER" = adapter ] || skip 'only the adapter of tests/adapter checks protection information'
	case ${PROFILE:-ample} in ample | mlx5) ;; *) skip "profile $PROFILE checks none" ;; esac
	need_places
}

# pi_modules Y|N [OPTION...]: loads both halves anew; the value is ib_iser's pi_enable, and
# the options are its, too. Ours at the target carries it for later portals.
pi_modules() {
	modules_down || fail 'a module cannot be unloaded'
	[ -n "${pi_modules_used:-}" ] || on_exit modules_down
	pi_modules_used=1
	modprobe ib_iser pi_enable="$1" "${@:2}" || fail "ib_iser refuses pi_enable=$*"
	target_modules
	[ "$TARGET" != ours ] || echo Y >/sys/module/ib_isert/parameters/pi_enable
}

# pi_store NAME TYPE BLOCK: a ramdisk with protection information of this type (0: none)
pi_store() {
	local store
	store=$(backstore_ram "$1" 32)
	echo "$3" >"$store/attrib/block_size"
	[ "$2" = 0 ] || echo "$2" >"$store/attrib/pi_prot_type"
	echo "$store"
}

# pi_target NAME TYPE BLOCK T10_PI: a target with such a disk
pi_target() {
	local store
	target_new "$1"
	target_set "$1" attrib t10_pi "$4"
	store=$(pi_store "$1" "$2" "$3")
	target_with "$1" "$store"
}

# pi_no_room BLOCKS...: a READ of so many (hex) that asks for tuples, with room for 512 bytes,
# is refused
pi_no_room() {
	local blocks
	for blocks; do
		scsi r 512 28 20 00 00 00 00 00 00 "$blocks" 00
		answered status=02 key=5 asc=2400
	done
}

# pi_disk NAME: what the kernel says of DEVICE, type or mode of its protection
pi_disk() {
	cat "/sys/class/block/${DEVICE##*/}/device/scsi_disk/"*"/protection_$1"
}

# pi_host on|off: the kernel makes and checks tuples in memory (DIX), or leaves that to
# the adapter
pi_host() {
	local value=1 dir=/sys/class/block/${DEVICE##*/}/integrity
	[ "$1" = on ] || value=0
	echo $value >"$dir/write_generate"
	echo $value >"$dir/read_verify"
}

pi_count_begin() {
	echo 0 >"$adapter_debug/pi"
}

# pi_count NAME: a counter of the adapter
pi_count() {
	awk -v name="$1" '$1 == name {print $2}' "$adapter_debug/pi"
}

# pi_counted NAME...: fails unless each has counted
pi_counted() {
	local name
	for name; do
		[ "$(pi_count "$name")" != 0 ] || fail "the adapters counted no $name: $(tr '\n' ' ' <"$adapter_debug/pi")"
	done
}

# pi_clean NAME...: fails if one of these, or an error, has counted
pi_clean() {
	local name
	for name in guard app ref failed "$@"; do
		same "blocks counted as $name" "$(pi_count "$name")" 0
	done
}
