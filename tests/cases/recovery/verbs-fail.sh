#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a verb fails once between login and logout: data are right, and a session works"
TIMEOUT=180
. "$(dirname "$0")/../../lib.sh"

need_places
target_up
node_new
for place in create-cq create-qp modify-qp post-send poll-cq; do
	verb_round $place 1 || fail "$place was not met"
done
