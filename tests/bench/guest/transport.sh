# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Provides one disk over each of the four transports, of the same size and in this
# machine's memory. Sourced after tests/lib.sh. At most one is up at a time.

disk_mib=64
nvmet=/sys/kernel/config/nvmet
# shellcheck disable=SC2154 # tests/lib/target.sh sets it
nvme_name=$iqn_prefix:nvme

# pair_load ours|kernel: loads this pair of modules and no other
pair_load() {
	local dir m
	# Read by own_module of tests/lib.
	# shellcheck disable=SC2034
	INITIATOR=$1 TARGET=$1
	case $1/$(cat /sys/module/ib_iser/taint 2>/dev/null || echo none) in
	ours/*O* | kernel/) [ ! -d /sys/module/ib_isert ] || return 0 ;;
	esac
	modules_down >&2 || fail "the modules that were loaded do not go"
	if [ "$1" = ours ]; then
		modprobe -a ib_iser ib_isert
		return
	fi
	# modprobe would find ours instead of the kernel's.
	modprobe -a rdma_cm libiscsi scsi_transport_iscsi target_core_mod iscsi_target_mod
	dir=/lib/modules/$(uname -r)/kernel/drivers/infiniband/ulp
	for m in "$dir"/iser/ib_iser.ko* "$dir"/isert/ib_isert.ko*; do
		insmod "$m" || fail "insmod $m"
	done
}

# symbols [ROUND.TRANSPORT]: writes the symbols of the kernel, or with an argument those
# of the modules, whose addresses change. The counter needs the complete file of the
# kernel before the measured modules are loaded.
symbols() {
	case ${1:-} in
	'') grep -v '\[' ;;
	*) grep '\[' ;;
	esac </proc/kallsyms >/tmp/symbols
	cp /tmp/symbols /host/out/symbols.new
	mv /host/out/symbols.new "/host/out/symbols${1:+.$1}"
}

# disks: the disks of all sessions and LUNs whose size is known
disks() {
	local block
	for block in /sys/class/iscsi_session/session*/device/target*/*/block/*; do
		[ ! -e "$block/size" ] || [ "$(<"$block/size")" = 0 ] || echo "/dev/${block##*/}"
	done
}

sessions_are() {
	[ "$(disks | wc -l)" = "$1" ]
}

# disk_up TRANSPORT: sets DISK. With ours-N and kernel-N there are N sessions, and DISK is
# a list of their disks in the form that fio takes.
disk_up() {
	case $1 in
	ours-* | kernel-*)
		pair_load "${1%-*}"
		target_up bench $disk_mib
		node_new bench
		node_set bench node.session.nr_sessions "${1#*-}"
		login bench
		wait_for 20 "${1#*-} disks" sessions_are "${1#*-}"
		DISK=$(disks | paste -sd:) ;;
	ours | kernel)
		pair_load "$1"
		target_up bench $disk_mib
		session_up bench
		DISK=$DEVICE ;;
	tcp)
		tcp_up
		login bench
		device bench
		DISK=$DEVICE ;;
	nvme) nvme_up ;;
	*) fail "no transport $1" ;;
	esac >&2
	unscheduled "${DISK//:/ }"
}

# unscheduled DISKS: switches their I/O schedulers off
unscheduled() {
	local d
	for d in $1; do
		# The disk of NVMe's multipath has no scheduler.
		[ ! -e "/sys/block/${d##*/}/queue/scheduler" ] ||
			echo none >"/sys/block/${d##*/}/queue/scheduler"
	done
}

# tcp_up: makes a target and a node, without a session
tcp_up() {
	pair_load ours
	modprobe iscsi_tcp
	target_new bench
	target_lun bench 0 "$(backstore_ram bench $disk_mib)"
	target_portal bench "$IP" tcp
	target_on bench
	initiator_up
	node bench -o new -I default >/dev/null
}

disk_down() {
	case $1 in
	nvme) nvme disconnect -n "$nvme_name" ;;
	*) logout bench && targets_down && backstores_down ;;
	esac >&2 || fail "$1 does not go"
}

# The NVMe target stays, because a listener costs nothing.
nvme_up() {
	modprobe -a nvmet_rdma nvme_rdma
	[ -d $nvmet/ports/1 ] || nvme_target
	# One I/O queue, like a session of iSCSI.
	nvme connect -t rdma -a "$IP" -s 4420 -n "$nvme_name" -i 1 -Q 64
	wait_for 10 'the NVMe disk' nvme_disk
}

nvme_target() {
	modprobe brd rd_nr=1 rd_size=$((disk_mib << 10))
	# brd allocates its pages when they are first written.
	dd if=/dev/urandom of=/dev/ram0 bs=1M count=$disk_mib oflag=direct status=none
	mkdir $nvmet/ports/1 $nvmet/subsystems/"$nvme_name" \
		$nvmet/subsystems/"$nvme_name"/namespaces/1
	echo rdma >$nvmet/ports/1/addr_trtype
	echo ipv4 >$nvmet/ports/1/addr_adrfam
	echo "$IP" >$nvmet/ports/1/addr_traddr
	echo 4420 >$nvmet/ports/1/addr_trsvcid
	echo 1 >$nvmet/subsystems/"$nvme_name"/attr_allow_any_host
	echo /dev/ram0 >$nvmet/subsystems/"$nvme_name"/namespaces/1/device_path
	echo 1 >$nvmet/subsystems/"$nvme_name"/namespaces/1/enable
	ln -s $nvmet/subsystems/"$nvme_name" $nvmet/ports/1/subsystems/
}

nvme_disk() {
	local d
	for d in /sys/class/nvme-subsystem/*/nvme*n1; do
		[ -b "/dev/${d##*/}" ] || continue
		grep -qx "$nvme_name" "${d%/*}/subsysnqn" || continue
		DISK=/dev/${d##*/}
		return 0
	done
	return 1
}

# Workloads are written RW:SIZE:DEPTH:N, as randread:4k:1:500.

# io SECONDS WORKLOAD OPTION...: fio
io() {
	local seconds=$1 rw bs depth
	IFS=: read -r rw bs depth _ <<<"$2"
	shift 2
	fio --name=bench --filename="$DISK" --ioengine=libaio --direct=1 --thread \
		--rw="$rw" --bs="$bs" --iodepth="$depth" --size=$((disk_mib * 3 / 4))m \
		--norandommap --randrepeat=1 --time_based --runtime="${seconds}s" "$@"
}
