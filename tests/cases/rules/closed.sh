#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a target that closes while it writes data: the session comes back, the read is done"
SHOWS="R-5.2.3.2-1"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

bad_message close 'connection lost: closed by the target'
