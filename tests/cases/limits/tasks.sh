#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="an idle session has few STags; a burst of 128 commands gets more, with right data"
QUICK=1
TIMEOUT=120
. "$(dirname "$0")/../../lib.sh"

[ "$INITIATOR" = ours ] || skip 'of our initiator'
target_receives 400
target_up
target_set t1 attrib default_cmdsn_depth 128
node_new
node_set t1 node.session.queue_depth 128
login_bare
begun=$(stags)
note "$begun STags after the login"
[ "$begun" -gt 0 ] || skip 'this rdma shows no memory regions'
[ "$begun" -lt 64 ] || fail "$begun STags for an idle session"

# libiscsi takes its tasks in turn, so these commands use each of them, one at a time.
scan
found=$(stags)
dd if="$DEVICE" of=/dev/null iflag=direct bs=4k count=300 status=none
same 'STags after 300 commands, one at a time' "$(stags)" "$found"

verify_io "$DEVICE" "$(by_length 3M 8M)" --iodepth=128 --bsrange=4k-16k
grown=$(stags)
note "$grown STags after 128 commands at once"
# How many of the 128 commands are outstanding at a time depends on the machine: on one
# CPU, with a target that answers at once, there have been fewer than 64.
[ "$grown" -ge $((2 * begun)) ] || fail "$grown STags for 128 commands at once, $begun before"

# After a pause there are never fewer STags, and never more new ones than tasks. "begun"
# includes those of a target on the same machine.
verify_io "$DEVICE" "$(by_length 3M 8M)" --iodepth=128 --bsrange=4k-64k
again=$(stags)
[ "$again" -ge "$grown" ] || fail "$again STags after another burst, $grown before"
[ "$again" -le $((begun + 128)) ] || fail "$again STags for 128 tasks, $begun before"
logout
