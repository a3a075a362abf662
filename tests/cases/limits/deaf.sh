#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a peer takes no response: its connection ends when the device has given up, without any ping"
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip 'what our module prints'
! iwarp || skip 'iWARP: no receive ends the connection at the peer'
conform_up
target_up
acl_new t1 iqn.2026-01.org.example.iser:peer
echo 0 >"$ACL/attrib/nopin_timeout"
mark_log
got=$(peer --target "$(iqn t1)" --timeout 8 deaf) || fail "peer deaf: $got"
note "$got"
# The device sends the response twice, 655 ms apart.
case $got in
closed*) [ "${got#closed }" -lt $((2400 * SLOW)) ] || fail "closed only after ${got#closed } ms" ;;
*) fail "the connection stays: $got" ;;
esac
log_has 'failed: RNR retry counter exceeded' || fail 'no line names the cause'
wait_for 5 'the session ends' target_idle t1
