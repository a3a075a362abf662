#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="600 handshakes over TCP that are left half done: 512 at most cost something"
TIMEOUT=150
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip 'the bound is of our module'
[ "$PROVIDER" = siw ] || skip 'a peer can leave a handshake half done only over TCP'
target_up
mark_log
# 256 may be pending.  The others are being ended, which their peer can put off here.
half_made 600
note "of 600 connect requests $made were accepted, $refused refused"
[ "$made" = 512 ] || fail "$made were accepted"
log_has 'connection refused: 512 connections' || fail 'no line says so'
half_made_end
session_up
sweep "$DEVICE" 4096
logout
