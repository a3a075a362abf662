#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: tests/vm/initrd.sh 6.1|6.12|newest
#
# Makes what a machine with that kernel boots from, and prints as lines for a shell:
# initrd (a small one that finds the root) and modimg (a file system image with the
# kernel's modules, already unpacked, so that the guest need not do it).

. "$(dirname "$0")/lib.sh"

# A test machine never needs these, which are most of the kernel's size.
DROP="sound drivers/gpu drivers/media drivers/staging drivers/usb drivers/iio
	drivers/hwmon drivers/input drivers/isdn drivers/bluetooth net/bluetooth
	net/mac80211 net/wireless drivers/net/wireless drivers/net/ethernet
	drivers/mfd drivers/power drivers/leds drivers/platform drivers/mtd
	drivers/infiniband/hw fs/ocfs2 fs/gfs2 fs/ceph fs/smb fs/cifs"

# These suffice to mount the root; all other modules are in the image.
BOOT="virtio_pci virtio_blk 9p 9pnet_virtio overlay ext4 crc32c_generic libcrc32c"

make_initrd() {
	local out=$1 m
	cp -a "$modules" "$out/full"
	(cd "$out/full/kernel" && for m in $DROP; do rm -rf "$m"; done)
	rm -f "$out/full/build" "$out/full/source"
	find "$out/full" -name '*.ko.xz' -print0 | xargs -0 -r -n 16 -P "$JOBS" xz -d
	mkdir -p "$out/base/lib/modules" "$out/ird/bin" "$out/ird/lib/modules/$release"
	mv "$out/full" "$out/base/lib/modules/$release"
	depmod -b "$out/base" "$release"

	# If there is no such module, it is built in, or this kernel does not have it.
	for m in $BOOT; do
		modprobe -d "$out/base" -S "$release" --show-depends "$m" 2>/dev/null || true
	done | awk '$1 == "insmod" { print $2 }' | sort -u | while read -r m; do
		install -D -m 644 "$m" "$out/ird/${m#"$out/base/"}"
	done
	cp "$out/base/lib/modules/$release"/modules.{order,builtin,builtin.modinfo} "$out/ird/lib/modules/$release/"
	depmod -b "$out/ird" "$release"
	cp "$busybox" "$out/ird/bin/busybox"
	install -m 755 "$VM_DIR/guest/init" "$out/ird/init"
	(cd "$out/ird" && find . | cpio -o -H newc --quiet | gzip -1) >"$out/initrd"

	mke2fs -q -t ext4 -O ^has_journal -m 0 -d "$out/base/lib/modules" "$out/modules.ext4" \
		"$(($(du -sm "$out/base" | cut -f1) * 5 / 4 + 32))M"
	# depmod needs these files later, when our own modules are added.
	rm -rf "$out/ird"
	mv "$out/base" "$out/tree"
}

get_busybox() {
	apt_fetch bookworm "$1" busybox-static
	dpkg-deb --fsys-tarfile "$1"/*.deb | tar -xO ./bin/busybox >"$1/busybox"
	chmod +x "$1/busybox"
	rm "$1"/*.deb
}

case ${1:-} in -h | --help | '') usage ;; esac
. "$VM_DIR/apt.sh"
need cpio=cpio xz=xz-utils mke2fs=e2fsprogs depmod=kmod
release='' modules='' key='' # the next line sets these
found=$("$VM_DIR/kernel.sh" "$1")
eval "$found"
apt_lists bookworm
busybox=$(cached busybox "$(apt_version bookworm busybox-static | hash_of)" \
	"fetching busybox" get_busybox)/busybox
dir=$(cached "initrd/$1" "$(hash_of "$0" "$VM_DIR/guest/init" <<<"$key")" \
	"making the initrd for $release" make_initrd)
echo "initrd=$dir/initrd"
echo "modimg=$dir/modules.ext4"
echo "modtree=$dir/tree"
