#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: scripts/demo.sh [--kernel 6.1|6.12|newest] [--initiator ours|kernel]
#            [--target ours|kernel]
#
# Shows the pair at work in two virtual machines, a target and an initiator, on a
# network with Soft-RoCE. The target is configured with targetcli; the initiator logs in
# with iscsiadm, makes a file system, writes data, reads it back and compares it. The
# script first installs and builds what is missing.

set -euo pipefail
tree=$(cd "$(dirname "$0")/.." && pwd)
case ${1:-} in -h | --help) sed -n '3,/^$/s/^# \{0,1\}//p' "$0"; exit ;; esac

"$tree/scripts/packages.sh" qemu-system-x86 mmdebstrap make gcc e2fsprogs cpio kmod xz-utils \
	binutils debian-archive-keyring util-linux libelf1 libssl3

out=$tree/tests/results/demo
mkdir -p "$out"
echo "Two virtual machines: a target with a RAM disk, an initiator that uses it."
echo "First what they need is made, if it is not there already."
code=0
"$tree/tests/vm/pair.sh" --out "$out" --provider rxe "$@" \
	"$tree/scripts/demo/target.sh" "$tree/scripts/demo/initiator.sh" || code=$?
echo
if [ $code = 0 ]; then
	cat "$out/initiator/summary"
	echo "Done in $SECONDS s. Consoles and kernel logs: $out"
else
	echo "The demo FAILED (exit code $code). Last lines of the kernel logs:"
	for role in target initiator; do
		tail -n 12 "$out/$role/dmesg" 2>/dev/null | sed "s/^/$role: /" || true
	done
	echo "All of it: $out"
fi
exit $code
