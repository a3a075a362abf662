# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What iserctl says about this machine.

# doctor [ARGUMENT...]: runs it, and sets REPORT to what it printed and CODE to its exit code
doctor() {
	need_tool iserctl
	CODE=0
	REPORT=$("$ISER_TOOLS/iserctl" doctor "$@") || CODE=$?
	echo "$REPORT"
}

# in_order [ARGUMENT...]: the doctor finds nothing that needs to be done
in_order() {
	doctor "$@"
	same "exit code of doctor $*" "$CODE" 0
	! grep -E '^(error|warning|unseen):' <<<"$REPORT" || fail "doctor $* finds something"
}

# finds ID [ARGUMENT...]: the doctor has this finding; sets FIX to the first command below it
# that FIX_LIKE, a pattern, matches
finds() {
	local id=$1
	shift
	doctor "$@"
	grep -qE "^(error|warning|note): $id: " <<<"$REPORT" || fail "doctor $* does not find $id"
	FIX=$(sed -nE "/^[a-z]+: $id: /,/^[a-z0-9]/s/^    (# )?//p" <<<"$REPORT" |
		grep -E "${FIX_LIKE:-.}" | head -n 1)
	[ -n "$FIX" ] || fail "no command for $id"
	note "runs: $FIX"
}
