# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Machines of User-Mode Linux, which use the root file system and the packages of the host.
# "uml" has a debug kernel, "uml-plain" one without debug options, which builds and boots
# faster. The functions are those of tests/vm/qemu.sh. ISER_UML_KERNEL: a finished kernel
# directory, as tests/vm/uml/kernel prints it.
# shellcheck disable=SC2034,SC2154 # variables of the caller

machine_settle() {
	[ "$kernel" = 6.12 ] || die "User-Mode Linux has kernel 6.12 only"
	case $provider in *,*) die "User-Mode Linux has no IOMMU and no bounce buffers" ;; esac
	[ "${smp:-1}" = 1 ] || die "User-Mode Linux has one CPU"
	variant=debug has=debug
	[ "$machine" = uml ] || variant=plain has=''
	label=uml-$variant timeout=${timeout:-3600} silence=600
	# A debug kernel that has reported something has to be replaced, maybe after each case.
	most=1000
}

machine_prepare() {
	"$TREE/scripts/packages.sh"
	built=${ISER_UML_KERNEL:-$("$VM_DIR/uml/kernel" "$variant")}
	modules=$1/modules
	adapter_wanted
	"$VM_DIR/uml/modules" "$built" "$modules" "$initiator" "$target" ${faults:+"$faults"} >&2
	slow=1
	[ "$variant" = plain ] || slow=4
}

machine_boot() {
	exec "$VM_DIR/uml/boot" "$built" "$modules" "$1" "$timeout"
}
