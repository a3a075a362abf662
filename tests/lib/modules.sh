# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Loading and unloading the modules under test.

# modules_down: unloads them in order, as an administrator would; returns rmmod's status
modules_down() {
	case_down || return 1
	rmdir "$config/iscsi" 2>/dev/null || true
	iscsid_down
	unload ib_isert && unload ib_iser && unload iser_core
}

unload() {
	[ ! -d "/sys/module/$1" ] || rmmod "$1"
}

# leftovers: RDMA resources, kernel threads (also of workqueues) and slab caches of the pair
leftovers() {
	local kind
	for kind in qp cm_id cq pd mr; do
		rdma resource show $kind 2>/dev/null |
			grep -E 'comm \[?(iser|ib_iser|isert|iscsi)' || true
	done
	# shellcheck disable=SC2009 # a pattern on all names
	ps -eo comm= | grep -E '^(\[?(kworker/R-)?(iser|ib_iser|isert)|iscsi_(np|trx|ttx))' || true
	grep -E '^(iser|isert|ib_iser)' /proc/slabinfo 2>/dev/null || true
}
