#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="libiscsi's suites TestUnitReady Inquiry Mandatory ReadCapacity10 ReadCapacity16: as over TCP"
TIMEOUT=240
. "$(dirname "$0")/../../lib.sh"

cu_compare TestUnitReady Inquiry Mandatory ReadCapacity10 ReadCapacity16
