#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="at level 2 the burst whose RDMA Write is refused, and those behind it, are not acknowledged"
NEEDS=faults
SHOWS="A-DA-1"
. "$(dirname "$0")/../../lib.sh"

need_fault ack_by_read
target_up
acks_watch
fault ack_by_read 1
# Four bursts: each is an RDMA Write, and all but the last have an RDMA Read of no bytes
# after it. The third Write is refused.
acks_case read/half-registered
acks=$(acks_counted)
# On siw the refusal may arrive before the answers to the earlier Reads.
if [ "$PROVIDER" = siw ]; then
	[ "$acks" -le 2 ] || fail "$acks acknowledgements, of two bursts that arrived"
else
	same 'acknowledgements of the two bursts that arrived' "$acks" 2
fi
