#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: tests/vm/boot.sh --out DIR [--kernel 6.1|6.12|newest] [--modules OVERLAY] [--smp N]
#            [--mem SIZE] [--timeout SECONDS] [--net QEMU-NETDEV] [--mac XX] [--dump FILE]
#            [--monitor SOCKET] [--set NAME=VALUE]... [--count PLUGIN] [--dma iommu|swiotlb]
#
# Boots one machine that runs DIR/job as root, prints what the job prints as it comes, and
# waits until the machine ends. It sees DIR as /host/out, also ISER_OUT, and the tree,
# read-only, as /host/tree. OVERLAY, which tests/vm/overlay.sh prints, is laid over its
# /lib/modules/<release>. DIR then has ktap, log, dmesg, console and status.
# Exit code: that of the job; 124 when the time was up; 125 when the machine died before
# the job ended. A caller gives the machine up by making a file DIR/end: boot.sh ends it
# within half a minute. With --count the machine is emulated with one CPU whose clock
# counts its instructions, and a plugin of the emulator writes DIR/counts.* (tests/bench).
# --dma iommu: an IOMMU that translates, strictly, for functions of PCI that a test module
# can take (QEMU's device "edu"); swiotlb: all DMA goes through bounce buffers.
# --monitor: where the emulator takes commands, for one that pulls the cable of the card.
# With --accel alone boot.sh only prints what runs machines here: kvm or tcg.

. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/vm/ends.sh
. "$VM_DIR/ends.sh"

kernel=6.12 smp=2 mem=2G timeout=900 out='' sets=() mac=01 dump='' probe='' count='' dma=''
monitor='' overlay='' bus=()
net=user,restrict=on
while [ $# -gt 0 ]; do
	case $1 in
	--out) out=$2 ;;
	--kernel) kernel=$2 ;;
	--modules) overlay=$2 ;;
	--smp) smp=$2 ;;
	--mem) mem=$2 ;;
	--timeout) timeout=$2 ;;
	--net) net=$2 ;;
	--mac) mac=$2 ;;
	--dump) dump=$2 ;;
	--monitor) monitor=$2 ;;
	--set) sets+=("iser.$2") ;;
	--count) count=$2 smp=1 ;;
	--dma) dma=$2 ;;
	--accel) probe=1; set -- "$@" '' ;;
	-h | --help) usage ;;
	*) die "unknown option '$1', see --help" ;;
	esac
	shift 2
done
[ "$probe" ] || [ -f "$out/job" ] || die "no job in '$out'"

need qemu-system-x86_64=qemu-system-x86
image='' initrd='' modimg='' # the next lines set these
found=$("$VM_DIR/kernel.sh" "$kernel")
eval "$found"
found=$("$VM_DIR/initrd.sh" "$kernel")
eval "$found"

common=(-m "$mem" -nodefaults -no-user-config -display none -no-reboot
	-kernel "$image" -initrd "$initrd")
# panic=-1 with -no-reboot: a panic ends the machine at once.
# no_timer_check: under emulation on a busy host the check itself fails.
# log_buf_len: the lines of a case must stay in the log until the case has ended.
# norandmaps: with random addresses the emulator translates a program again at each start,
# which makes starts three to five times as long, and cases mostly start programs.
append="console=ttyS0 loglevel=5 panic=-1 oops=panic mitigations=off no_timer_check log_buf_len=16M norandmaps"

# LIO of the oldest kernels gives a login's text a buffer without a spare byte. Red zones, which
# are looked at when a buffer is freed, show a write past its end.
case $kernel in oldest-*) append+=" slub_debug=Z" ;; esac

# accel: KVM if it really runs this kernel, else emulation. That the device file can be
# opened proves nothing, so accel boots a kernel, once for each boot of the host.
accel() {
	local mark said=''
	case ${ISER_ACCEL:-} in
	kvm) echo "-accel kvm -cpu host"; return ;;
	# Without CMPXCHG16B, which the kernel's slab allocator uses all the time: QEMU 7.2
	# computes wrong flags after it, and now and then a machine dies of a debug trap
	# (findings/qemu-cmpxchg16b.sh).
	tcg) echo "-accel tcg,thread=multi -cpu Nehalem,-cx16"; return ;;
	esac
	mark=$CACHE/accel/$(cat /proc/sys/kernel/random/boot_id - <<<"$image" | hash_of)
	mkdir -p "$CACHE/accel"
	if [ ! -s "$mark" ]; then
		[ ! -w /dev/kvm ] || said=$(timeout 20 qemu-system-x86_64 -accel kvm -cpu host "${common[@]}" \
			-serial stdio -append "$append iser.probe" </dev/null 2>&1) || true
		case $said in
		*iser-probe-ok*) echo kvm >"$mark" ;;
		*) echo tcg >"$mark" ;;
		esac
		say "virtual machines: $(cat "$mark") ($([ "$(cat "$mark")" = kvm ] &&
			echo hardware || echo 'emulation, slower, since KVM does not run here'))"
	fi
	ISER_ACCEL=$(cat "$mark") accel
}

random=(-device virtio-rng-pci)
if [ "$count" ]; then
	# Without erms, because a copy would count as one instruction for each byte.
	# Nothing random from outside makes one run differ from another.
	accel=(-accel "tcg,thread=single" -icount "shift=0,sleep=off" -cpu "max,-erms,-cx16" -seed 1
		-rtc "base=2026-01-01,clock=vm" -plugin "file=$count,out=$out/counts")
	append+=" nokaslr tsc=reliable"
	random=()
else
	read -ra accel <<<"$(accel)"
fi
if [ "$probe" ]; then
	echo "${accel[1]%%,*}"
	exit
fi
case $dma in
'') ;;
iommu)
	# One for each RDMA device that a case has at a time.
	bus=(-machine q35 -device intel-iommu -device edu -device edu -device edu -device edu)
	append+=" intel_iommu=on iommu.strict=1" ;;
swiotlb) append+=" intel_iommu=off swiotlb=force" ;;
*) die "--dma is iommu or swiotlb" ;;
esac
root=$("$VM_DIR/root.sh")
netdev=(-netdev "$net,id=n0" -device "virtio-net-pci,netdev=n0,mac=52:54:00:00:00:$mac")
[ -z "$monitor" ] || netdev+=(-monitor "unix:$monitor,server=on,wait=off")
[ -z "$dump" ] || netdev+=(-object "filter-dump,id=d0,netdev=n0,file=$dump")

qemu=''
# shellcheck disable=SC2317 # the trap calls it
finish() {
	[ -z "$qemu" ] || kill "$qemu" 2>/dev/null || true
	rm -rf "$out/modules"
}
trap finish EXIT
rm -rf "$out/modules"
[ -z "$overlay" ] || cp -r "$overlay" "$out/modules"

# life: boots the machine once and waits for its end; sets code
life() {
	local i show
	rm -f "$out/status" "$out/up" "$out/end"
	: >"$out/ktap"
	qemu-system-x86_64 "${accel[@]}" "${common[@]}" "${bus[@]}" -smp "$smp" -serial "file:$out/console" \
		-drive "file=$root,format=raw,if=virtio,readonly=on" \
		-drive "file=$modimg,format=raw,if=virtio,readonly=on" \
		-virtfs "local,path=$TREE,mount_tag=tree,security_model=none,readonly=on" \
		-virtfs "local,path=$out,mount_tag=out,security_model=none" \
		"${random[@]}" "${netdev[@]}" \
		-append "$append ${sets[*]}" </dev/null >"$out/qemu.log" 2>&1 &
	qemu=$!
	tail -n +1 -s 0.3 -f --pid=$qemu "$out/ktap" &
	show=$!
	machine_wait $qemu "$out" "$timeout"
	if [ -s "$out/status" ]; then
		code=$(cat "$out/status")
	elif kill -0 $qemu 2>/dev/null; then
		code=124
	else
		code=125
	fi
	kill $qemu 2>/dev/null || true
	# An emulator that hangs ignores SIGTERM.
	for ((i = 0; i < 25; i++)); do
		kill -0 $qemu 2>/dev/null || break
		sleep 0.2
	done
	kill -KILL $qemu 2>/dev/null || true
	wait $qemu 2>/dev/null || true
	qemu=''
	# Only now has it printed everything. It fails if the reader is gone.
	wait $show || true
}

life
# If the kernel does not come up at all, which emulation under load can cause, this says
# nothing about the job, so the machine gets a second attempt.
if [ "$code" -ge 124 ] && [ ! -e "$out/up" ] && [ ! -e "$out/end" ]; then
	say "the machine did not come up, trying once more"
	mv "$out/console" "$out/console.first"
	life
fi
exit "$code"
