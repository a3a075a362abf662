#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="logins for one connection follow each other while its write is at the backend: the last one is answered"
SHOWS="R-5.1-12 R-5.2.2-4"
QUICK=1
TIMEOUT=120
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip "the kernel's: LIO ends the session of a connection that is replaced"

target_modules
store=$(backstore_slow slow 64 4000) || skip 'this kernel has no null_blk'
conform_target "$store"
conform left/replaced-again || fail 'the last login is not answered'
