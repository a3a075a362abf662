#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="peers that have not logged in send 300 messages each by one doorbell: a session of the same pool stalls for a moment and loses nothing"
TIMEOUT=180
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip 'what our module prints'
! iwarp || skip 'iWARP: each connection has receives of its own'
conform_up
target_new t1
store=$(backstore_ram t1 64)
target_lun t1 0 "$store"
target_portal t1
# Any one peer can take this many receives, which are more than the completion queue of
# one connection once had room for.
target_set t1 attrib default_cmdsn_depth 230
target_on t1
session_up
io_start "$DEVICE"
repeats_watch
mark_log
# One peer that takes all receives, then as many peers as share a pool.
for peers in 1 1 31; do
	got=$(peer --count $peers --timeout 20 storm) || fail "peer storm: $got"
	note "$peers peers: $got"
	case $got in "closed $peers "*) ;; *) fail "$peers peers: $got" ;; esac
	wait_for 20 'I/O goes on' io_moves "$DEVICE"
done
io_stop
# Fields of fio's terse line, in us: the longest completion latencies of reads and writes.
note "longest stall: $(awk -F';' 'NF > 60 {print int(($15 > $56 ? $15 : $56) / 1000)}' /tmp/iser-case/load) ms"
! log_has 'completion queue error|cq#' || fail 'a queue has overrun'
if log_has 'conn error'; then
	repeated || fail 'the session was lost'
	note 'the session was lost for a fault of Soft-RoCE'
	log_has 'iser_core: initiator, .*does not say why' || fail 'the line blames the target'
	session_back t1
fi

# No receive was lost: there are enough of them for a full window.
before=$(not_ready)
verify_io "$DEVICE" 16M --iodepth=64 --bsrange=4k-8k
same 'times that the initiator found no receive' "$(not_ready)" "$before"
logout
