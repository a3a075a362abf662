#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: findings/rtslib-restore.sh
#
# RTSRoot.restore() of rtslib takes its argument to pieces: it deletes the portals, LUNs,
# ACLs, attributes and the tag from each portal group in the dictionary that it is given.
# That is the one that dump() returned, or the caller read from a file. A program that
# restores it once more, after a change was to be undone for example, gets a target that is
# enabled and has no portal, and no error in the list that restore() returns. Its
# documentation says only that it "reconfigures the target to match".
#
# Seen with python3-rtslib-fb 2.1.75-2.1 of Debian 12. A folder in a user and mount namespace
# takes the place of configfs. Needs neither root nor LIO. Exit code 1 if rtslib does
# something else than was seen, 77 if that version or a namespace is not to be had.

set -eu
# shellcheck source=findings/lib/tools.sh
. "$(dirname "$0")/lib/tools.sh"
namespaces -rm
unpack python3-rtslib-fb=2.1.75-2.1

cat >"$work/restore.py" <<'EOS'
import copy
from rtslib_fb import FabricModule, NetworkPortal, RTSRoot, Target, TPG

root = RTSRoot()
group = TPG(Target(FabricModule("iscsi"), "iqn.2024-01.org.example:disk"), 1)
NetworkPortal(group, "192.0.2.1", 3260)
group.enable = True
config = root.dump()


def restore(name, argument):
    errors = root.restore(argument, clear_existing=True)
    groups = list(root.tpgs)
    print("%s: errors %s, enabled %s, portals %s" % (
        name, errors, [group.enable for group in groups],
        [portal.ip_address for portal in root.network_portals]))


restore("copy", copy.deepcopy(config))
restore("once", config)
print("left:", config["targets"][0]["tpgs"])
restore("twice", config)
EOS
configfs=$(cd "$(dirname "$0")/lib" && pwd)/configfs.py
export work configfs
# shellcheck disable=SC2016 # The inner shell expands it.
got=$(timeout 60 "${apart[@]}" bash -c 'mount -t tmpfs none /sys
	mkdir -p /sys/kernel/config
	mount -t tmpfs none /sys/kernel/config
	/usr/bin/python3 -B "$configfs" /sys/kernel/config "$work/restore.py"' 2>&1) || echo "$got"
# line WHAT SEEN REMARK: compares a line of what was printed
line() {
	expect "$1$3" "$2" "$(sed -n "s/^$1: //p" <<<"$got")"
}

echo 'python3-rtslib-fb 2.1.75-2.1'
line copy "errors [], enabled [True], portals ['192.0.2.1']" ' of what dump() returned'
line once "errors [], enabled [True], portals ['192.0.2.1']" ''
line left '[{}]' ' in the argument, of its portal groups (wrong)'
line twice 'errors [], enabled [True], portals []' ' (wrong)'
finish
