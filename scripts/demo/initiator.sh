#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# initiator.sh: the part of the demo that runs in the initiator machine.

. /host/tree/scripts/demo/lib.sh

step "Kernel $(uname -r): an RDMA device in software"
rdma_up 10.9.0.2
echo "InitiatorName=$INITIATOR_IQN" >/etc/iscsi/initiatorname.iscsi
modprobe -a ib_iser sg
whose ib_iser
setsid iscsid -f >/host/out/iscsid.log 2>&1 </dev/null &
wait_for "iscsid listens" grep -q ISCSIADM_ABSTRACT_NAMESPACE /proc/net/unix

step "Which targets are there? (SendTargets, over RDMA)"
show iscsiadm -m discovery -t st -p "$TARGET_IP" -I iser

step "Log in"
show iscsiadm -m node -T "$IQN" -p "$TARGET_IP" --login
# find_disk: at first there is no disk; while the kernel probes it, its size is 0.
find_disk() {
	local size
	for size in /sys/class/iscsi_session/session*/device/target*/*/block/*/size; do
		case $(cat "$size" 2>/dev/null) in '' | 0) continue ;; esac
		disk=${size%/size} disk=/dev/${disk##*/}
		[ ! -b "$disk" ] || return 0
	done
	return 1
}
wait_for "a disk appears" find_disk
show lsscsi -t

step "The session, as open-iscsi sees it"
iscsiadm -m session -P 2 | grep -E 'Target:|Iface Transport|iSCSI Session State|ImmediateData|InitialR2T|FirstBurst|MaxBurst|MaxRecvData|MaxXmitData' |
	sed 's/^[[:space:]]*/  /'

step "A file system on $disk: write 32 MB, unmount, mount again, compare"
show mkfs.ext4 -q "$disk"
mkdir -p /mnt
show mount "$disk" /mnt
dd if=/dev/urandom of=/tmp/original bs=1M count=32 status=none
show cp /tmp/original /mnt/copy
show umount /mnt
echo 3 >/proc/sys/vm/drop_caches
show mount "$disk" /mnt
if ! cmp /tmp/original /mnt/copy; then
	echo "the data DIFFERS"
	exit 1
fi
echo "the copy is the same, byte for byte: $(sha256sum </mnt/copy | cut -c1-16)..."
show umount /mnt

# rate read|write: MB/s of a short run of fio.
rate() {
	fio --name=demo --filename="$disk" --ioengine=libaio --direct=1 --rw="$1" --bs=128k \
		--iodepth=8 --time_based --runtime=4 --output-format=terse --terse-version=3 |
		awk -F';' -v rw="$1" '{ printf "%d", (rw == "read" ? $7 : $48) / 1024 }'
}
step "Throughput, 128 KiB, 8 outstanding, 4 s each"
read_rate=$(rate read)
write_rate=$(rate write)
echo "  read $read_rate MB/s, write $write_rate MB/s"

step "What the session has counted"
iscsiadm -m session -s | grep -E 'txdata|rxdata|scsicmd|cmdpdus|rsppdus|digest|timeout' | sed 's/^[[:space:]]*/  /'

step "Log out"
show iscsiadm -m node -T "$IQN" -p "$TARGET_IP" --logout

if dmesg | grep -E 'BUG:|WARNING:|Oops'; then
	echo "the kernel has complained"
	exit 1
fi
cat >/host/out/summary <<EOF
An iSCSI disk was found, logged in to and used over RDMA (iSER) with the usual
tools: 32 MB went into a file system and came back the same, byte for byte;
$read_rate MB/s read and $write_rate MB/s write through Soft-RoCE between two virtual machines.
EOF
