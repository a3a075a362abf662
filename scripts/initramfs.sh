#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: scripts/initramfs.sh [RELEASE]
#
# Makes the initramfs of kernel RELEASE (the running one) anew if it has an ib_iser that
# is another one than modprobe would load. DKMS runs this after it has installed the
# modules, and the package before its removal. Only for initramfs-tools; without them, or
# without an initramfs of that kernel, there is nothing to do.

set -eu

case ${1:-} in -h | --help) sed -n '3,/^$/s/^# \{0,1\}//p' "$0"; exit ;; esac
release=${1:-$(uname -r)}
image=/boot/initrd.img-$release
command -v update-initramfs >/dev/null && [ -e "$image" ] || exit 0

# DKMS runs depmod only after this script.
depmod "$release"
content=$(lsinitramfs "$image" | grep -E '/(ib_iser|iser_core)\.ko' || true)
[ -n "$content" ] || exit 0
# The kernel's own does not change, so an initramfs that has it may stay if it is still
# the one to be loaded. One that has ours may have an older build.
if grep -q /iser_core <<<"$content" || modinfo -k "$release" iser_core >/dev/null 2>&1; then
	update-initramfs -u -k "$release"
fi
