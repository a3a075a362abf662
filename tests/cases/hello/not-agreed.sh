#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="hello=Y, but the target does not know the key: a session without Hello, its disk compares"
SHOWS="R-5.1.3-2 R-6.10-3"
. "$(dirname "$0")/../../lib.sh"

[ "$INITIATOR" = ours ] || skip "the kernel's ib_iser knows no Hello"
[ "$TARGET" = ours ] || skip "the kernel's ib_isert is tried in hello/session"
hello=/sys/module/ib_iser/parameters/hello
keys=/sys/module/ib_isert/parameters/inject_keys
target_up
initiator_up
on_exit "echo N >$hello; echo Y >$keys"
echo Y >$hello
echo N >$keys
mark_log
# This target would end the connection at a Hello, and log that.
session_up
verify_io "$DEVICE" 4M
! log_has "conn error|ending the connection|without them" || fail "the first login did not do"
logout
