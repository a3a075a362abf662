#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a connection that has not said who it is costs less than two megabytes, both ends"
SHOWS="R-5.1.2-2"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

need_tool peer
modprobe -a rdma_ucm ib_uverbs
target_up
free_kib() {
	sed -n "s/^MemAvailable: *\([0-9]*\).*/\1/p" /proc/meminfo
}
before=$(free_kib)
mkfifo /tmp/iser-case/in
# libsiw has no room for 60 in one process.
for i in 1 2 3; do
	"$ISER_TOOLS/peer" -n 20 "$IP" "$PORT" silent </tmp/iser-case/in >/tmp/iser-case/out$i &
done
exec 7>/tmp/iser-case/in
on_exit "exec 7>&-"
for i in 1 2 3; do
	wait_for 30 "60 connections" grep -q "ready 20" /tmp/iser-case/out$i
done
each=$(((before - $(free_kib)) / 60))
note "$each KiB each"
[ $each -lt 2048 ] || fail "a silent connection costs $each KiB"
