#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="enable_iser false and true again: gone, then there again"
. "$(dirname "$0")/../../lib.sh"

target_up
echo 0 >"$(tpg t1)/np/$(portal)/iser"
node_new
must_fail 'the portal still takes iSER logins' node t1 --login
echo 1 >"$(tpg t1)/np/$(portal)/iser"
login
device
sweep "$DEVICE" 4096
logout
