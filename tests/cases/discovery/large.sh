#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a SendTargets answer of more than 8 KiB comes whole"
SHOWS="R-7.3.8-1"
TIMEOUT=120
. "$(dirname "$0")/../../lib.sh"

long=$(printf 'x%.0s' $(seq 180))
for i in $(seq 40); do
	target_new "many$i-$long"
	target_portal "many$i-$long"
	target_on "many$i-$long"
done
discover >/tmp/iser-case/found
same 'targets found' "$(grep -c "^$(portal),1 $iqn_prefix:many[0-9]*-$long\$" /tmp/iser-case/found)" 40
[ "$(wc -c </tmp/iser-case/found)" -gt 8192 ] || fail 'the answer was not that large'
