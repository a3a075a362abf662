#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="modules, transport and parameters have the names user space relies on"
QUICK=1
. "$(dirname "$0")/../../lib.sh"

target_modules
initiator_up
[ -d /sys/class/iscsi_transport/iser ] || fail 'no transport iser'
for p in max_lun max_sectors always_register pi_enable debug_level; do
	modinfo -F parm ib_iser | grep -q "^$p:" || fail "ib_iser lost its parameter $p"
done
modinfo -F parm ib_isert | grep -q '^debug_level:' || fail 'ib_isert lost its parameter debug_level'
