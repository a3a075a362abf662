#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a connection that has not said who it is costs less than two megabytes, both ends"
SHOWS="R-5.1.2-2"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

conform_up
target_up
free_kib() {
	sed -n "s/^MemAvailable: *\([0-9]*\).*/\1/p" /proc/meminfo
}
before=$(free_kib)
# libsiw has no room for 60 in one process.
for i in 1 2 3; do
	peers_up $i 20
done
each=$(((before - $(free_kib)) / 60))
note "$each KiB each"
[ $each -lt 2048 ] || fail "a silent connection costs $each KiB"
