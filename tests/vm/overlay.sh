#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: tests/vm/overlay.sh 6.1|6.12|newest INITIATOR TARGET [faults]
#
# INITIATOR and TARGET are "ours" or "kernel"; faults: the test build of our modules.
# Prints a folder that a machine lays over its /lib/modules/<release>. It has those of our
# modules that are asked for, siw, and the tables of depmod for them. The folder "debug"
# next to it has our modules with debug information, for reading addresses in reports.
# With ISER_ADAPTER in the environment the folder also has tests/adapter.

. "$(dirname "$0")/lib.sh"

make_overlay() {
	local out=$1 tree=$1/tree release
	release=$(basename "$(echo "$modtree"/lib/modules/*)")
	# Hard links suffice, because depmod writes new tables and only reads the modules.
	cp -al "$modtree" "$tree"
	rm -f "$tree/lib/modules/$release"/modules.*.bin
	mkdir -p "$tree/lib/modules/$release/updates" "$out/modules"
	cp "${extra[@]}" "$tree/lib/modules/$release/updates/"
	depmod -b "$tree" "$release"
	cp "$tree/lib/modules/$release"/modules.* "$out/modules/"
	mv "$tree/lib/modules/$release/updates" "$out/modules/"
	rm -rf "$tree"
	[ -z "$ours" ] || cp -r "$ours/debug" "$out/debug"
}

case $#${4:-} in 3 | 4faults) ;; *) usage 1 >&2 ;; esac
kernel=$1 initiator=$2 target=$3 faults=${4:-}
modtree='' ours='' # the next line sets modtree
found=$("$VM_DIR/initrd.sh" "$kernel")
eval "$found"
extra=("$("$VM_DIR/modules.sh" --siw "$kernel")/siw.ko")
[ -z "${ISER_ADAPTER:-}" ] ||
	extra+=("$("$VM_DIR/modules.sh" --adapter "$kernel")/rdma_adapter.ko")
if [ "$initiator$target" != kernelkernel ]; then
	ours=$("$VM_DIR/modules.sh" ${faults:+--faults} "$kernel")
	[ ! -s "$ours/warnings" ] || say "our modules compile with warnings, see $ours/warnings"
	extra+=("$ours/iser_core.ko")
	[ "$initiator" = kernel ] || extra+=("$ours/ib_iser.ko")
	[ "$target" = kernel ] || extra+=("$ours/ib_isert.ko")
fi
dir=$(cached "overlay/$kernel-$initiator-$target${faults:+-faults}${ISER_ADAPTER:+-adapter}" \
	"$(hash_of "$0" "${extra[@]}" <<<"$modtree")" "tables of modules" make_overlay)
echo "$dir/modules"
