#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="commands ahead of their CmdSN wait for their turn, however their data came; one that is answered early is not run"
SHOWS="R-10.1.4.4-1"
QUICK=1
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip "the kernel's: a write that was answered ahead of its CmdSN is run when the gap is filled"

conform_target
conform order || fail 'a command was lost, or did not wait'
