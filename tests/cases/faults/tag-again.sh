#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a task tag is used again before the Send of the response has completed: Data-Out find their write"
NEEDS=faults
. "$(dirname "$0")/../../lib.sh"

need_fault hold
conform_target
fault hold 300
conform data-out/tag-again || fail 'Data-Out met the command before'
