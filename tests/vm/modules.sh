#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: tests/vm/modules.sh [--sparse] [--faults] [--siw] 6.1|6.12|newest
#
# Builds the modules of this tree for that kernel, from a copy in the cache,
# with W=1, and prints the folder they are in. The file "warnings" in there has
# what the compiler said. --sparse: runs sparse over them too (C=2, with endian
# checks). --siw: builds siw of Debian's kernel source instead, which Debian's
# kernels lack.

. "$(dirname "$0")/lib.sh"

sparse='' faults='' siw=''
while [ $# -gt 0 ]; do
	case $1 in
	--sparse) sparse=1 ;;
	--faults) faults=faults ;;
	--siw) siw=1 ;;
	-h | --help) usage ;;
	*) break ;;
	esac
	shift
done
[ $# = 1 ] || usage 1 >&2

# Only what the build reads makes a new build: not tests, not documentation.
sources() {
	cd "$TREE"
	{ find Kbuild include proto core initiator target ${faults:+tests/faults} -type f ! -name '*.mod.c' \
		\( -name '*.[chS]' -o -name Kbuild -o -name Makefile \) 2>/dev/null || true; } | sort
}

# kbuild DIR ARGUMENT...: make modules there, where the kernel's compiler is.
kbuild() {
	# BTF needs pahole and tells these tests nothing.
	local dir=$1 no_btf=CONFIG_DEBUG_INFO_BTF_MODULES=
	shift
	if [ -z "$chroot" ]; then
		make -j"$JOBS" -C "$headers" M="$dir" $no_btf "$@" modules
	else
		# shellcheck disable=SC2016 # it is the inner shell's
		unshare --mount sh -ec '
			root=$1 dir=$2
			shift 2
			mount -t proc proc "$root/proc"
			mount --bind "$dir" "$root/mnt"
			exec chroot "$root" make "$@" M=/mnt modules
		' sh "$chroot" "$dir" -j"$JOBS" -C "$headers" $no_btf "$@"
	fi
}

# keep OUT: modules without debug information for the guest, with it beside.
keep() {
	local out=$1 ko
	mkdir "$out/debug"
	find "$out/build" -name '*.ko' | while read -r ko; do
		cp "$ko" "$out/debug/"
		strip -g -o "$out/${ko##*/}" "$ko"
	done
	# A missing prototype or the like is a warning; BTF without a vmlinux is not.
	grep -E '(warning|error):|WARNING:' "$out/make.log" >"$out/warnings" || true
}

build_modules() {
	local out=$1 f check=()
	mkdir "$out/build"
	for f in $(sources); do install -D -m 644 "$TREE/$f" "$out/build/$f"; done
	[ -z "$sparse" ] || check=(C=2 CHECK=sparse CF=-D__CHECK_ENDIAN__)
	[ -z "$faults" ] || check+=(ISER_FAULTS=1)
	kbuild "$out/build" W=1 "${check[@]}" >"$out/make.log" 2>&1 ||
		{ grep -E -A3 'error|Error|\*\*\*' "$out/make.log" | head -n 40; return 1; }
	keep "$out"
}

build_siw() {
	local out=$1 source
	source=$("$VM_DIR/kernel.sh" --source "$kernel")
	mkdir "$out/build"
	cp "$source"/drivers/infiniband/sw/siw/* "$out/build/"
	sed -i 's/obj-$(CONFIG_RDMA_SIW)/obj-m/' "$out/build/Makefile"
	kbuild "$out/build" >"$out/make.log" 2>&1
	keep "$out"
}

kernel=$1
need make=make gcc=gcc sparse=sparse strip=binutils
release='' key='' headers='' chroot='' # set by the next line
found=$("$VM_DIR/kernel.sh" "$kernel")
eval "$found"
if [ "$siw" ]; then
	cached "siw/$kernel" "$(hash_of "$0" <<<"$key siw")" \
		"building siw for $release" build_siw
else
	[ -e "$TREE/Kbuild" ] || die "no Kbuild in $TREE: nothing to build yet"
	tree=$(cd "$TREE" && sources | xargs sha256sum)
	cached "modules/$kernel${sparse:+-sparse}${faults:+-faults}" \
		"$(hash_of "$0" <<<"$key $sparse $faults $tree")" \
		"building our modules for $release${sparse:+ under sparse}" build_modules
fi
