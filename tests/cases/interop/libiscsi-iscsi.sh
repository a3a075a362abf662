#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="libiscsi's iSCSI suites (residuals, task management, CmdSN): as over TCP"
SHOWS="R-7.3.3-1"
TIMEOUT=240
. "$(dirname "$0")/../../lib.sh"

cu_compare iSCSIResiduals iSCSITMF iSCSIcmdsn
