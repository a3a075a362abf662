#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="three hundred NOP-Out: each receive is given back"
SHOWS="R-8.1-3 R-7.3.13-1"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

target_up
many nops 300
