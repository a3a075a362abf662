#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="with a session open both modules refuse to be unloaded"
QUICK=1
. "$(dirname "$0")/../../lib.sh"

target_up
session_up
must_fail 'ib_iser went away under a session' rmmod ib_iser
must_fail 'ib_isert went away under a session' rmmod ib_isert
sweep "$DEVICE" 4096
logout
