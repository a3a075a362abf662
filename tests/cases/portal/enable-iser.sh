#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="targetcli makes a target with enable_iser true, a session does I/O"
TIMEOUT=120
KERNEL_TARGET_FAILS="siw cannot listen where the own TCP listener of LIO is"
. "$(dirname "$0")/../../lib.sh"

cli_target t1
cli_iser_by_recipe t1 "$IP"
cli ls /iscsi | grep -q '\[iser\]' || fail 'targetcli does not show the portal as iser'
session_up
sweep "$DEVICE" '512 65536'
logout
