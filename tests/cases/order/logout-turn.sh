#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a Logout that waits for its turn behind another one: no line blames the backend for it, nor says that the session is lost"
SHOWS="R-5.2.2-4"
TIMEOUT=120
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip "the kernel's: it answers a Logout at once"

target_modules
store=$(backstore_slow slow 64 3000 1) || skip 'this kernel has no null_blk'
conform_target "$store"
mark_log
conform left/answered-turn || fail 'the second Logout is not answered in good order'
same 'lines that blame the backend' "$(log_count 'backend has not finished commands')" 1
! log_has 'lost: closed by this target' || fail 'a connection that was logged out is called lost'
