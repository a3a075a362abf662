#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a portal is deleted, and made again, while a peer leaves its handshake half done"
TIMEOUT=120
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip 'what our module does'
[ "$PROVIDER" = siw ] || skip 'a peer can leave a handshake half done only over TCP'
target_up
np=$(tpg t1)/np/$(portal)
half_made 1
# While a directory is removed, nobody can look into the one above.
{ rmdir "$np" && touch /tmp/iser-case/gone; } &
wait_for 10 'the end of the portal' test -e /tmp/iser-case/gone
target_portal t1
session_up
sweep "$DEVICE" 4096
logout
