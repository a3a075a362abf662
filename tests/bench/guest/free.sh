# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Measures free memory. Sourced by memory and several.

# memory [KEEP]: prints free, slab, vmalloc and per-CPU memory in KiB once they are stable
# for a second. With KEEP caches are not dropped.
memory() {
	local before=0 now=999 i
	for ((i = 0; i < 15 && (now > before + 256 || before > now + 256); i++)); do
		before=$now
		sync
		[ "${1:-}" ] || echo 3 >/proc/sys/vm/drop_caches
		sleep 1 # for RCU and workers to free memory
		now=$(free_kib)
	done
	echo "$now $(awk '/^Slab:/ { s = $2 } /^VmallocUsed:/ { v = $2 } /^Percpu:/ { p = $2 }
		END { print s, v, p }' /proc/meminfo)"
}

# free_kib: includes the free pages in per-CPU lists, which are megabytes
free_kib() {
	awk -v page=4 '/^MemFree:/ { free = $2 } $1 == "count:" { free += $2 * page }
		END { print free }' /proc/meminfo /proc/zoneinfo
}

# less BEFORE NOW: what was used between two outputs of memory
less() {
	local before now
	read -ra before <<<"$1"
	read -ra now <<<"$2"
	echo $((before[0] - now[0])) $((now[1] - before[1])) $((now[2] - before[2])) $((now[3] - before[3]))
}
