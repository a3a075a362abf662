# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Machines of QEMU with Debian's kernel. tests/vm/run and tests/vm/machine source this file
# or tests/vm/uml.sh, which has the same functions. These use what the caller has parsed:
# machine, kernel, provider, initiator, target, faults, smp and timeout, the last two empty
# for the default.
# shellcheck disable=SC2034,SC2154 # variables of the caller

# machine_settle: completes the options, or rejects them. Sets label, for the name of the
# results; has, what tests/run can rely on (ISER_HAS); silence, for how many seconds a
# machine may print nothing while it starts; and most, the machines of one run.
machine_settle() {
	label=qemu-$kernel has=''
	smp=${smp:-2} timeout=${timeout:-1800}
	[ "$smp" = 1 ] || has=cpus
	silence=1200
	# Each takes a minute to start.
	most=8
}

# machine_prepare DIR: makes what a machine needs. What it leaves in DIR/modules is needed
# until the last machine has ended. Sets slow, the factor on all waiting times (ISER_SLOW).
machine_prepare() {
	adapter_wanted
	modules=$("$VM_DIR/overlay.sh" "$kernel" "$initiator" "$target" ${faults:+"$faults"})
	rm -rf "$1/debug"
	[ ! -d "${modules%/*}/debug" ] || cp -r "${modules%/*}/debug" "$1/debug"
	slow=$(slowness "$kernel")
}

# machine_boot DIR: replaces the shell by a machine that runs DIR/job as root, in the tree
# and with DIR as ISER_OUT, and prints what the job prints. Exit code: that of the job; 124
# when the time was up; 125 when the machine died. Leaves console and dmesg in DIR. Whoever
# makes a file DIR/end gives the machine up: it is ended within half a minute.
machine_boot() {
	local dma=()
	case $provider in *,*) dma=(--dma "${provider##*,}") ;; esac
	exec "$VM_DIR/boot.sh" --out "$1" --kernel "$kernel" --modules "$modules" \
		--smp "$smp" --timeout "$timeout" "${dma[@]}"
}
