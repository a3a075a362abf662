#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a portal group is switched off and on with a command in each state"
SHOWS="R-5.2.2-4"
QUICK=1
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip "the kernel's: a command ahead of its CmdSN is left when its connection ends"

target_modules
# Some commands must be at the backend when the group goes.
store=$(backstore_slow slow 64 100) || store=
conform_target "$store"
conform_until left/until-the-end timeout $((20 * SLOW)) bash -c "echo 0 >$(tpg t1)/enable"
target_on t1
conform order/fetched || fail 'no login any more'
