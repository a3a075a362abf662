# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# libiscsi's test programs: an initiator that shares no code with the kernel's.

# cu_passed TRANSPORT SUITE PORT: names of the tests that passed
cu_passed() {
	# Some suites crash in libiscsi itself: what passed before that counts.
	timeout $((60 * SLOW)) iscsi-test-cu -d -t "$2" \
		"$1://$(portal "$IP" "$3")/$(iqn t1)/0" 2>&1 |
		sed -n 's/^ *Test: \([A-Za-z0-9_]*\) *\.\.\.passed.*/\1/p' | sort
}

# cu_compare SUITE...: what passes over TCP on this LIO passes over iSER; in the short
# form of the last one
cu_compare() {
	local suite tcp iser lost=
	# Each suite wants a fresh target, twice.
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

# cu_lost TCP ISER: names in the first list and not in the second
cu_lost() {
	local name
	for name in $1; do
		grep -qxF "$name" <<<"$2" || echo "$name"
	done
}

# cu_unknown SUITE: takes what is known with its cause out of a list of tests
cu_unknown() {
	local name
	while read -r name; do
		grep -qE "^$1\.($name|\*)[[:space:]]" "$tests/cases/interop/libiscsi-known.txt" ||
			echo -n " $1.$name"
	done
}

# libiscsi sends neither immediate nor unsolicited data, and does not say so.
cu_target() {
	target_up t1 128
	target_set t1 param ImmediateData No
	target_set t1 param InitialR2T Yes
	target_portal t1 "$IP" tcp 3261
}
