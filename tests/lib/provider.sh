# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The RDMA device that the target portal listens on. Hardware, or a device that already
# exists, is used as it is; otherwise provider_up makes a software device: rxe, siw, or the
# adapter of tests/adapter.

own_netdev=iserdummy0
own_rdma=isertest0
adapter_debug=/sys/kernel/debug/rdma_adapter
NETDEV=${ISER_NETDEV:-$own_netdev}

# Prints the name of the RDMA device of NETDEV.
rdma_device() {
	rdma link show 2>/dev/null |
		sed -n "s|^link \\([^/]*\\)/.* netdev $NETDEV .*|\\1|p" | head -n 1
}

provider_up() {
	if [ ! -e "/sys/class/net/$NETDEV" ]; then
		[ "$NETDEV" = $own_netdev ] || fail "no network device $NETDEV (ISER_NETDEV)"
		ip link add $own_netdev type dummy
	fi
	ip link set "$NETDEV" up
	IP=$(address 4)
	if [ -z "$IP" ]; then
		IP=10.9.0.1
		ip addr add $IP/24 dev "$NETDEV"
	fi
	IP6=$(address 6)
	if [ -z "$IP6" ] && [ -e /proc/sys/net/ipv6 ]; then
		IP6=fd09::1
		ip addr add $IP6/64 dev "$NETDEV" nodad
	fi
	[ ! -e $adapter_debug/rules ] || echo 0 >$adapter_debug/rules
	[ -n "$(rdma_device)" ] || device_add
	maps_before=$(maps_count)
}

# iwarp: whether it is iWARP
iwarp() {
	case $PROVIDER/$PROFILE in siw/* | adapter/iwarp) ;; *) false ;; esac
}

# address 4|6: the first global address of NETDEV
address() {
	ip -o "-$1" addr show dev "$NETDEV" scope global |
		awk '{sub("/.*", "", $4); print $4; exit}'
}

device_add() {
	case $PROVIDER in
	# rxe needs a checksum module that may not be loaded yet.
	rxe) modprobe -q crc32_generic || true; modprobe rdma_rxe ;;
	siw) modprobe siw ;;
	adapter)
		modprobe rdma_adapter
		echo "${PROFILE:-ample}" >/sys/module/rdma_adapter/parameters/profile ;;
	*) fail "no provider $PROVIDER: rxe, siw or adapter" ;;
	esac
	rdma link add $own_rdma type "$PROVIDER" netdev "$NETDEV" ||
		fail "no $PROVIDER device on $NETDEV"
	# A mapping would outlive its end if the IOMMU were not strict.
	[ "${DMA:-}" != iommu ] ||
		[ "$(cat /sys/class/infiniband/$own_rdma/device/iommu_group/type)" = DMA ] ||
		fail "no strict IOMMU translates for $own_rdma"
}

device_del() {
	rdma link delete "$(rdma_device)"
}

# device_unplug: like device_del, but the device of the bus goes too
device_unplug() {
	local bus_device unplug=/sys/module/rdma_adapter/parameters/unplug
	bus_device=$(readlink -f "/sys/class/infiniband/$(rdma_device)/device")
	if [ -e "$bus_device/remove" ]; then
		on_exit 'echo 1 >/sys/bus/pci/rescan'
		echo 1 >"$bus_device/remove"
	else
		on_exit "echo 0 >$unplug"
		echo 1 >$unplug
		device_del
	fi
}

provider_down() {
	rdma link delete $own_rdma 2>/dev/null || true
	ip link delete $own_netdev 2>/dev/null || true
}

# rules_broken: prints the rules of the verbs that were broken since provider_up, also by
# owners of devices that have gone since, if the adapter, which counts this, is in use
rules_broken() {
	awk '$2 > 0' $adapter_debug/rules 2>/dev/null
}

# maps_alive: how many DMA mappings of which length and direction the adapter's devices
# have, a line each, where the kernel lists them (CONFIG_DMA_API_DEBUG). Where it gets
# no memory for its list, which some cases bring about, it gives the list up as it is.
maps_alive() {
	[ "$(cat /sys/kernel/debug/dma-api/disabled 2>/dev/null)" != Y ] || return 0
	sed -n 's/^rdma_adapter .*\( L=[^ ]*\).*\( DMA_[A-Z_]*\) .*/\1\2/p' \
		/sys/kernel/debug/dma-api/dump 2>/dev/null | sort | uniq -c
}

# maps_count: how many of all lengths and directions
maps_count() {
	maps_alive | awk '{n += $1} END {print n + 0}'
}

# maps_even: whether no more are left than provider_up has found. What the kernel needs to
# set up connections has some as long as there is a device.
maps_even() {
	[ "$(maps_count)" -le "${maps_before:-0}" ]
}

# netdev_own_up: NETDEV becomes a dummy device, unless it already is one, for what a network
# card cannot do: lose its carrier on request, or take addresses that nobody else has
netdev_own_up() {
	[ "$NETDEV" != $own_netdev ] || return 0
	modprobe -q dummy || true
	on_exit 'case_down; rdma link delete isertest1; ip link delete $own_netdev'
	ip link add $own_netdev type dummy
	ip link set $own_netdev up
	IP=10.9.1.1 IP6=''
	ip addr add $IP/24 dev $own_netdev
	NETDEV=$own_netdev own_rdma=isertest1
	device_add
}

# link up|down: NETDEV
link() {
	ip link set "$NETDEV" "$1"
}

# carrier on|off: of NETDEV, which has to be a device that can lose it
carrier() {
	ip link set "$NETDEV" carrier "$1"
}

# hole PERCENT: NETDEV silently drops so much of what it sends. While a queueing discipline
# takes the place of another one, Soft-RoCE sees errors, and a queue pair that has one fails:
# that of the connection manager for good (Documentation/peers.md). So a case begins with
# hole 0, and later only the number changes.
hole() {
	tc qdisc replace dev "$NETDEV" root netem loss "$1%"
}

# link_cut link|carrier|hole, link_mend link|carrier|hole: NETDEV, or its carrier, goes
# down and comes up; with hole it drops all
link_cut() {
	[ "$PROVIDER/$1" != adapter/hole ] || skip 'no network between the two ends'
	case $1 in
	link) link down ;;
	carrier) carrier off ;;
	hole) hole 100 ;;
	esac
}

link_mend() {
	case $1 in
	link) link up ;;
	carrier) carrier on ;;
	hole) hole 0 ;;
	esac
}

# now: the time in hundredths of a second
now() {
	cut -d ' ' -f 1 /proc/uptime | tr -d .
}

# outage link|carrier|hole SECONDS: cuts NETDEV for so long during I/O to DEVICE. I/O must
# go on within 5 s after the end, 8 s after a hole, and 12 s over Soft-RoCE of 6.1.
outage() {
	link_cut "$1"
	sleep "$2"
	link_mend "$1"
	outage_over "$1" "$2"
}

outage_over() {
	local up limit=5
	[ "$1" != hole ] || limit=8
	# Soft-RoCE of 6.1 has once stopped delivering packets after an outage, without an
	# error; iscsid's ping detects that after 10 s, and the next connection works.
	[ "$PROVIDER $(uname -r | cut -d . -f 1,2)" != 'rxe 6.1' ] || limit=12
	up=$(now)
	io_moves "$DEVICE" || true
	wait_for $limit "I/O goes on after $2 s of $1" io_moves "$DEVICE"
	note "$1 for $2 s: I/O goes on $(($(now) - up))0 ms after it is over"
}

# not_ready: how many RNR NAKs the device has sent; iWARP has none
not_ready() {
	cat "/sys/class/infiniband/$(rdma_device)/ports/1/hw_counters/send_rnr_err" 2>/dev/null || echo 0
}

# When Soft-RoCE repeats a Send, it also executes again the work requests after it in the
# send queue. If one of them is a registration, its memory region is no longer free: the
# queue pair fails, and all its work requests are flushed. So a session may be lost where a
# peer finds no receive, or where a packet is lost: findings/rxe-registration.sh.

# repeats_watch: makes the kernel log this from now on
repeats_watch() {
	[ -w /proc/dynamic_debug/control ] || return 0
	on_exit 'repeats_say -'
	repeats_say +
}

repeats_say() {
	echo "func rxe_reg_fast_mr ${1}p" >/proc/dynamic_debug/control
}

# repeated: whether this has happened since mark_log
repeated() {
	log_has 'rxe_reg_fast_mr: .* not free'
}

# stags: how many STags our modules have; a target uses them for data sinks. On iWARP the
# kernel's target has some too, which do not count here.
stags() {
	rdma resource show mr | grep -c '\[iser_core\]' || true
}

# iser_ids: how many ids of the connection manager our connections have; listeners do not count
iser_ids() {
	rdma resource show cm_id | grep 'comm .*iser' | grep -vc 'state LISTEN' || true
}
