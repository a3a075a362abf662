#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a file system on the disk keeps a file over a new login"
. "$(dirname "$0")/../../lib.sh"

need_program mkfs.ext4
modprobe -q crc32c_generic || true
modprobe -q ext4 || true
grep -qw ext4 /proc/filesystems || skip 'this kernel has no ext4'
target_up t1 64
session_up
mkfs.ext4 -q "$DEVICE"
mkdir -p /tmp/iser-case/mnt
on_exit 'umount /tmp/iser-case/mnt 2>/dev/null'
mount "$DEVICE" /tmp/iser-case/mnt
pattern /tmp/iser-case/file $((8 << 20))
cp /tmp/iser-case/file /tmp/iser-case/mnt/file
umount /tmp/iser-case/mnt
logout
login
device
mount "$DEVICE" /tmp/iser-case/mnt
cmp /tmp/iser-case/file /tmp/iser-case/mnt/file || fail 'the file is another one'
umount /tmp/iser-case/mnt
