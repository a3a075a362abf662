#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="an R2T that comes as a message ends the connection"
SHOWS="D-5.1-1"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

bad_message r2t 'opcode 0x31 arrived as a message, ending the connection'
