#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="one packet in a hundred is lost: slower, and every byte compares"
SHOWS="R-4.1-2"
TIMEOUT=120
. "$(dirname "$0")/../../lib.sh"

[ "$PROVIDER" = siw ] || skip 'needs a network between the two, or siw'
modprobe -q sch_netem || true
target_up
session_up
on_exit 'tc qdisc del dev lo root 2>/dev/null'
tc qdisc add dev lo root netem loss 1% || skip 'this kernel has no netem'
verify_io "$DEVICE" 4M
tc qdisc del dev lo root
logout
