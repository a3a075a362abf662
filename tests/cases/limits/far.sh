#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a few bad logins from its own address do not keep out a peer that is far away"
TIMEOUT=120
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip 'with the kernel target one login at a time has 15 s'
need_tool crowd
modprobe -a rdma_ucm ib_uverbs
target_up
chap_acl t1 "$(iqn crowd)"
mark_log
mkfifo /tmp/iser-case/in
exec 7<>/tmp/iser-case/in
"$ISER_TOOLS/crowd" -n 8 -p 480 -T "$(iqn t1)" -i "$(iqn crowd)" "$IP" "$IP" "$PORT" bad \
	</tmp/iser-case/in >/tmp/iser-case/bad 2>&1 &
on_exit "kill $! 2>/dev/null"
# The address has a bad name now, and one that says nothing is given a short time.
short() {
	log_has 'has sent no further Login Request for [0-9][0-9][0-9] ms'
}
wait_for 30 'a login that has been cut short' short
# The target leaves at most 250 ms for an answer, and a busy machine may take the rest of
# that. If it leaves only 50 ms, the logins of all three rounds are cut short.
for _ in 1 2 3; do
	got=$(timeout $((60 * SLOW)) "$ISER_TOOLS/crowd" -r 3 -d 100 -T "$(iqn t1)" -i "$(iqn crowd)" \
		-w secret-in-1234 "$IP" "$IP" "$PORT" good) ||
		fail "no login with 100 ms for each answer: $got"
	note "logins with 100 ms for each answer: ${got//$'\n'/, }"
	# One that was cut short is tried again, and may then find that none waits.
	[ "$(grep -c ' tries 1$' <<<"$got")" -lt 2 ] || exit 0
done
fail 'they were cut short'
