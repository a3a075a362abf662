#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: findings/iscsiadm-discovery.sh
#
# "iscsiadm -m discovery -t sendtargets" undoes what has been set in the node records of the
# targets that it finds, without a word: it deletes the record of the iface that it uses
# ("default") and makes a new one from iscsid.conf. A record whose iface.transport_name was
# changed to iser is one of tcp again, and the next login goes over TCP. If the target has a
# record for the iface "iser" only, that one stays, and a second one appears, of tcp. With
# "-o new", a discovery leaves records that exist alone.
#
# Seen with open-iscsi 2.1.8-1+deb12u1 of Debian 12, against tgtd 1:1.0.85-1+deb12u1 over
# TCP. All runs in user, mount and network namespaces with empty /etc and /run, so it needs
# no root. In place of iscsid, which needs the kernel's iSCSI, a stand-in tells iscsiadm the
# name of the initiator and of iscsid.conf, and files in /sys say that the transport tcp is
# loaded. Exit code 1 if iscsiadm leaves other records than was seen, 77 if the versions or
# namespaces are not to be had. Needs iproute2.

set -eu
# shellcheck source=findings/lib/tools.sh
. "$(dirname "$0")/lib/tools.sh"
namespaces -rmn
unpack open-iscsi=2.1.8-1+deb12u1 libopeniscsiusr=2.1.8-1+deb12u1 tgt=1:1.0.85-1+deb12u1

cat >"$work/discovery.sh" <<'EOS'
set -eu
for folder in /etc /run /sys; do
	mount -t tmpfs none $folder
done
mkdir -p /etc/iscsi /run/lock /sys/class/iscsi_transport/tcp
echo 1 >/sys/class/iscsi_transport/tcp/handle
echo 0 >/sys/class/iscsi_transport/tcp/caps
echo 'node.session.timeo.replacement_timeout = 30' >/etc/iscsi/iscsid.conf
ip link set lo up
export TGT_IPC_SOCKET=/run/tgtd target=iqn.2024-01.org.example:disk
tgtd -f >"$work/tgtd.log" 2>&1 &
tgtd=$!
exec 3< <(exec /usr/bin/python3 -B "$iscsid")
# tgtd does not end at a SIGTERM.
trap "kill -KILL $tgtd $!" EXIT
read -r _ <&3
for _ in {1..100}; do
	tgtadm --op show --mode system >/dev/null 2>&1 && break
	sleep 0.1
done
tgtadm --lld iscsi --op new --mode target --tid 1 -T $target
tgtadm --lld iscsi --op bind --mode target --tid 1 -I ALL

discover() {
	timeout 20 iscsiadm -m discovery -t sendtargets -p 127.0.0.1 "$@" >&2
}
node() {
	iscsiadm -m node -T $target -p 127.0.0.1:3260,1 "$@"
}
# records WHAT: prints iface, transport and one setting of each record of the target
records() {
	echo "$1: $(for file in /etc/iscsi/nodes/$target/*/*; do
		node -I "${file##*/}" | sed -n 's/^iface.iscsi_ifacename = //p
			s/^iface.transport_name = //p; s/.*replacement_timeout = //p' | xargs
	done | xargs)"
}
discover
records first
node -o update -n iface.transport_name -v iser
node -o update -n node.session.timeo.replacement_timeout -v 5
records changed
discover -o new
records 'again, -o new'
discover
records again
node -o delete
node -I iser -o new >&2
node -o update -n node.session.timeo.replacement_timeout -v 5
records 'by hand'
discover
records 'then discovered'
EOS
iscsid=$(cd "$(dirname "$0")/lib" && pwd)/iscsid.py
export work iscsid
got=$("${apart[@]}" bash "$work/discovery.sh" 2>"$work/messages") || cat "$work/messages"
# records WHAT SEEN REMARK: compares iface, transport and replacement_timeout of the records
records() {
	expect "$1$3" "$2" "$(sed -n "s/^$1: //p" <<<"$got")"
}

iscsiadm --version
records first 'default tcp 30' ''
records changed 'default iser 5' ''
records 'again, -o new' 'default iser 5' ''
records again 'default tcp 30' ' (wrong)'
records 'by hand' 'iser iser 5' ''
records 'then discovered' 'default tcp 30 iser iser 5' ' (wrong)'
finish
