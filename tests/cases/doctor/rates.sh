#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="iserctl shows what a session does at the moment at both ends, and measures its disk"
LONG=1
. "$(dirname "$0")/../../lib.sh"

need_tool iserctl
target_up
initiator_up
acl_new t1 "$(initiator_name)"
session_up
results=$(mktemp)
on_exit "rm -f '$results'"
# shellcheck disable=SC2153 # session_up sets it
# An empty file is one to be begun.
"$ISER_TOOLS/iserctl" bench --time 8 --file "$results" "$DEVICE" &
bench=$!
sleep 1
top=$("$ISER_TOOLS/iserctl" top --interval 1 -n 1) || fail 'top could not see all'
echo "$top"
wait $bench || fail 'no measurement'
[ "$(grep -c "^'*.*$(iqn t1)" "$results")" = 4 ] || fail "no results: $(cat "$results")"

# row HEAD COLUMN...: these columns of the first row below a head
row() {
	awk -v names="$*" '$1 == head { for (i = 1; i <= NF; i++) at[$i] = i; found = 1; next }
		found { for (i = 2; i <= n; i++) printf "%s ", $at[name[i]]; exit }
		BEGIN { n = split(names, name); head = name[1] }' <<<"$top"
}
read -r reads megabytes credits device <<<"$(row reads/s reads/s read-MB/s credits device)"
[[ ${reads%.*} -gt 0 && $megabytes != - && $credits =~ ^[0-9]+/[1-9][0-9]*$ ]] ||
	fail "the session: $reads $megabytes $credits"
same 'the RDMA device' "$device" "$(rdma_device)"
read -r commands megabytes credits <<<"$(row commands/s commands/s read-MB/s credits)"
[[ ${commands%.*} -gt 0 && $megabytes != - && $credits =~ ^[0-9]+/[1-9][0-9]*$ ]] ||
	fail "the session of the target: $commands $megabytes $credits"
read -r connections pairs stags <<<"$(row connections connections queue-pairs stags)"
[[ $connections -ge 2 && $pairs -ge 2 && $stags -ge 1 ]] ||
	fail "the device: $connections $pairs $stags"
logout
