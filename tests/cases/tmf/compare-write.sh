#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="the response of a LUN reset waits for a COMPARE AND WRITE at a slow backend, pings do not"
SHOWS="R-8.3.2-6"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip 'the fence and the pings are ours'
# The read and the write of the command take 6 s each.
store=$(backstore_slow slow 16 6000) || skip 'this kernel has no null_blk'
conform_target "$store"
acl_new t1 "$iqn_prefix:conform"
acl_pings 3
conform --timeout 30 tmf/behind-compare-write >/tmp/iser-case/conform || { cat /tmp/iser-case/conform; fail 'see above'; }
! grep -q SKIP /tmp/iser-case/conform || fail 'the backend is not slow'
