#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a login with the name and ISID of a silent session takes its place"
. "$(dirname "$0")/../../lib.sh"

need_tool peer
modprobe -a rdma_ucm ib_uverbs
target_up
mkfifo /tmp/iser-case/in
"$ISER_TOOLS/peer" -l -T "$(iqn t1)" "$IP" "$PORT" hold </tmp/iser-case/in >/tmp/iser-case/old &
old=$!
exec 7>/tmp/iser-case/in
wait_for 10 'the old session is there' grep -q ready /tmp/iser-case/old
# The same ISID again: the target must end the old session and accept the new one.
echo | "$ISER_TOOLS/peer" -l -T "$(iqn t1)" "$IP" "$PORT" hold >/tmp/iser-case/new ||
	fail "the second login: $(cat /tmp/iser-case/new)"
exec 7>&-
wait $old
same 'what became of the old connection' "$(tail -n 1 /tmp/iser-case/old)" 'closed 1'
