#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="iserctl latency counts each read and write at both ends, and leaves nothing in tracefs"
. "$(dirname "$0")/../../lib.sh"

need_tool iserctl
[ "$INITIATOR$TARGET" = oursours ] || skip 'only our pair has tracepoints'
tracing=/sys/kernel/tracing
mountpoint -q $tracing || mount -t tracefs tracefs $tracing 2>/dev/null || skip 'this kernel has no tracefs'
[ -e $tracing/synthetic_events ] || skip 'this kernel has no histograms of tracepoints'
target_up
session_up
mkdir -p /tmp/iser-case
out=/tmp/iser-case/latency

# count FILE: sets COUNTED to lines "END DIRECTION NUMBER"
count() {
	COUNTED=$(awk '/^[a-z]/ { end = $1 (/a part/ ? "-lio" : ""); sub(/[:,]/, "", end) }
		/^  [a-z].*: [0-9]+,/ { split($0, word, /[:,]/); sub(/^ +/, "", word[1])
			gsub(/ /, "", word[2]); print end, word[1], word[2] }' "$1")
}

"$ISER_TOOLS/iserctl" latency --time 600 >$out 2>$out.err &
counter=$!
on_exit "cat $out.err; kill $counter 2>/dev/null; wait $counter 2>/dev/null"
wait_for 10 'it counts' grep -q counting $out.err
dd if="$DEVICE" of=/dev/null bs=4k count=100 iflag=direct status=none
dd if=/dev/zero of="$DEVICE" bs=4k count=50 oflag=direct status=none
kill -INT $counter
wait $counter || fail "exit code $?: $(cat $out $out.err)"
cat $out
count $out
for end in initiator target target-lio; do
	# udev may read too, but nobody else writes.
	reads=$(awk -v end=$end '$1 == end && $2 == "reads" { print $3 }' <<<"$COUNTED")
	[ "${reads:-0}" -ge 100 ] || fail "reads at the $end: ${reads:-none} of 100"
	same "writes at the $end" "$(awk -v end=$end '$1 == end && $2 == "writes" { print $3 }' <<<"$COUNTED")" 50
done
[ ! -e $tracing/instances/iserctl-latency ] || fail 'its instance is still there'
! grep iserctl $tracing/synthetic_events || fail 'its events are still there'

# What one that was killed has left does not keep the next from counting.
"$ISER_TOOLS/iserctl" latency --time 600 >$out 2>$out.err &
counter=$!
wait_for 10 'it counts again' grep -q counting $out.err
"$ISER_TOOLS/iserctl" latency --time 1 2>$out.err && fail 'two at a time'
grep -q 'another one is running' $out.err || fail "two at a time: $(cat $out.err)"
kill -KILL $counter
wait $counter || :
"$ISER_TOOLS/iserctl" latency --time 1 || fail 'after one that was killed'
[ ! -e $tracing/instances/iserctl-latency ] || fail 'the instance of the killed one is still there'
logout
