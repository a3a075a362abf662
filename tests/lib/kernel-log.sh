# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What the kernel reports while a case runs: warnings, errors, leaks.

splat_pattern='BUG:|BUG |WARNING:|UBSAN:|ODEBUG|DMA-API:|Oops|Kernel panic'
splat_pattern+='|possible (circular|recursive|irq|deadlock)|suspicious RCU'
splat_pattern+='|inconsistent lock state|held lock freed|bad unlock balance'
splat_pattern+='|INFO: task .* blocked|lockup|detected stall'
splat_pattern+='|refcount_t:|list_(add|del) corruption|general protection'
splat_pattern+='|scheduling while atomic|sleeping function called'

log_mark() {
	echo "iser-test: begin $1" >/dev/kmsg
}

# log_from MARK: the kernel log from its last line that ends with MARK on. A report may be
# longer than the kernel's ring and push the mark out of it. What the ring has lost is then
# unknown: log_from prints a report of that before the lines that are left, and returns 1.
log_from() {
	dmesg | awk -v mark="$1" '
	substr($0, length($0) - length(mark) + 1) == mark { found = 1; n = 0 }
	{ line[n++] = $0 }
	END {
		if (!found)
			print "BUG: the kernel log has lost \"" mark "\": boot with a larger log_buf_len"
		for (i = 0; i < n; i++)
			print line[i]
		exit !found
	}'
}

# log_of CASE: the kernel log since the mark of CASE
log_of() {
	log_from "iser-test: begin $1"
}

# Removes a report of scsi_transport_iscsi, which any transport can cause: at a logout its
# workqueue, which has WQ_MEM_RECLAIM, may wait for that of power management, which has
# not.
without_unbind() {
	sed '/iscsi_ctrl_.*__iscsi_unbind_session.* is flushing !WQ_MEM_RECLAIM pm:pm_runtime_work/ {
		N
		/\n.*WARNING: .* check_flush_dependency/d
	}'
}

# Removes reports of LIO's timer for a session whose initiator did not come back, which
# any transport can cause: the timer closes the session in a soft interrupt, and that
# takes a mutex.
without_retain() {
	awk '{ line[NR] = $0 }
		END {
			for (i = 1; i <= NR; i++) {
				far = 0
				if (line[i] ~ /possible irq lock inversion/)
					far = 6
				else if (line[i] ~ /sleeping function called from invalid/)
					far = 40
				j = i + 1
				while (j <= i + far && line[j] !~ /iscsit_handle_time2retain_timeout/)
					j++
				if (!far || j > i + far)
					print line[i]
			}
		}'
}

# log_splats CASE: the lines of reports that splat_pattern matches, at most 20, without
# the known reports of the kernel's own parts: that of Soft-RoCE's completer, which any
# user of it can cause (after lost packets an answer to an RDMA Read may arrive out of
# order, and a completion without an error status ends the connection), that it has given
# up its list of DMA mappings for want of memory, and those of the kernel's own target when
# it is under test.
log_splats() {
	local known='WARNING: .*rxe_comp\.c:[0-9]+ rxe_completer\+'
	known+='|DMA-API: .* ENOMEM, dma-debug disabled'
	if [ "${ISER_TARGET:-ours}" = kernel ]; then
		known+="|$(grep -v '^#' "$(dirname "${BASH_SOURCE[0]}")/../cases/kernel-target-warnings.txt" |
			paste -sd '|')"
	fi
	log_of "$1" | sed 's/^\[[^]]*\] //' | without_unbind | without_retain |
		grep -E "$splat_pattern" |
		grep -vE "$known" | head -n 20
	return 0
}

# Scans twice, because kmemleak reports only objects that are five seconds old. Returns 4
# if the kernel has no kmemleak.
log_leaks() {
	local file=/sys/kernel/debug/kmemleak leaks
	[ -w $file ] || return 4
	echo scan >$file 2>/dev/null || return 4
	sleep 6
	echo scan >$file
	leaks=$(cat $file)
	# The kernel's own target leaks the text of each long SendTargets answer.
	if [ "${ISER_TARGET:-ours}" = kernel ]; then
		leaks=$(awk '/^unreferenced/ {if (block !~ known) printf "%s", block; block = ""}
			{block = block $0 "\n"}
			END {if (block !~ known) printf "%s", block}' \
			known='54 61 72 67 65 74 4e 61 6d 65' <<<"$leaks")
	fi
	[ -n "$leaks" ] || return 0
	echo "$leaks"
	return 1
}

# machine_broken CASE: if later results could not be trusted, prints why
machine_broken() {
	local stuck
	if grep -q 'debug_locks: *0' /proc/lockdep_stats 2>/dev/null; then
		echo 'lockdep reported and is off now'
		return 0
	fi
	# shellcheck disable=SC2046 # numbers
	stuck=$(stacks $(sleepers))
	if [ -n "$stuck" ]; then
		hang_place <<<"$stuck"
		return 0
	fi
	if log_of "$1" | grep -qE 'Oops|general protection|KASAN'; then
		echo 'the kernel reported a fault'
		return 0
	fi
	if [ -s /sys/kernel/config/target/iscsi/iqn.2026-01.org.example.iser:t1/tpgt_1/enable ]; then
		echo 'its target could not be removed'
		return 0
	fi
	return 1
}
