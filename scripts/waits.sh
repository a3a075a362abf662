#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: scripts/waits.sh [--list] TABLE FILE...
#
# Compares the waits in C files with the table in a text, whose lines begin with
# "| `FUNCTION` | `WAIT` |" or "| `MUTEX` | `mutex_lock` |". Prints waits that only the
# files or only the table has, and fails if there are any. --list: prints the waits.

set -eu
export LC_ALL=C.UTF-8

list=no
case ${1:-} in
-h | --help) sed -n '3,/^$/s/^# \{0,1\}//p' "$0"; exit ;;
--list) list=yes; shift ;;
esac
table=$1
shift

found() {
	awk '
	/^[ \t]*(\*|\/\*.*\*\/$)/ || /^[a-z].*;$/ { next }
	{ gsub(/\/\*.*\*\//, ""); sub(/\/\*.*/, "") }
	/^[a-zA-Z_].*\(/ {
		name = $0
		sub(/\(.*/, "", name)
		sub(/.*[ *]/, "", name)
	}
	match($0, /[^a-zA-Z_](wait_event|wait_for_completion|flush_work|flush_delayed_work|flush_workqueue|cancel_work_sync|cancel_delayed_work_sync|drain_workqueue|destroy_workqueue|synchronize_[a-z]+|rcu_barrier|ib_drain_[a-z]+|irq_poll_disable|msleep|ssleep|fsleep|usleep|schedule_timeout|io_schedule|kthread_stop|rdma_destroy_id|rdma_lock_handler|rdma_connect|rdma_accept|rdma_disconnect|ib_unregister_client|target_wait_for_cmds|iscsit_allocate_cmd|iscsit_add_reject|iscsit_logout_post_handler|iser_connection_terminate|iser_unlisten|down|down_interruptible|down_timeout)[a-z_]*\(/) {
		wait = substr($0, RSTART + 1, RLENGTH - 2)
		if (name != wait)
			print name, wait
	}
	/[^a-zA-Z_]mutex_lock[a-z_]*\(/ {
		wait = $0
		sub(/.*mutex_lock[a-z_]*\(&?/, "", wait)
		sub(/\).*/, "", wait)
		sub(/.*(->|\.)/, "", wait)
		print wait, "mutex_lock"
	}' "$@" | sort -u
}

if [ $list = yes ]; then
	found "$@"
	exit
fi
# shellcheck disable=SC2016 # the backticks are the text's
listed=$(sed -nE 's/^\| `([a-z0-9_]+)` \| `([a-z0-9_]+)` \|.*/\1 \2/p' "$table" | sort -u)
missing=$(comm -13 <(echo "$listed") <(found "$@") | sed "s|^|not in the table of $table: |")
gone=$(comm -23 <(echo "$listed") <(found "$@") | sed "s|^|in the table of $table, not in the source: |")
[ -z "$missing$gone" ] || { printf '%s\n' "$missing" "$gone" | sed '/^$/d'; exit 1; }
