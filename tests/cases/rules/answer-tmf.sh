#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a Task Management Response to a SCSI command ends the connection"
SHOWS="R-10.1.4.1-1"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

bad_message tmf 'does not wait for one, ending the connection'
