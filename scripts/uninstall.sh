#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: scripts/uninstall.sh [RELEASE [ROOT]]
#
# Removes our modules of kernel RELEASE (the running one) from updates/, so that
# modprobe finds the kernel's own again; with ROOT from those below this folder.
# Removes only files that "make install" put there: another vendor's ib_iser stays, and
# so do the modules in updates/dkms, which belong to DKMS.

set -eu

case ${1:-} in -h | --help) sed -n '3,/^$/s/^# \{0,1\}//p' "$0"; exit ;; esac
release=${1:-$(uname -r)}
root=${2:-}
dir=$root/lib/modules/$release/updates
removed=0

# Ours are iser_core and the modules that depend on it.
ours() {
	case ${1##*/} in
	iser_core.ko*) return 0 ;;
	esac
	modinfo -F depends "$1" | tr , '\n' | grep -qx iser_core
}

if [ -d "$dir" ]; then
	while read -r ko; do
		ours "$ko" || continue
		rm -v "$ko"
		removed=1
	done < <(find "$dir" -path "$dir/dkms" -prune -o \
		\( -name 'iser_core.ko*' -o -name 'ib_iser.ko*' -o -name 'ib_isert.ko*' \) -print)
	# Removes only empty folders, since other vendors may keep modules here.
	find "$dir" -mindepth 1 -type d -empty ! -path "$dir/dkms" ! -path "$dir/dkms/*" -delete
	rmdir --ignore-fail-on-non-empty "$dir"
fi
[ $removed = 1 ] || echo "none of our modules is installed for $release${root:+ below $root}"
depmod ${root:+-b "$root"} "$release"
