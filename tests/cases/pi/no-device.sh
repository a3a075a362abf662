#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a device that can't check protection information: a line says so once, and data go without"
TIMEOUT=120
. "$(dirname "$0")/../../lib.sh"

[ "$INITIATOR/$TARGET" = ours/ours ] || skip 'the lines are ours'
case $PROVIDER/${PROFILE:-ample} in
adapter/ample | adapter/mlx5) skip 'this device can' ;;
esac
pi_modules Y
device_del
device_add
mark_log
pi_target t1 1 512 1
session_up
same 'mode of protection' "$(pi_disk mode)" none
verify_io "$DEVICE" 1M
logout
login
device
sweep "$DEVICE" 4096
same 'lines about the device' \
	"$(log_count "the device can't check protection information")" 1
same 'lines about t10_pi' "$(log_count "$(iqn t1): t10_pi=1 of the portal group has no effect over device")" 1
logout
