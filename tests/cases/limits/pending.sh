#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="more than 256 connections that have not logged in: the address with most of them loses its oldest"
TIMEOUT=150
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip 'the bound is of our module'
[ "$PROVIDER" != siw ] || skip 'its user-space library has few connections for a process'
need_tool crowd
netdev_own_up
modprobe -a rdma_ucm ib_uverbs
net=${IP%.*}
target_up
mark_log
mkfifo /tmp/iser-case/in
exec 7<>/tmp/iser-case/in

# said N: what the peers of address N have said
said() {
	cat "/tmp/iser-case/silent$1"
}

# silent N COUNT: so many connections from address N, 10 ms apart, that send nothing
silent() {
	ip addr add "$net.$1/24" dev "$NETDEV"
	on_exit "ip addr del $net.$1/24 dev $NETDEV"
	"$ISER_TOOLS/crowd" -s -n "$2" -p $(($2 * 10)) "$net.$1" "$IP" "$PORT" bad \
		</tmp/iser-case/in >"/tmp/iser-case/silent$1" 2>&1 &
	on_exit "kill $! 2>/dev/null"
}

# closed N: which connections of that address the target has ended before the limit for
# the first Login Request can have ended one
closed() {
	said "$1" | sed -n 's/^closed //p' | while read -r index ms; do
		[ "$ms" -ge $((begun + 14000)) ] || echo "$index"
	done | sort -n
}

# The address with one connection has the oldest of all.
silent 101 1
wait_for 10 'the first connection' eval 'said 101 | grep -q up'
begun=$(said 101 | sed -n 's/^begun //p')
for n in 102 103 104; do
	silent $n $((n == 102 ? 100 : 90))
done
all_up() {
	[ "$(cat /tmp/iser-case/silent* | grep -c up)" = 4 ]
}
wait_for 30 '281 connections' all_up
up=$(cat /tmp/iser-case/silent* | sed -n 's/^up //p' | sort -n | tail -n 1)
# When the first one has had its 15 s, all that were too many have been ended before.
wait_for 30 'the end of the first one' eval 'said 101 | grep -q closed'
[ $((up - begun)) -lt 13000 ] || skip "this machine needs $((up - begun)) ms for 281 connections"

total=0
for n in 101 102 103 104; do
	closed $n >"/tmp/iser-case/closed$n"
	count=$(wc -l <"/tmp/iser-case/closed$n")
	note "address .$n: $count ended"
	total=$((total + count))
	# A peer may see them connected in another order than the target.
	last=$(tail -n 1 "/tmp/iser-case/closed$n")
	[ "${last:-0}" -lt $((count + 8)) ] ||
		fail "not the oldest of address .$n: $(tr '\n' ' ' <"/tmp/iser-case/closed$n")"
done
same 'connections beyond 256' $total 25
[ ! -s /tmp/iser-case/closed101 ] || fail 'the address with one connection has lost it'
[ "$(wc -l </tmp/iser-case/closed102)" -ge 14 ] || fail 'the address with most has not lost most'
log_has 'more than 256 connections have not logged in' || fail 'no line says so'
