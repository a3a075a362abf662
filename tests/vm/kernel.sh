#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: tests/vm/kernel.sh [--source] 6.1|6.12|newest|oldest-6.1|oldest-6.12|RELEASE
#
# Fetches a kernel of Debian into the cache and prints where its parts are, as lines for
# a shell: release, image, modules, headers, chroot. Installs nothing on this host.
# "6.1" and "6.12" are the newest kernels of their series that Debian 12 offers, with
# "oldest-" the oldest ones that it still has. RELEASE is one of these by its name, such
# as 6.1.0-50 or 6.12.111+deb12.
# "newest" is the newest kernel that Debian offers for its stable release. It needs a
# newer compiler than Debian 12 has, which is then in the folder that "chroot" names
# ("headers" is a path in that folder). --source: prints the folder with the parts of
# Debian's kernel source that the build and the checks use (siw, checkpatch), which are
# those of the newest kernel of the series.

. "$(dirname "$0")/lib.sh"
. "$VM_DIR/apt.sh"

# Packages with modules and image, by series. The exact version changes with every
# security update, so the script looks it up.
find_kernel() {
	local of_6_1='^linux-image-6\.1\.0-[0-9]+-amd64-unsigned$'
	local of_6_12='^linux-image-6\.12\.[0-9]+\+deb12-amd64-unsigned$'
	debian=bookworm
	case $1 in
	6.1) pkg=$(apt_newest bookworm "$of_6_1") ;;
	6.12) pkg=$(apt_newest bookworm "$of_6_12") ;;
	oldest-6.1) pkg=$(apt_oldest bookworm "$of_6_1") ;;
	oldest-6.12) pkg=$(apt_oldest bookworm "$of_6_12") ;;
	6.1.0-[0-9]* | 6.12.[0-9]*+deb12)
		pkg=linux-image-$1-amd64-unsigned
		[ -n "$(apt_version bookworm "$pkg")" ] || pkg='' ;;
	newest)
		debian=trixie
		pkg=$(apt_newest trixie '^linux-modules-[0-9.]+\+deb13-amd64$') ;;
	*)
		die "unknown kernel '$1', see --help" ;;
	esac
	[ -n "$pkg" ] || die "no package of kernel $1 in Debian $debian"
	release=${pkg#linux-image-} release=${release#linux-modules-}
	release=${release%-unsigned}
	base=${release%-amd64}
}

# Series of linux-source and linux-kbuild: 6.1.0-56 has 6.1, 7.3.4+deb13 has 7.3.
series() { sed -E 's/^([0-9]+\.[0-9]+).*/\1/' <<<"$base"; }

unpack_image() {
	local out=$1 packages=("$pkg") deb
	[ "${pkg#linux-modules-}" = "$pkg" ] ||
		packages+=("linux-binary-unsigned-$release" "linux-base-$release")
	apt_fetch "$debian" "$out" "${packages[@]}"
	for deb in "$out"/*.deb; do dpkg-deb -x "$deb" "$out"; done
	rm "$out"/*.deb
	# Debian 13 has the modules and the image in /usr/lib.
	[ -d "$out/lib/modules/$release" ] || ln -s usr/lib "$out/lib"
	local image
	image=$(find "$out" -type f -name 'vmlinuz*' | head -n 1)
	[ -n "$image" ] || { echo "no vmlinuz in ${packages[*]}"; return 1; }
	ln -s "$image" "$out/vmlinuz"
}

# The header packages refer to each other by absolute paths, which have to lead to the cache.
unpack_headers() {
	local out=$1 deb kbuild=linux-kbuild-$base l
	[ -n "$(apt_version "$debian" "$kbuild")" ] || kbuild=linux-kbuild-$(series)
	apt_fetch "$debian" "$out" "linux-headers-$release" "linux-headers-$base-common" "$kbuild"
	for deb in "$out"/*.deb; do dpkg-deb -x "$deb" "$out"; done
	rm "$out"/*.deb
	find "$out/usr/src" -maxdepth 2 -name Makefile -exec \
		sed -i -E "s,(^|[^A-Za-z0-9_/-])/usr/(src|lib)/linux-,\1$out/usr/\2/linux-,g" {} +
	find "$out" -type l -lname '/usr/*' | while read -r l; do
		ln -sfn "$out$(readlink "$l")" "$l"
	done
}

# Makes a root of Debian 13 with its compiler and the headers.
build_root() {
	local out=$1
	mmdebstrap --quiet --variant=minbase \
		--include="make,gcc-14,libc6-dev,sparse,libelf1t64,linux-headers-$release" \
		--skip=output/dev trixie "$out" "$CACHE/apt/trixie/sources.list"
}

unpack_source() {
	local out=$1 deb tar
	apt_fetch "$debian" "$out" "linux-source-$(series)"
	deb=$(echo "$out"/*.deb)
	tar=./usr/src/linux-source-$(series).tar.xz
	dpkg-deb --fsys-tarfile "$deb" | tar -xO "$tar" | tar -xJ -C "$out" --strip-components=1 \
		--wildcards '*/drivers/infiniband/sw/siw' '*/scripts/checkpatch.pl' \
		'*/scripts/spelling.txt' '*/scripts/const_structs.checkpatch'
	rm "$deb"
}

# answer_holds: whether there is an answer, and each of its paths still exists in the cache
answer_holds() {
	local line path
	[ -s "$answer" ] || return 1
	while read -r line; do
		case $line in
		release=* | key=* | headers=* | chroot=) ;;
		*) path=${line#*=}; [ -e "$path" ] || return 1 ;;
		esac
	done <"$answer"
}

# answer: prints its input and keeps it. Another run may ask meanwhile, so the file
# appears whole or not at all.
answer() {
	tee "$answer.$$"
	mv "$answer.$$" "$answer"
}

want=${1:-}
case $want in
--source) want=${2:-} ;;
-h | --help | '') usage ;;
esac
case $want in newest) list=trixie ;; *) list=bookworm ;; esac
self=$VM_DIR/kernel.sh
# Each run asks several times, so the last answer is used as long as the package lists are.
answer=$CACHE/kernel/$want$([ "$1" != --source ] || echo -source).$(hash_of "$self" </dev/null)
mkdir -p "${answer%/*}"
apt_lists $list
if [ "$answer" -nt "$CACHE/apt/$list/fresh" ] && answer_holds; then
	cat "$answer"
	exit
fi
need mmdebstrap=mmdebstrap xz=xz-utils
find_kernel "$want"

if [ "$1" = --source ]; then
	version=$(apt_version "$debian" "linux-source-$(series)")
	source=$(cached "source/$want" "$(hash_of "$self" <<<"$version")" \
		"unpacking parts of linux-source $version" unpack_source)
	answer <<<"$source"
	exit
fi

version=$(apt_version "$debian" "$pkg")
key=$(hash_of "$self" <<<"$release $version")
image=$(cached "kernel/$want" "$key" "fetching kernel $release" unpack_image)
if [ $list = trixie ]; then
	need_root
	root=$(cached "buildroot/$want" "$key" "making a build root for $release" build_root)
	headers=/usr/src/linux-headers-$release
else
	root=
	headers=$(cached "headers/$want" "$key" "fetching headers $release" unpack_headers)
	headers=$headers/usr/src/linux-headers-$release
fi
answer <<EOF
release=$release
key=$key
image=$image/vmlinuz
modules=$image/lib/modules/$release
headers=$headers
chroot=$root
EOF
