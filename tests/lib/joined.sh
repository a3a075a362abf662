# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Two RDMA devices of one machine, joined by a virtual wire that can be recorded. With
# one device no packet would pass a wire: rxe, or the loopback device, delivers it before.
# Until joined_down the order of the routing rules is changed for the whole machine.

joined_netdevs=(iserwire0 iserwire1)
joined_addresses=(10.9.0.1 10.9.0.2)

# joined_up: the first device is the initiator's end, the second the target's; sets IP
# and NETDEV to those of the second
joined_up() {
	local i here there
	modprobe -q veth || true
	ip link add "${joined_netdevs[0]}" type veth peer name "${joined_netdevs[1]}"
	for i in 0 1; do
		here=${joined_netdevs[i]}
		# Room for an RDMA MTU of 4096.
		ip link set "$here" mtu 4500 up
		ip addr add "${joined_addresses[i]}/32" dev "$here"
		echo 1 >"/proc/sys/net/ipv4/conf/$here/accept_local"
		echo 0 >"/proc/sys/net/ipv4/conf/$here/rp_filter"
	done
	echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter
	for i in 0 1; do
		there=$((1 - i))
		# Only packets that arrive are looked up among this machine's own addresses.
		ip rule add pref 10 iif "${joined_netdevs[i]}" lookup local
		ip rule add pref 20 to "${joined_addresses[there]}" lookup $((100 + i))
		ip route add "${joined_addresses[there]}" dev "${joined_netdevs[i]}" \
			src "${joined_addresses[i]}" table $((100 + i))
	done
	ip rule add pref 100 lookup local
	ip rule del pref 0
	for i in 0 1; do
		NETDEV=${joined_netdevs[i]} own_rdma=iserwire$i
		device_add
	done
	IP=${joined_addresses[1]}
}

joined_down() {
	local i
	ip rule add pref 0 lookup local
	ip rule del pref 100
	for i in 0 1; do
		ip rule del pref 10
		ip rule del pref 20
		rdma link delete iserwire$i
	done
	ip link delete "${joined_netdevs[0]}"
}

# record_start FILE: records all packets until record_stop; marks are UDP to port 9
record_start() {
	local filter='tcp or udp port 9'
	[ "$PROVIDER" != rxe ] || filter='udp port 4791 or udp port 9'
	need_program tcpdump
	tcpdump -i "${joined_netdevs[1]}" -s 0 -U -B 16384 -w "$1" "$filter" 2>/tmp/iser-case/tcpdump &
	record_pid=$!
	wait_for 10 'tcpdump listens' grep -q 'listening on' /tmp/iser-case/tcpdump
}

# record_mark TEXT: sends a packet with this text
record_mark() {
	printf '%s' "$1" >"/dev/udp/${joined_addresses[1]}/9" 2>/dev/null || true
}

record_stop() {
	sleep 0.5
	kill -INT "$record_pid" 2>/dev/null || true
	wait "$record_pid" 2>/dev/null || true
	tail -n 3 /tmp/iser-case/tcpdump | sed 's/^/# tcpdump: /'
}
