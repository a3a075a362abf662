#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="targetcli saveconfig, clearconfig, restoreconfig: the portal is there again"
TIMEOUT=180
KERNEL_TARGET_FAILS="siw cannot listen where the own TCP listener of LIO is"
. "$(dirname "$0")/../../lib.sh"

cli_target t1
cli_iser_by_recipe t1 "$IP"
cli saveconfig /tmp/iser-case/config.json
cli clearconfig confirm=True
[ ! -d "$(tpg t1)" ] || fail 'clearconfig left the target'
mark_log
cli restoreconfig /tmp/iser-case/config.json
same 'iser of the portal' "$(cat "$(tpg t1)/np/$(portal)/iser")" 1
[ "$PROVIDER" != siw ] || listener_down "$IP"
session_up
sweep "$DEVICE" 4096
logout
