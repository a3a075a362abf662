#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a peer that takes no Text Response, and asks for the next part, is dropped"
KERNEL_TARGET_FAILS="it waits for the peer without limit"
. "$(dirname "$0")/../../lib.sh"

! iwarp || skip 'TCP takes what nobody asked for'
conform_up
target_up
# The names and addresses take more than 512 bytes.
for name in t2 t3; do
	name+=$(printf %0160d 0)
	target_new "$name"
	target_portal "$name"
	target_on "$name"
done
mark_log
got=$(peer --target "$(iqn t1)" --timeout 10 texts) || fail "$got"
note "$got"
case $got in *closed*) ;; *) fail 'its connection was not ended' ;; esac
[ "$TARGET" != ours ] || log_has 'whose Send has not completed' || fail 'no line says why'
