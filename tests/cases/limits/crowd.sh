#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="bad logins from 16 addresses: a good one takes 1 s at most, from one of these 20 s"
TIMEOUT=900
LONG=1
KERNEL_TARGET_FAILS="one login at a time, and each bad one has 15 s"
. "$(dirname "$0")/../../lib.sh"

# The bad peers are of four kinds, a quarter each: they send nothing, one request, a
# wrong secret, or something that is not a PDU.
crowd=${ISER_CROWD:-$(by_length 48 1000)}
[ "$PROVIDER" != siw ] || skip 'its user-space library has few connections for a process'
need_tool crowd
netdev_own_up
modprobe -a rdma_ucm ib_uverbs
net=${IP%.*}
for n in $(seq 101 117); do
	ip addr add "$net.$n/24" dev "$NETDEV"
	on_exit "ip addr del $net.$n/24 dev $NETDEV"
done
target_up
chap_acl t1 "$(iqn crowd)"

# logins N COUNT: the times of COUNT logins from address N, in ms, sorted
logins() {
	"$ISER_TOOLS/crowd" -r "$2" -T "$(iqn t1)" -i "$(iqn crowd)" -w secret-in-1234 \
		"$net.$1" "$IP" "$PORT" good | tee "/tmp/iser-case/good$1" | cut -d' ' -f1 | sort -n
}

# part PERCENT FILE: that percentile of the numbers in FILE
part() {
	sed -n "$((($(wc -l <"$2") * $1 + 99) / 100))p" "$2"
}

# About a hundred of a thousand are connected at a time. The others wait before they
# connect again, for one CPU carries both ends and must not become the limit.
pause=$((crowd < 1000 ? 480 : crowd * 60))
alone=$(logins 117 3 | tail -n 1)
mkfifo /tmp/iser-case/in
exec 7<>/tmp/iser-case/in
for n in $(seq 101 116); do
	"$ISER_TOOLS/crowd" -n $((crowd / 16)) -p $pause -T "$(iqn t1)" -i "$(iqn crowd)" \
		"$net.$n" "$IP" "$PORT" bad </tmp/iser-case/in >"/tmp/iser-case/bad$n" 2>&1 &
	on_exit "kill $! 2>/dev/null"
done
all_up() {
	[ "$(cat /tmp/iser-case/bad* | grep -c up)" = 16 ]
}
wait_for 120 "$crowd bad ones" all_up
samples=$((crowd < 1000 ? 10 : 100))
# The target does not yet know the addresses of the bad peers and gives each of them a
# second; it knows this one.
first=$(logins 117 1)
logins 117 $samples >/tmp/iser-case/own
logins 101 $((samples / 4 + 3)) >/tmp/iser-case/bad
note "a login alone: $alone ms; beside $crowd bad ones from 16 addresses, from its own: the first $first ms, then median $(part 50 /tmp/iser-case/own) ms, p99 $(part 99 /tmp/iser-case/own) ms; from one of these: median $(part 50 /tmp/iser-case/bad) ms, p99 $(part 99 /tmp/iser-case/bad) ms"
# One or two CPUs serve all of these peers, and the machine may be emulated.
limit=$((1000 * SLOW + 5 * alone))
[ "$first" -le $limit ] || fail 'an address that had logged in waited for those that nobody knows'
[ "$(part 99 /tmp/iser-case/own)" -le $limit ] || fail 'a login from its own address took too long'
[ "$(part 99 /tmp/iser-case/bad)" -le $((20000 * SLOW)) ] || fail "a login from a bad one's address took too long"
