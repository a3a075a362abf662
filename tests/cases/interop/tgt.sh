#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="our initiator on tgt, a target in user space"
SHOWS="R-7.3.1-1 R-7.3.1-6 R-7.3.1-9 R-9.5.1-3 O-6-1"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

need_program tgtd tgtadm
modprobe -a rdma_ucm ib_uverbs
echo 80 >/proc/sys/vm/nr_hugepages 2>/dev/null || skip 'tgt wants huge pages'
initiator_up
adm() {
	tgtadm --lld iser "$@"
}
truncate -s 32M /tmp/iser-case/tgt
setsid tgtd -f --iscsi portal="$IP:$((PORT + 2))" --iser pool_sz_mb=128 >/tmp/iser-case/tgtd 2>&1 &
tgtd=$!
on_exit 'sessions_down; kill -9 $tgtd; wait $tgtd 2>/dev/null'
ready() {
	adm --mode target --op new --tid 1 -T "$(iqn t1)" 2>/dev/null
}
soon 10 ready || skip "tgtd does not start here: $(tail -n 2 /tmp/iser-case/tgtd)"
adm --mode logicalunit --op new --tid 1 --lun 1 -b /tmp/iser-case/tgt
adm --mode target --op bind --tid 1 -I ALL
adm --mode target --op bind --tid 1 -Q "$(initiator_name)" || true
node_new
login
device t1 1
sweep "$DEVICE" "512 $(around 4096 8192 65536)"
logout
