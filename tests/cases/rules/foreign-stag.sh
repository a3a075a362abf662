#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="the STag of one connection is worth nothing on another"
SHOWS="R-11-6"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

bad_target foreign
session_up t2
session_up t1
bad_read
same "the STag of t1 on the connection of t2" "$(bad_result foreign)" refused
session_back t2
logout t1
logout t2
