#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a target without memory for a connection answers its login with status 0302, and ends it"
SHOWS="R-3.3-3 R-10.1.3.1-3"
TIMEOUT=300
NEEDS=debug
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip 'the faults are for our modules'
said=/tmp/iser-case/said
conform_target
faults_on iser_core 5
conform login/no-resources >$said 2>&1 || fail "$(cat $said)"
faults_off
! grep -q SKIP $said || fail 'no login was refused'
conform login/plain >$said 2>&1 || fail "$(cat $said)"
