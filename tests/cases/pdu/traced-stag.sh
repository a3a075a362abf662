#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="iser_send_control names for each response the STag that its command has advertised"
. "$(dirname "$0")/../../lib.sh"
# shellcheck source=tests/lib/trace.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/trace.sh"

[ "$INITIATOR-$TARGET" = ours-ours ] || skip 'both ends must have our tracepoints'
modprobe iser_core
[ -e $tracefs/events/iser ] || mount -t tracefs tracefs $tracefs 2>/dev/null || true
[ -e $tracefs/events/iser ] || skip 'this kernel has no tracepoints'
# Without immediate data the command of a write has an STag as that of a read has.
target_up
target_set t1 param ImmediateData No
session_up
on_exit "echo 0 >$tracefs/events/iser/iser_send_control/enable"
echo >$tracefs/trace
echo 1 >$tracefs/events/iser/iser_send_control/enable
dd if=/dev/zero of="$DEVICE" bs=4k count=3 oflag=direct status=none
dd if="$DEVICE" of=/dev/null bs=4k count=3 iflag=direct status=none
echo 0 >$tracefs/events/iser/iser_send_control/enable
# "ITT STAG command|response" of each command and response that names an STag
traced=$(sed -nE 's/.*iser_send_control: .* opcode=(0x1|0x21) .* itt=([^ ]+) .* stag=(0x[^ ]*[1-9a-f][^ ]*)$/\2 \3 \1/p' \
	$tracefs/trace | sed 's/ 0x1$/ command/; s/ 0x21$/ response/')
echo "$traced"
for kind in command response; do
	count=$(grep -c " $kind\$" <<<"$traced" || true)
	[ "$count" -ge 6 ] || fail "$count times a $kind named an STag, not 6 times"
done
# ITTs come again, so each response is compared with the last command of its ITT.
awk '$3 == "command" { stag[$1] = $2; next }
	$2 != stag[$1] { print "ITT " $1 ": advertised " stag[$1] ", invalidated " $2; bad = 1 }
	END { exit bad }' <<<"$traced" || fail 'a response names another STag'
logout
