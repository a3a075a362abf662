#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a Data-In that comes as a message ends the connection"
SHOWS="D-5.1-1"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

bad_message datain 'opcode 0x25 arrived as a message, ending the connection'
