#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a PDU of an unknown opcode ends the connection"
SHOWS="R-10.1.4.1-1"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

bad_message opcode 'opcode 0x3e'
