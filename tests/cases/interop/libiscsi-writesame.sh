#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="libiscsi's suites WriteSame10 WriteSame16: as over TCP"
TIMEOUT=240
. "$(dirname "$0")/../../lib.sh"

cu_compare WriteSame10 WriteSame16
