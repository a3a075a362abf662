#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a login with the name and ISID of a silent session takes its place"
. "$(dirname "$0")/../../lib.sh"

conform_up
target_up
peers_up old 1 --target "$(iqn t1)"
# The same ISID again: the target must end the old session and accept the new one.
peer --target "$(iqn t1)" hold </dev/null >/tmp/iser-case/new ||
	fail "the second login: $(cat /tmp/iser-case/new)"
peers_end
same 'what became of the old connection' "$(tail -n 1 /tmp/iser-case/out-old)" 'closed 1'
