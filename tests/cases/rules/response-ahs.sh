#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a response with an AHS that is not there ends the connection"
SHOWS="R-10.1.3.3-4"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

bad_message ahs 'message of 76 bytes refused'
