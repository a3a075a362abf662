#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="libiscsi's suites Read6 Read10 Read12 Read16: as over TCP"
SHOWS="R-7.3.5-3 R-7.3.5-4"
TIMEOUT=240
. "$(dirname "$0")/../../lib.sh"

cu_compare Read6 Read10 Read12 Read16
