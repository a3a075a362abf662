#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="libiscsi's suites Verify10 Verify16: as over TCP"
TIMEOUT=240
. "$(dirname "$0")/../../lib.sh"

cu_compare Verify10 Verify16
