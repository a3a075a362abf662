#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: tests/vm/modules.sh [--sparse] [--faults] [--siw|--adapter] 6.1|6.12|newest
#
# Builds the modules of this tree for that kernel, from a copy in the cache, with W=1, and
# prints their folder. Its file "warnings" has the warnings of the compiler. --sparse: runs
# sparse on them too (C=2, with endian checks). --siw: builds siw of Debian's kernel
# source instead, which Debian's kernels lack; --adapter: tests/adapter instead.

. "$(dirname "$0")/lib.sh"

sparse='' faults='' siw='' adapter=''
while [ $# -gt 0 ]; do
	case $1 in
	--sparse) sparse=1 ;;
	--faults) faults=faults ;;
	--siw) siw=1 ;;
	--adapter) adapter=1 ;;
	-h | --help) usage ;;
	*) break ;;
	esac
	shift
done
[ $# = 1 ] || usage 1 >&2

# Only files that the build reads cause a new build, so not tests or documentation.
sources() {
	cd "$TREE"
	{ find Kbuild include proto core initiator target ${faults:+tests/faults} -type f ! -name '*.mod.c' \
		\( -name '*.[chS]' -o -name Kbuild -o -name Makefile \) 2>/dev/null || true; } | sort
}

# kbuild DIR ARGUMENT...: runs make in DIR with the compiler of the kernel
kbuild() {
	# BTF would need pahole, and these tests do not use it.
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

# compile OUT ARGUMENT...: runs kbuild on the sources in OUT/build and keeps the modules,
# without debug information for the guest, and with it in debug/
compile() {
	local out=$1 ko
	shift
	kbuild "$out/build" "$@" >"$out/make.log" 2>&1 ||
		{ grep -E -A3 'error|Error|\*\*\*' "$out/make.log" | head -n 40; return 1; }
	mkdir "$out/debug"
	find "$out/build" -name '*.ko' | while read -r ko; do
		cp "$ko" "$out/debug/"
		strip -g -o "$out/${ko##*/}" "$ko"
	done
	# This keeps compiler warnings, but not the note that BTF was skipped without a vmlinux.
	grep -E '(warning|error):|WARNING:' "$out/make.log" >"$out/warnings" || true
}

build_modules() {
	local out=$1 f check=()
	mkdir "$out/build"
	for f in $(sources); do install -D -m 644 "$TREE/$f" "$out/build/$f"; done
	[ -z "$sparse" ] || check=(C=2 CHECK=sparse CF=-D__CHECK_ENDIAN__)
	[ -z "$faults" ] || check+=(ISER_FAULTS=1)
	compile "$out" W=1 "${check[@]}"
}

build_siw() {
	local out=$1 source
	source=$("$VM_DIR/kernel.sh" --source "$kernel")
	mkdir "$out/build"
	cp "$source"/drivers/infiniband/sw/siw/* "$out/build/"
	sed -i 's/obj-$(CONFIG_RDMA_SIW)/obj-m/' "$out/build/Makefile"
	compile "$out"
}

build_adapter() {
	local out=$1
	mkdir "$out/build"
	cp "$TREE"/tests/adapter/{Kbuild,*.[ch]} "$out/build/"
	rm -f "$out/build/"*.mod.c
	compile "$out" W=1
}

kernel=$1
need make=make gcc=gcc sparse=sparse strip=binutils
release='' key='' headers='' chroot='' # the next line sets these
found=$("$VM_DIR/kernel.sh" "$kernel")
eval "$found"
if [ "$siw" ]; then
	cached "siw/$kernel" "$(hash_of "$0" <<<"$key siw")" \
		"building siw for $release" build_siw
elif [ "$adapter" ]; then
	[ "$kernel" = 6.12 ] || die "the adapter is made for 6.12"
	cached "adapter/$kernel" \
		"$(hash_of "$0" "$TREE"/tests/adapter/{Kbuild,*.[ch]} <<<"$key")" \
		"building the adapter for $release" build_adapter
else
	[ -e "$TREE/Kbuild" ] || die "no Kbuild in $TREE: nothing to build yet"
	tree=$(cd "$TREE" && sources | xargs sha256sum)
	cached "modules/$kernel${sparse:+-sparse}${faults:+-faults}" \
		"$(hash_of "$0" <<<"$key $sparse $faults $tree")" \
		"building our modules for $release${sparse:+ under sparse}" build_modules
fi
