# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Targets, made through configfs, because targetcli takes seconds for each call. NAME is
# the short name of a target; its IQN has a prefix by which clean-up finds it.

config=/sys/kernel/config/target
iqn_prefix=iqn.2026-01.org.example.iser

iqn() {
	echo "$iqn_prefix:$1"
}

tpg() {
	echo "$config/iscsi/$iqn_prefix:$1/tpgt_1"
}

target_modules() {
	[ ! -d $config/iscsi ] || [ ! -d /sys/module/ib_isert ] || return 0
	modprobe target_core_mod
	modprobe iscsi_target_mod
	modprobe ib_isert || fail 'modprobe ib_isert'
	own_module ib_isert "$TARGET"
	mkdir -p $config/iscsi
	mkdir -p /var/target/pr /var/target/alua /etc/target/pr
}

# own_module NAME ours|kernel: fails unless this one of the two is loaded
own_module() {
	local out=no
	case $(cat "/sys/module/$1/taint") in *O*) out=yes ;; esac
	case $2/$out in
	ours/yes | kernel/no) ;;
	ours/no) fail "the kernel's own $1 is loaded, not ours" ;;
	*) fail "our $1 is loaded, not the kernel's own" ;;
	esac
}

# target_new NAME: a target that any initiator may log in to and write to, without CHAP
target_new() {
	local t
	target_modules
	t=$(tpg "$1")
	mkdir -p "$t"
	echo 0 >"$t/attrib/authentication"
	echo 1 >"$t/attrib/generate_node_acls"
	echo 1 >"$t/attrib/cache_dynamic_acls"
	echo 0 >"$t/attrib/demo_mode_write_protect"
}

# target_portal NAME [ADDRESS [iser|tcp [PORT]]]
target_portal() {
	local np
	np=$(tpg "$1")/np/$(bracket "${2:-$IP}"):${4:-$PORT}
	if [ "$PROVIDER" = siw ] && [ "${3:-iser}" = iser ]; then
		# On siw LIO's own TCP listener would occupy the address. It is made
		# in a network namespace that exists only for this command.
		unshare -n mkdir "$np"
	else
		mkdir "$np"
	fi
	[ "${3:-iser}" = tcp ] || echo 1 >"$np/iser"
}

# An IPv6 address has brackets when a port follows.
bracket() {
	case $1 in
	*:*:*) echo "[$1]" ;;
	*) echo "$1" ;;
	esac
}

# target_parameter NAME VALUE: sets it in our module until the case ends
target_parameter() {
	local file=/sys/module/ib_isert/parameters/$1
	target_modules
	on_exit "echo $(cat "$file") >$file"
	echo "$2" >"$file"
}

# target_receives N: sets the receive depth of later portals; the kernel's is fixed
target_receives() {
	target_modules
	[ ! -e /sys/module/ib_isert/parameters/recv_depth ] || target_parameter recv_depth "$1"
}

target_lun() { # NAME LUN BACKSTORE-DIRECTORY
	mkdir -p "$(tpg "$1")/lun/lun_$2"
	ln -s "$3" "$(tpg "$1")/lun/lun_$2/store"
}

target_set() { # NAME attrib|param|auth KEY VALUE
	echo "$4" >"$(tpg "$1")/$2/$3"
}

target_on() {
	echo 1 >"$(tpg "$1")/enable"
}

target_off() {
	echo 0 >"$(tpg "$1")/enable"
}

# target_with NAME STORE: gives a target this disk and one iSER portal, and enables it
target_with() {
	target_lun "$1" 0 "$2"
	target_portal "$1"
	target_on "$1"
}

# target_up [NAME [MIB]]: an enabled target with a ramdisk and one iSER portal
target_up() {
	local name=${1:-t1} store
	target_new "$name"
	store=$(backstore_ram "$name" "${2:-64}")
	target_with "$name" "$store"
}

# These print the directory of the backstore. A number makes each host adapter unique.
backstore_new() { # KIND NAME CONTROL
	local n=0 dir
	while ! mkdir "$config/core/$1_$n" 2>/dev/null; do
		n=$((n + 1))
		[ $n -lt 64 ] || fail "no room for a backstore ($1)"
	done
	dir=$config/core/$1_$n/iser-$2
	mkdir "$dir"
	echo "$3" >"$dir/control"
	echo "iser-$2" >"$dir/wwn/vpd_unit_serial"
	echo 1 >"$dir/enable"
	echo "$dir"
}

backstore_ram() { # NAME MIB
	target_modules >&2
	backstore_new rd_mcp "$1" "rd_pages=$(($2 * 256))"
}

backstore_file() { # NAME MIB
	target_modules >&2
	modprobe target_core_file
	truncate -s "$2M" "/tmp/iser-case/$1"
	backstore_new fileio "$1" \
		"fd_dev_name=/tmp/iser-case/$1,fd_dev_size=$(($2 << 20))"
}

backstore_block() { # NAME MIB: a loop device
	local loop
	target_modules >&2
	modprobe target_core_iblock
	modprobe -q loop || true
	truncate -s "$2M" "/tmp/iser-case/$1"
	loop=$(losetup -f --show "/tmp/iser-case/$1")
	backstore_new iblock "$1" "udev_path=$loop"
}

# acl_new NAME INITIATOR: makes its ACL with LUN 0; sets ACL to the folder
acl_new() {
	ACL=$(tpg "$1")/acls/$2
	mkdir -p "$ACL/lun_0"
	ln -s "$(tpg "$1")/lun/lun_0" "$ACL/lun_0/link"
}

# acl_pings SECONDS: sets nopin_timeout of that ACL, with 3 s for the answer
acl_pings() {
	echo "$1" >"$ACL/attrib/nopin_timeout"
	echo 3 >"$ACL/attrib/nopin_response_timeout"
}

# target_sessions NAME: the names of the initiators that are logged in
target_sessions() {
	local t acl
	t=$(tpg "$1")
	tr -d '\000' <"$t/dynamic_sessions"
	for acl in "$t"/acls/*; do
		[ -e "$acl/info" ] || continue
		grep -q '^No active' "$acl/info" || basename "$acl"
	done
}

target_idle() {
	[ -z "$(target_sessions "$1")" ]
}

targets_down() {
	local dir name rc=0 store
	for dir in "$config/iscsi/$iqn_prefix":*; do
		[ -d "$dir" ] || continue
		name=${dir##*:}
		# Disabling a portal group would end a session that is still closing.
		# Cases that test this do it themselves; here the session may finish.
		if ! soon 20 target_idle "$name"; then
			echo "the target $name still has a session"
			rc=1
		fi
		echo 0 >"$dir/tpgt_1/enable" || true
		find "$dir/tpgt_1" -type l -delete
		for store in "$dir"/tpgt_1/acls/*/lun_* "$dir"/tpgt_1/acls/* \
			"$dir"/tpgt_1/lun/lun_* "$dir"/tpgt_1/np/* \
			"$dir/tpgt_1" "$dir"; do
			[ ! -d "$store" ] || rmdir "$store" || rc=1
		done
	done
	return $rc
}

backstores_down() {
	local store rc=0
	for store in "$config"/core/*/iser-*; do
		[ -d "$store" ] || continue
		rmdir "$store" || rc=1
	done
	for store in "$config"/core/*; do
		case $store in
		*/rd_mcp_* | */fileio_* | */iblock_*) rmdir "$store" 2>/dev/null ;;
		esac
	done
	losetup -l -n -O NAME,BACK-FILE 2>/dev/null | awk '$2 ~ "/tmp/iser-case/" {print $1}' |
		while read -r store; do losetup -d "$store"; done
	for store in /sys/kernel/config/nullb/iser-*; do
		[ ! -d "$store" ] || rmdir "$store" || rc=1
	done
	rm -rf /tmp/iser-case/*
	return $rc
}

# backstore_slow NAME MIB MILLISECONDS [DEPTH]: each command takes this long; the disk
# executes DEPTH of them at a time
backstore_slow() {
	local null=/sys/kernel/config/nullb/iser-$1 disk
	target_modules >&2
	modprobe target_core_iblock
	modprobe -q null_blk nr_devices=0 || return 4
	mkdir "$null" || return 4
	echo "$2" >"$null/size"
	echo 1 >"$null/memory_backed"
	echo 2 >"$null/irqmode"
	echo $(($3 * 1000000)) >"$null/completion_nsec"
	[ -z "${4:-}" ] || echo "$4" >"$null/hw_queue_depth"
	echo 1 >"$null/power"
	disk=/dev/iser-$1
	[ -b "$disk" ] || disk=/dev/nullb$(cat "$null/index")
	# null_blk itself gives a command up after 5 s.
	[ ! -w "/sys/block/${disk##*/}/queue/io_timeout" ] ||
		echo 30000 >"/sys/block/${disk##*/}/queue/io_timeout"
	# An I/O scheduler would accept more commands than the queue holds.
	[ -z "${4:-}" ] || echo none >"/sys/block/${disk##*/}/queue/scheduler"
	backstore_new iblock "$1" "udev_path=$disk"
}

# target_slow NAME MIB MILLISECONDS: target_with such a disk; skips the case where there is
# none
target_slow() {
	local store
	store=$(backstore_slow "$@") || skip 'this kernel has no null_blk'
	target_with "$1" "$store"
}
