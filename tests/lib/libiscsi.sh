# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# libiscsi's test programs: an initiator that shares no code with the kernel's.

# cu_passed TRANSPORT SUITE PORT: the names of the tests that passed
cu_passed() {
	# Some suites crash in libiscsi itself: tests that passed before the crash count.
	timeout $((60 * SLOW)) iscsi-test-cu -d -t "$2" \
		"$1://$(portal "$IP" "$3")/$(iqn t1)/0" 2>&1 |
		sed -n 's/^ *Test: \([A-Za-z0-9_]*\) *\.\.\.passed.*/\1/p' | sort
}

# cu_compare SUITE...: each test that passes over TCP with this LIO must pass over iSER;
# the short form runs only the last suite
cu_compare() {
	local suite tcp iser lost=
	# Each suite needs a new target for each of its two runs.
	[ -n "$(by_length '' all)" ] || set -- "${!#}"
	need_program iscsi-test-cu
	modprobe -a rdma_ucm ib_uverbs
	for suite; do
		cu_target
		tcp=$(cu_passed iscsi "ALL.$suite" 3261)
		targets_down && backstores_down
		cu_target
		iser=$(cu_passed iser "ALL.$suite" 3260)
		targets_down && backstores_down
		note "$suite: $(wc -w <<<"$tcp") over TCP, $(wc -w <<<"$iser") over iSER"
		[ -n "$tcp" ] || fail "no test of $suite passes over TCP: is there such a suite?"
		lost+=$(cu_lost "$tcp" "$iser" | cu_unknown "$suite")
	done
	same 'tests that pass over TCP and not over iSER' "$lost" ''
}

# cu_lost TCP ISER: the names that are in the first list and not in the second
cu_lost() {
	local name
	for name in $1; do
		grep -qxF "$name" <<<"$2" || echo "$name"
	done
}

# cu_unknown SUITE: removes from a list of tests those in libiscsi-known.txt
cu_unknown() {
	local name
	while read -r name; do
		grep -qE "^$1\.($name|\*)[[:space:]]" "$tests/cases/interop/libiscsi-known.txt" ||
			echo -n " $1.$name"
	done
}

# libiscsi sends neither immediate nor unsolicited data, and does not negotiate this.
cu_target() {
	target_up t1 128
	target_set t1 param ImmediateData No
	target_set t1 param InitialR2T Yes
	target_portal t1 "$IP" tcp 3261
}
