#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="no command is left when its connection ends, whatever state LIO had it in: lost, logged out, reinstated"
SHOWS="R-5.2.2-4"
QUICK=1
TIMEOUT=120
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip "the kernel's: a command ahead of its CmdSN is left when its connection ends"

target_modules
store=$(backstore_slow slow 64 100) || store=
conform_target "$store"
conform left/lost left/logout left/reinstated || fail 'a command was left'
wait_for 20 'no session is left' target_idle t1
