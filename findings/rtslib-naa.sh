#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: findings/rtslib-naa.sh
#
# rtslib, with which targetcli sets up the targets of LIO, refuses iSCSI names that are
# made of a 128-bit NAA identifier. RFC 7143, section 4.2.7.6, has such a name as its
# example, next to one of 64 bits. An initiator with such a name, as a device has that has
# SAS ports too, gets no ACL in targetcli, and no target can be called so.
#
# Seen with python3-rtslib-fb 2.1.75-2.1 of Debian 12. All three names are examples of the
# RFC, sections 4.2.7.5 and 4.2.7.6. Needs neither root nor LIO. Exit code 1 if rtslib says
# something else than was seen, 77 if that version is not to be had.

set -eu
# shellcheck source=findings/lib/tools.sh
. "$(dirname "$0")/lib/tools.sh"
unpack python3-rtslib-fb=2.1.75-2.1

cat >"$work/name.py" <<'EOF'
import sys
from rtslib_fb.fabric import ISCSIFabricModule
from rtslib_fb.utils import RTSLibError

try:
    name, kind = ISCSIFabricModule().to_normalized_wwn(sys.argv[1])
    print("taken as %s, %s" % (kind, name))
except RTSLibError as error:
    print("refused,", error)
EOF

echo 'python3-rtslib-fb 2.1.75-2.1'
# name WHAT NAME SEEN
name() {
	expect "$1" "$3" "$(/usr/bin/python3 "$work/name.py" "$2" 2>&1)"
}
name 'an EUI-64' eui.02004567A425678D 'taken as eui, eui.02004567a425678d'
name 'an NAA of 64 bits' naa.52004567BA64678D 'taken as naa, naa.52004567ba64678d'
name 'an NAA of 128 bits (wrong)' naa.62004567BA64678D0123456789ABCDEF \
	'refused, WWN not valid as: iqn, naa, eui'
finish
