#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a response that announces more data than it has ends the connection"
SHOWS="R-10.1.3.3-4"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

bad_message long 'refused: its data are missing,'
