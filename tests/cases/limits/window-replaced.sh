#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a session's window, with receives of its own, grows up to LIO's also when its connection has been replaced"
SHOWS="R-8.1.1.1-2 R-5.1-12"
QUICK=1
TIMEOUT=120
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip 'a parameter of our module'
target_parameter shared_depth 0
conform_target
conform connections/replace-window || fail 'the window of a replaced connection does not grow'
