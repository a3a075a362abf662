#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a message larger than the receive buffer ends the connection"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

bad_message huge 'initiator, peer .*(receive|queue pair error)'
