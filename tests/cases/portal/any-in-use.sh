#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="0.0.0.0 is in use on siw: attempts to listen, of which the kernel prints a line each, become rare"
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip "the kernel's tries once"
[ "$PROVIDER" = siw ] || skip 'only TCP ports can be in use by LIO'

# times: when the kernel printed that an attempt has failed, in ms
times() {
	log_since | sed -n 's/^\[ *\([0-9]*\)\.\([0-9]\{3\}\).* cma_listen_on_dev, error.*/\1\2/p'
}
four() {
	[ "$(times | wc -l)" -ge 4 ]
}
target_up
rmdir "$(tpg t1)/np/$(portal)"
np=$(tpg t1)/np/0.0.0.0:$PORT
# With LIO's own TCP listener.
mkdir "$np"
mark_log
echo 1 >"$np/iser" || true
wait_for 30 'four attempts to listen' four
# They are 1, 2 and 4 s apart.
took=$(($(times | sed -n 4p) - $(times | sed -n 1p)))
note "four attempts in $took ms"
[ $took -ge 6000 ] || fail "four attempts in $took ms"
