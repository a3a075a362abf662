#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="libiscsi's suites Write10 Write12 Write16: as over TCP"
SHOWS="R-7.3.6-3 R-7.3.6-8"
TIMEOUT=240
. "$(dirname "$0")/../../lib.sh"

cu_compare Write10 Write12 Write16
