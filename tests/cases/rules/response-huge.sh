#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a message larger than the receive buffer ends the connection"
SHOWS="R-10.1.3.3-4"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

bad_message huge 'initiator, peer .*(receive|queue pair error)'
