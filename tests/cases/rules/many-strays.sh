#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="three hundred Data-Out of no task: each receive is given back"
SHOWS="R-8.1-3"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

target_up
conform_up
# Each eighth message has an answer.
got=$(peer --target "$(iqn t1)" --timeout 30 --count 304 strays) || fail "peer strays: $got"
same "strays" "$got" "answered 38"
