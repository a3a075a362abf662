#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="Logouts of any kind, number and order, on one connection and on two: nothing is left or freed twice"
SHOWS="R-5.2.2-4"
QUICK=1
TIMEOUT=120
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip "the kernel's: two Logouts one behind the other free a connection that is in use"

conform_target
conform logout || fail 'a Logout was not answered, or left something'
wait_for 20 'no session is left' target_idle t1
