#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: tests/packages/root.sh bookworm|trixie
#
# Makes a root file system of that Debian release, for tests/packages.sh: with the packages
# listed in tests/packages/packages, with one kernel and its headers installed, and with the
# files of a second, newer kernel in /kernels. Prints where it is and the names of these
# kernels, as lines for a shell: root, first, second.

. "$(dirname "$0")/../vm/lib.sh"
. "$VM_DIR/apt.sh"

make_root() {
	local out=$1 list
	list=$(paste -sd, <<<"$packages")
	# The initramfs has only the modules that hooks ask for, so that it is soon made.
	# shellcheck disable=SC2016 # mmdebstrap expands its root
	mmdebstrap --quiet --variant=minbase --include="$list" --skip=output/dev \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--setup-hook='mkdir -p "$1/etc/initramfs-tools/conf.d"' \
		--setup-hook='echo MODULES=list >"$1/etc/initramfs-tools/conf.d/small"' \
		--customize-hook='export APT_CONFIG=$MMDEBSTRAP_APT_CONFIG && apt-get clean && apt-get -qq -y \
			install -t '"$suite"' --no-install-recommends --download-only '"$(kernel_packages "$second" | paste -sd' ')" \
		--customize-hook='mkdir "$1/kernels" && mv "$1"/var/cache/apt/archives/*.deb "$1/kernels"' \
		"$release" "$out/root" "$CACHE/apt/$release/sources.list"
}

kernel_packages() { printf '%s\n' "linux-image-$1" "linux-headers-$1"; }

# kernel_of SERIES: the release of a kernel that other tests use too
kernel_of() {
	local release='' found
	found=$("$VM_DIR/kernel.sh" "$1")
	eval "$found"
	echo "$release"
}

release=${1:-}
case $release in
bookworm)
	apt_lists bookworm
	first=$(kernel_of 6.1) second=$(kernel_of 6.12) suite=bookworm ;;
trixie)
	apt_lists trixie
	first=$(apt_newest trixie '^linux-image-6\.12\.[0-9]+\+deb13-amd64$') second=$(kernel_of newest)
	first=${first#linux-image-}
	# The newest kernel needs other packages from there.
	suite=trixie-backports ;;
*) usage ;;
esac
need_root
need mmdebstrap=mmdebstrap
packages=$(grep -v '^#' "$TREE/tests/packages/packages"; kernel_packages "$first")
# The key has the newest version of each package: an update of any makes a new root.
newest=$({ echo "$packages"; kernel_packages "$second"; } |
	APT_CONFIG=$CACHE/apt/$release/apt.conf xargs apt-cache show --no-all-versions |
	grep -E '^(Package|Version):')
root=$(cached "packages/$release" "$(hash_of "$0" <<<"$newest")" \
	"making a root of $release with two kernels (2 minutes)" make_root)
cat <<END
root=$root/root
first=$first
second=$second
END
