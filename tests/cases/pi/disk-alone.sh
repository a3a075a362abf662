#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="only the disk has protection information: I/O, and commands that ask for tuples and have no room for the data"
TIMEOUT=120
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip 'the kernel target places such data behind the STag'
# Without pi_enable at either end, and no connection has had it.
modules_down || fail 'a module cannot be unloaded'
on_exit modules_down
modprobe ib_iser
target_modules
pi_target t1 1 512 0
session_up
same 'type of protection that the initiator sees' "$(pi_disk mode)" none
verify_io "$DEVICE" 1M
# No tuple is on the wire, so that there is room for one block.
scsi r 512 28 20 00 00 00 00 00 00 01 00
answered status=00 used=512
pi_no_room 08 80
session_is t1 LOGGED_IN || fail 'the session is lost'
verify_io "$DEVICE" 256K
logout
