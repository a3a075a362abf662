#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: tests/vm/root.sh
#
# Makes the root file system of the test machines, Debian 12 with the packages listed in
# tests/vm/packages, and prints the path of its image. The machines mount it read-only
# under an overlay, so that no run can change it for the next one.

. "$(dirname "$0")/lib.sh"
. "$VM_DIR/apt.sh"

make_root() {
	local out=$1 list
	list=$(grep -v '^#' "$VM_DIR/packages" | paste -sd,)
	mmdebstrap --quiet --variant=minbase --include="$list" --skip=output/dev \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		bookworm "$out/root" "$CACHE/apt/bookworm/sources.list"
	# Mount points, which could not be made on a read-only root.
	mkdir -p "$out/root/host/tree" "$out/root/host/out" "$out/root/usr/lib/modules"
	mke2fs -q -t ext4 -O ^has_journal -m 0 -d "$out/root" "$out/root.ext4" \
		"$(($(du -sm "$out/root" | cut -f1) * 5 / 4 + 64))M"
	rm -rf "$out/root"
}

case ${1:-} in -h | --help) usage ;; esac
need_root
need mmdebstrap=mmdebstrap mke2fs=e2fsprogs
apt_lists bookworm
# The key has the newest version of each package: a security update of any of them makes
# a new root.
newest=$(grep -v '^#' "$VM_DIR/packages" | APT_CONFIG=$CACHE/apt/bookworm/apt.conf \
	xargs apt-cache show --no-all-versions | grep -E '^(Package|Version):')
echo "$(cached root "$(hash_of "$0" "$VM_DIR/packages" <<<"$newest")" \
	"making the guest's root (half a minute)" make_root)/root.ext4"
