# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# T10 protection information: disks that have it, and what the adapter of tests/adapter has
# done with it.

# need_pi: skips the case if the RDMA device has no protection information
need_pi() {
	case $PROVIDER/$PROFILE in
	adapter/ | adapter/ample | adapter/mlx5) ;;
	*) skip 'only the adapter of tests/adapter has protection information, as ample or mlx5' ;;
	esac
	on_exit "echo none >$adapter_debug/faults"
	echo 0 >"$adapter_debug/pi"
}

# pi_initiator: loads ib_iser with protection information, until the case ends
pi_initiator() {
	initiator_without
	modprobe ib_iser pi_enable=1 || fail 'modprobe ib_iser pi_enable=1'
	own_module ib_iser "$INITIATOR"
	on_exit initiator_without
}

# Its parameter can't be changed later.
initiator_without() {
	sessions_down
	iscsid_down
	unload ib_iser
}

# pi_target NAME MIB TYPE: like target_up, with protection information of type 1 or 3
pi_target() {
	local store
	target_new "$1"
	target_set "$1" attrib t10_pi 1
	store=$(backstore_ram "$1" "$2")
	# A ramdisk is formatted by this too.
	echo "$3" >"$store/attrib/pi_prot_type"
	target_with "$1" "$store"
}

# pi_count WHAT: one of the adapter's counts
pi_count() {
	awk -v what="$1" '$1 == what {print $2}' "$adapter_debug/pi"
}

# pi_type: the type of protection of DEVICE, as its SCSI disk tells it
pi_type() {
	cat "/sys/class/block/${DEVICE##*/}"/device/scsi_disk/*/protection_type
}

# pi_errors: how many blocks have had an error of each kind
pi_errors() {
	echo "guard $(pi_count guard) app $(pi_count app) ref $(pi_count ref)"
}
