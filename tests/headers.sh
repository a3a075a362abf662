#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: tests/headers.sh [--list] [bookworm|trixie]...
#
# Compiles the modules with W=1 against the newest headers of each kernel series that
# Debian 12 and Debian 13 offer, with those of the flavours rt and cloud, none of which is
# booted. Without a warning is ok. --list: prints which kernels these are, and stops.
# Results as KTAP.

. "$(dirname "$0")/vm/lib.sh"
. "$VM_DIR/apt.sh"
# shellcheck source=tests/lib/ktap.sh
. "$TREE/tests/lib/ktap.sh"

list=''
case ${1:-} in
--list) list=1; shift ;;
-h | --help) usage ;;
esac
[ $# -gt 0 ] || set -- bookworm trixie

# kernels RELEASE: the newest kernel of each series and flavour
kernels() {
	apt_lists "$1"
	apt_sorted "$1" '^linux-headers-[0-9.]+(-[0-9]+|\+deb[0-9]+)-((rt|cloud)-)?amd64$' |
		sed -E 's/^linux-headers-//; s/^([0-9]+\.[0-9]+)(.*[0-9])-((rt-|cloud-)?amd64)$/\1 \3 &/' |
		awk '{ newest[$1 " " $2] = $3 } END { for (k in newest) print newest[k] }' | sort -V
}

if [ "$list" ]; then
	for release; do kernels "$release" | sed "s/^/$release /"; done
	exit
fi

# make_root: only what a build needs. The packages of headers depend on the images of their
# kernels, so they are unpacked, not installed.
make_root() {
	local out=$1 kernel parts deb elf=libelf1
	[ "$release" = bookworm ] || elf=libelf1t64
	mmdebstrap --quiet --variant=minbase --skip=output/dev \
		--include="make,gcc,libc6-dev,ccache,perl,python3,$elf" "$release" "$out/root" "$CACHE/apt/$release/sources.list"
	mapfile -t parts < <(for kernel in $found; do
			echo "linux-headers-$kernel"
			apt_in "$release" apt-cache show --no-all-versions "linux-headers-$kernel" |
				sed -n 's/^Depends: //p' | grep -oE 'linux-(headers-[^ ,]+-common[^ ,]*|kbuild-[^ ,]+)'
		done | sort -u)
	mkdir "$out/packages"
	apt_fetch "$release" "$out/packages" "${parts[@]}"
	for deb in "$out"/packages/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$out/root" --keep-directory-symlink
	done
	rm -r "$out/packages"
}

# compile KERNEL: builds the modules in the root, without BTF, which would need pahole
compile() {
	# shellcheck disable=SC2016 # it is the inner shell's
	unshare --mount sh -ec '
		root=$1 work=$2 ccache=$3 jobs=$4 kernel=$5
		mount -t proc proc "$root/proc"
		mount --bind "$work" "$root/mnt"
		mount --bind "$ccache" "$root/media"
		exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 CCACHE_DIR=/media \
			CCACHE_MAXSIZE=500M DEBIAN_KERNEL_USE_CCACHE=1 chroot "$root" make -j"$jobs" \
			-C "/usr/src/linux-headers-$kernel" M=/mnt W=1 CONFIG_DEBUG_INFO_BTF_MODULES= modules
	' sh "$root/root" "$work" "$CACHE/packages/ccache" "$JOBS" "$1"
}

# clean KERNEL: whether that goes without a warning, and makes the three modules
clean() {
	local code=0
	rm -rf "${work:?}"/*
	(cd "$TREE" && find Kbuild include proto core initiator target -type f \
		\( -name '*.[ch]' ! -name '*.mod.c' -o -name Kbuild -o -name Makefile \) -exec cp --parents -t "$work" {} +)
	compile "$1" 2>&1 | grep -v 'warning: pahole version differs' >"$work/make.log" || code=$?
	grep -E -A3 '(warning|error):|WARNING:|ERROR:|\*\*\*' "$work/make.log" | head -n 40 | sed 's/^/# /' || true
	[ $code = 0 ] && ! grep -qE '(warning|error):|WARNING:' "$work/make.log" &&
		[ -e "$work/iser_core.ko" ] && [ -e "$work/ib_iser.ko" ] && [ -e "$work/ib_isert.ko" ]
}

need_root
need mmdebstrap=mmdebstrap
mkdir -p "$CACHE/packages/ccache"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
plan
for release; do
	found=$(kernels "$release")
	root=$(cached "headers-all/$release" "$({ declare -f make_root; echo "$found"; } | hash_of)" \
		"making a root of $release with the headers of $(wc -w <<<"$found") kernels" make_root)
	for kernel in $found; do passes "headers/$release/$kernel" clean "$kernel"; done
done
echo "1..$number"
tally
