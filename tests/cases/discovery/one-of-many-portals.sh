#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a SendTargets answer for one target, of several parts, names all of its portals"
TIMEOUT=120
. "$(dirname "$0")/../../lib.sh"

name=one-$(printf 'x%.0s' $(seq 180))
conform_up
target_new "$name"
for i in $PORT $(seq 3301 3315); do
	target_portal "$name" "$IP" iser "$i"
	echo "TargetAddress=$(portal "$IP" "$i"),1" >>/tmp/iser-case/wanted
done
target_on "$name"
out=/tmp/iser-case/out
peer --target "$(iqn "$name")" targets >$out || fail "$(cat $out)"
cat $out
# LIO counts the name again for each portal that an earlier part had, so a later part
# repeats names and addresses.  None may be missing, and none may be another one's.
same 'the target' "$(sed -n 's/^TargetName=//p' $out | sort -u)" "$(iqn "$name")"
same 'its portals' "$(grep '^TargetAddress=' $out | sort -u)" "$(sort /tmp/iser-case/wanted)"
[ "$(sed -n 's/^parts //p' $out)" -ge 2 ] || fail 'the answer came in one part'
