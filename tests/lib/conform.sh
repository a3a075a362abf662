# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs cases of iser-conform with a target that the test case makes.

# conform_up: prepares what iser-conform needs
conform_up() {
	need_tool iser-conform
	modprobe -a rdma_ucm ib_uverbs
}

# conform_target [STORE]: makes target t1, which allows all that the cases use, with STORE
# or a ramdisk
conform_target() {
	local store=${1:-}
	conform_up
	target_receives 640
	target_new t1
	[ -n "$store" ] || store=$(backstore_ram t1 64)
	target_lun t1 0 "$store"
	target_portal t1
	target_set t1 param InitialR2T No
	target_set t1 param MaxConnections 4
	target_on t1
}

# conform CASE...: runs each in a process of its own; fails if one fails
conform() {
	"$ISER_TOOLS/iser-conform" --as initiator --to "$(portal)" --target "$(iqn t1)" \
		--initiator "$iqn_prefix:conform" --slow "$SLOW" "$@"
}
