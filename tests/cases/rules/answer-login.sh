#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a Login Response in full feature phase ends the connection"
SHOWS="R-7.3.9-5 R-10.1.4.1-1"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

bad_message relogin 'opcode 0x23 in full feature phase, ending the connection'
