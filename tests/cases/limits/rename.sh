#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a line about a connection whose device has been renamed names it as it was called"
QUICK=1
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip "the kernel's: it drops no silent connection"

conform_up
target_up
name=$(rdma_device)
peers_up silent 1
mark_log
rdma dev set "$name" name iserrenamed0
on_exit "rdma dev set iserrenamed0 name $name"
# KASAN reports it if the module reads the old name after it was freed; without KASAN the
# line would have a wrong name.
wait_for 30 'the silent peer is dropped' log_has "on $name: has sent no Login Request"
