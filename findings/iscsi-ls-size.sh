#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: findings/iscsi-ls-size.sh
#
# "iscsi-ls -s" of libiscsi shows disks as smaller than they are. It takes the address of
# the last block, which READ CAPACITY returns (SBC-3, RETURNED LOGICAL BLOCK ADDRESS), for
# the number of blocks, and rounds down: a disk of 1 GiB has "1023M". And where READ
# CAPACITY (10) answers FFFFFFFFh, which means that the disk is too large for this command,
# it does not ask with READ CAPACITY (16): a disk of 3 TiB has "1T".
# iscsi-readcapacity16 of the same package says the right number of bytes.
#
# Seen with libiscsi-bin 1.19.0-3 of Debian 12, against tgtd 1:1.0.85-1+deb12u1 over TCP
# with two empty files, which take no space, as disks. All runs in user, mount and network
# namespaces, so it needs no root. Exit code 1 if iscsi-ls shows something else than was
# seen, 77 if the versions or namespaces are not to be had. Needs iproute2.

set -eu
# shellcheck source=findings/lib/tools.sh
. "$(dirname "$0")/lib/tools.sh"
namespaces -rmn
unpack libiscsi-bin=1.19.0-3 libiscsi7=1.19.0-3 tgt=1:1.0.85-1+deb12u1

truncate -s 1G "$work/disk1"
truncate -s 3T "$work/disk2"
cat >"$work/disks.sh" <<'EOF'
set -eu
export TGT_IPC_SOCKET=$work/tgtd
url=iscsi://127.0.0.1 target=iqn.2024-01.org.example:disks
ip link set lo up
tgtd -f >"$work/tgtd.log" 2>&1 &
# It does not end at a SIGTERM.
trap "kill -KILL $!" EXIT
for _ in {1..100}; do
	tgtadm --op show --mode system >/dev/null 2>&1 && break
	sleep 0.1
done
tgtadm --lld iscsi --op new --mode target --tid 1 -T $target
for lun in 1 2; do
	tgtadm --lld iscsi --op new --mode logicalunit --tid 1 --lun $lun -b "$work/disk$lun"
done
tgtadm --lld iscsi --op bind --mode target --tid 1 -I ALL
timeout 10 iscsi-ls -s $url | grep DIRECT_ACCESS
for lun in 1 2; do
	echo "Lun:$lun bytes $(timeout 10 iscsi-readcapacity16 -s $url/$target/$lun)"
done
EOF
export work
got=$("${apart[@]}" bash "$work/disks.sh" 2>"$work/messages") || cat "$work/messages"
# line REGEX: prints what was said about one of the disks
line() {
	sed -nE "s/^$1//p" <<<"$got"
}

echo 'libiscsi-bin 1.19.0-3, tgt 1:1.0.85-1+deb12u1'
expect '1 GiB, iscsi-readcapacity16' 1073741824 "$(line 'Lun:1 bytes ')"
expect '1 GiB, iscsi-ls (wrong)' '(Size:1023M)' "$(line 'Lun:1 +Type:DIRECT_ACCESS ')"
expect '3 TiB, iscsi-readcapacity16' 3298534883328 "$(line 'Lun:2 bytes ')"
expect '3 TiB, iscsi-ls (wrong)' '(Size:1T)' "$(line 'Lun:2 +Type:DIRECT_ACCESS ')"
finish
