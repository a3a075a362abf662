#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="three hundred NOP-Out: each receive is given back"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

target_up
many nops 300
