#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="CHAP for discovery over iSER: right secret finds, wrong one does not"
SHOWS="R-11-1"
. "$(dirname "$0")/../../lib.sh"

auth=$config/iscsi/discovery_auth
target_up
initiator_up
on_exit 'echo 0 >"$auth"/enforce_discovery_auth; echo NULL >$auth/userid; echo NULL >$auth/password'
printf %s user-in >"$auth"/userid
printf %s secret-in-1234 >"$auth"/password
echo 1 >"$auth"/enforce_discovery_auth

record() {
	admin -m discoverydb -t st -p "$(portal)" -I iser "$@"
}
on_exit 'record -o delete >/dev/null 2>&1'
record -o new >/dev/null
record -o update -n discovery.sendtargets.auth.authmethod -v CHAP
record -o update -n discovery.sendtargets.auth.username -v user-in
record -o update -n discovery.sendtargets.auth.password -v secret-wrong-1
must_fail 'a wrong secret found targets' record --discover
record -o update -n discovery.sendtargets.auth.password -v secret-in-1234
record --discover | grep -q "$(iqn t1)" || fail 'the right secret found nothing'
