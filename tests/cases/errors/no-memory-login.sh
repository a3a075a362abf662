#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="logins fail cleanly where memory lacks at either end; with memory again they work"
SHOWS="R-3.3-3 R-10.1.3.1-1 R-10.1.3.1-2 D-8.4-1"
TIMEOUT=400
NEEDS=debug
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip 'the faults are for our modules'
target_up
node_new
login
logout
failed=0
for module in ib_isert iser_core ib_iser; do
	faults_on $module 5
	for _ in 1 2 3 4; do
		if node t1 --login; then
			node t1 --logout || true
		else
			failed=$((failed + 1))
		fi
	done
	faults_off
done
note "$failed of 12 logins failed"
sessions_down
node_new
login
device
verify_io "$DEVICE" 2M
logout
