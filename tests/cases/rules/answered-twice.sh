#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a second response to a command ends the connection, the session comes back"
SHOWS="R-7.3.2-11"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

bad_message twice 'does not wait for one, ending the connection'
