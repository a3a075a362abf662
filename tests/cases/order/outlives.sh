#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a write is at the backend when its session ends: the next session begins after it, a Logout is answered after it"
SHOWS="R-5.2.2-4"
QUICK=1
TIMEOUT=180
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip "the kernel's: LIO does not wait for a session that is ending already"

target_modules
# A login that has waited for a second has its line. A slow machine needs more than two
# seconds of the write until the login waits.
store=$(backstore_slow slow 64 5000) || skip 'this kernel has no null_blk'
conform_target "$store"
mark_log
conform --slow $((2 * SLOW)) left/other-lost || fail 'the next session began before the end of the old one'
log_has 'waits for commands of its old session' || fail 'no line says what the login waits for'
targets_down && backstores_down
store=$(backstore_slow slow 64 3000)
conform_target "$store"
conform left/logged-out || fail 'the next session began before the end of the old one'
conform left/answered-own left/answered-session left/answered-other ||
	fail 'a Logout was answered before the write'
