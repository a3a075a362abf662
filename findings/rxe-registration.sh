#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: findings/rxe-registration.sh
#
# Soft-RoCE (rxe, seen in Linux 6.12) goes back to the oldest Send that is not
# acknowledged when it has to repeat it, and carries out all that is queued behind it
# once more, local operations too. A registration that was done already finds its region
# in use, and the queue pair fails; what it had is completed as flushed, the cause is
# lost. So a connection ends where a packet is lost, or where the peer had no receive for
# a moment, if commands were queued: sessions come back after some seconds.
#
# In a User-Mode Linux machine one packet in twenty is lost between two rxe devices, under
# reads at a depth of 8 through the kernel's own iSER pair. Seen with linux-source-6.12 of
# Debian 12, 6.12.117: "rxe_reg_fast_mr: mr->lkey = N not free". Exit code 1 if the kernel
# does not say so.

set -eu
tree=$(cd "$(dirname "$0")/.." && pwd)
case ${1:-} in
-h | --help) sed -n '3,/^$/s/^# \{0,1\}//p' "$0"; exit ;;
--inside) ;;
*) exec "$tree/tests/vm/machine" --machine uml-plain --out "$tree/tests/results/registration" \
	--initiator kernel --target kernel "exec bash findings/rxe-registration.sh --inside" ;;
esac

# In the machine.
# shellcheck source=tests/lib.sh
. "$tree/tests/lib.sh"
# shellcheck source=tests/lib/joined.sh
. "$tree/tests/lib/joined.sh"
joined_addresses=(10.9.2.1 10.9.2.2)
on_exit 'case_down; joined_down'
joined_up
target_up
session_up
repeats_watch
mark_log
for NETDEV in "${joined_netdevs[@]}"; do
	tc qdisc add dev "$NETDEV" root netem loss 5%
done
fio --name=load --filename="$DEVICE" --ioengine=libaio --direct=1 --rw=randread --bs=4k \
	--size=16M --iodepth=8 --time_based --runtime=600 >/dev/null 2>&1 &
on_exit "kill $!"
wait_for 60 'a registration is repeated' repeated
for NETDEV in "${joined_netdevs[@]}"; do
	tc qdisc del dev "$NETDEV" root
done
session_back t1
log_since | grep -m 1 'not free'
