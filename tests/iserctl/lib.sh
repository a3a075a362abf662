# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Made-up hosts for the tests of iserctl, and what its tests check an output with. Each part
# of tests/iserctl.sh reads this file, and the first one has the program built.

[ -z "${work:-}" ] || return 0
tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
hosts=$work
trap 'rm -rf "$work" "$hosts"' EXIT
# In memory, if files there can be read past the cache: a disk of this machine that is busy
# would delay the reads of bench.
if memory=$(mktemp -d -p /dev/shm 2>/dev/null); then
	hosts=$memory
	head -c 4096 /dev/zero >"$memory/file"
	dd if="$memory/file" of=/dev/null iflag=direct 2>/dev/null || { rm -r "$memory"; hosts=$work; }
fi
export LC_ALL=C.UTF-8
# shellcheck source=tests/lib/ktap.sh
. "$tree/tests/lib/ktap.sh"
make -s -C "$tree/tools" BUILD="$work" CFLAGS='-O1 -g -fsanitize=address,undefined'
# What is allocated lives as long as the program.
export ASAN_OPTIONS=detect_leaks=0


target=iqn.2026-01.org.example:disk
initiator=iqn.2026-01.org.example:initiator
release=6.12.0-test

# put PATH [TEXT]: a file of the host
put() {
	mkdir -p "$host${1%/*}"
	printf '%s\n' "${2-}" >"$host$1"
}

fact() {
	printf '%s\n' "$*" >>"$host/facts"
}

# module NAME FOLDER VERSION: its file and its line in the index
module() {
	mkdir -p "$host/lib/modules/$release/$2"
	printf 'x\0srcversion=%s\0y' "$3" >"$host/lib/modules/$release/$2/$1.ko"
	echo "$2/$1.ko:" >>"$host/lib/modules/$release/modules.dep"
}

# loaded NAME VERSION [TAINT]
loaded() {
	put "/sys/module/$1/srcversion" "$2"
	put "/sys/module/$1/taint" "${3-OE}"
	put "/sys/module/$1/refcnt" 0
}

healthy_host() {
	local m
	put /proc/sys/kernel/osrelease "$release"
	put /etc/debian_version 12.9
	put /etc/os-release 'ID=debian'
	for m in ib_core rdma_cm libiscsi scsi_transport_iscsi target_core_mod iscsi_target_mod rdma_rxe; do
		module $m kernel/some 0
	done
	for m in iser_core ib_iser ib_isert; do
		module $m updates ABCDEF0123456789ABCDEF0
		loaded $m ABCDEF0123456789ABCDEF0
	done
	put /sys/module/ib_iser/parameters/max_cmds 128
	put /sys/module/ib_iser/parameters/max_sectors 1024
	rdma_device rxe0 net0
	put /sys/class/net/net0/type 1
	put /sys/class/net/net0/flags 0x1003
	put /sys/class/net/net0/mtu 1500
	fact address net0 192.0.2.1
	fact address net0 fe80::1%net0
	fact route 192.0.2.1 local
	fact route 192.0.2.2 net0
	fact route fe80::2%net0 net0
}

# rdma_device NAME NETDEV [STATE]
rdma_device() {
	put "/sys/class/infiniband/$1/node_type" '1: CA'
	put "/sys/class/infiniband/$1/node_desc" rxe
	put "/sys/class/infiniband/$1/parent" "$2"
	put "/sys/class/infiniband/$1/ports/1/state" "${3:-4: ACTIVE}"
	put "/sys/class/infiniband/$1/ports/1/link_layer" Ethernet
	fact netdev "$1" 1 "$2"
}

# record [ADDRESS [IFACE [TRANSPORT]]]: a node record; its path below / is in $record
record() {
	record=/etc/iscsi/nodes/$target/${1:-192.0.2.2},3260,1/${2:-iser}
	put "$record" "# BEGIN RECORD 2.1.8
node.name = $target
node.tpgt = 1
node.startup = automatic
iface.iscsi_ifacename = ${2:-iser}
iface.transport_name = ${3:-iser}
node.conn[0].address = ${1:-192.0.2.2}
node.conn[0].port = 3260
node.session.cmds_max = 128
node.session.queue_depth = 32
node.session.auth.authmethod = None
node.conn[0].iscsi.HeaderDigest = None
# END RECORD"
}

# record_set KEY VALUE
record_set() {
	grep -vF "$1 = " "$host$record" >"$work/record" || true
	echo "$1 = $2" >>"$work/record"
	cp "$work/record" "$host$record"
}

# session NUMBER HOST KIND [ADDRESS]: a session, over iscsi_iser or iscsi_tcp
session() {
	local at=/sys/class/iscsi_host/$2/device/session$1
	put "/sys/class/scsi_host/$2/proc_name" "$3"
	put "$at/iscsi_session/session$1/targetname" "${name:-$target}"
	put "$at/iscsi_session/session$1/state" LOGGED_IN
	put "$at/iscsi_session/session$1/tpgt" 1
	put "$at/iscsi_session/session$1/first_burst_len" 65536
	put "$at/connection$1:0/iscsi_connection/connection$1:0/persistent_address" "${4:-192.0.2.2}"
	put "$at/connection$1:0/iscsi_connection/connection$1:0/persistent_port" 3260
	mkdir -p "$host$at/target$1:0:0/$1:0:0:0/block/sd$1"
	put "/sys/class/block/sd$1/queue/max_hw_sectors_kb" 512
}

healthy_initiator() {
	put /usr/sbin/iscsid
	put /etc/iscsi/initiatorname.iscsi "InitiatorName=$initiator"
	put /proc/net/unix '0000: 00000002 00000000 00010000 0001 01 1 @ISCSIADM_ABSTRACT_NAMESPACE'
	record
	session 1 host1 iscsi_iser
	put /etc/iscsi/ifaces/mine 'iface.iscsi_ifacename = mine
iface.transport_name = iser'
}

group=/sys/kernel/config/target/iscsi/$target/tpgt_1
healthy_target() {
	put "$group/enable" 1
	put "$group/attrib/generate_node_acls" 0
	put "$group/attrib/authentication" 0
	put "$group/attrib/demo_mode_write_protect" 1
	put "$group/attrib/t10_pi" 0
	put "$group/np/192.0.2.1:3260/iser" 1
	put "$group/lun/lun_0/alua" x
	put "$group/acls/$initiator/lun_0/write_protect" 0
	put "$group/acls/$initiator/info" "No active iSCSI Session"
	put "$group/acls/$initiator/auth/userid"
	put /sys/kernel/config/target/iscsi/discovery_auth/userid
	put /etc/rtslib-fb-target/saveconfig.json "{\"targets\": [{\"fabric\": \"iscsi\", \"wwn\": \"$target\"}]}"
	fact listener rxe0 192.0.2.1:3260
}

# new [initiator] [target]: a healthy host with these, made once and copied
new() {
	local part
	host=$hosts/healthy$*
	if [ ! -d "$host" ]; then
		mkdir "$host"
		healthy_host
		for part; do "healthy_$part"; done
	fi
	rm -rf "$hosts/host"
	cp -a "$host" "$hosts/host"
	host=$hosts/host
	record=/etc/iscsi/nodes/$target/192.0.2.2,3260,1/iser
}

# run ARGUMENT...: sets $rc, the output goes to the file out
run() {
	rc=0
	ISERCTL_ROOT=$host timeout 60 "${program:-$work/iserctl}" "$@" >"$work/out" 2>"$work/err" || rc=$?
}

# verdict NAME: a result, after checks that have set good=no if one has failed
good=yes
verdict() {
	if [ "$good" = yes ]; then
		result ok "iserctl/$1"
	else
		sed 's/^/# /' "$work/out" "$work/err"
		result 'not ok' "iserctl/$1"
	fi
	good=yes
}

# expect NAME RC LINE...: the last run has ended by RC, with all these lines
expect() {
	local name=$1 line
	if [ "$rc" != "$2" ]; then good=no; echo "# exit code $rc instead of $2"; fi
	shift 2
	for line; do
		grep -qxF -- "$line" "$work/out" || { good=no; echo "# no line: $line"; }
	done
	verdict "$name"
}

# shimmed VARIABLE=VALUE... -- ARGUMENT...: run, with an error that shim.c makes up. The
# program is one without a sanitizer, which would have to come before the shim.
shimmed() {
	local variables=()
	plain_build
	while [ "$1" != -- ]; do variables+=("$1"); shift; done
	shift
	rc=0
	ISERCTL_ROOT=$host timeout 60 env "${variables[@]}" LD_PRELOAD="$work/shim.so" "$work/fast/iserctl" "$@" \
		>"$work/out" 2>"$work/err" || rc=$?
}

# plain_build: the program as it is installed, in $work/fast, and the shim
plain_build() {
	[ ! -e "$work/shim.so" ] || return 0
	mkdir -p "$work/fast"
	make -s -C "$tree/tools" BUILD="$work/fast" CFLAGS='-O2 -U_FORTIFY_SOURCE'
	cc -O1 -Wall -Wextra -shared -fPIC -o "$work/shim.so" "$tree/tests/iserctl/shim.c" -ldl
}

# A name as a peer might choose it.
# shellcheck disable=SC2034 # the parts use it
hostile=$'iqn.x; touch pwned $(touch pwned) `touch pwned` \'"&|<>*!~\e[31m\u202e\xff\nrm -rf .\r'

# many_sessions: a host with 500 sessions of each half; from here on the program is as fast as
# it is installed, until program= ends that
many_sessions() {
	new initiator target
	plain_build
	program=$work/fast/iserctl
	python3 - "$host" <<'EOS'
import os, sys
root = sys.argv[1]
facts = open(root + "/facts", "a")
def put(path, text):
    os.makedirs(os.path.dirname(root + path), exist_ok=True)
    with open(root + path, "w") as file:
        file.write(text + "\n")
for n in range(10, 510):
    at = f"/sys/class/iscsi_host/host{n}/device/session{n}"
    put(f"/sys/class/scsi_host/host{n}/proc_name", "iscsi_iser")
    for name in ("targetname", "state", "tpgt", "ifacename", "initiatorname", "initial_r2t",
                 "immediate_data", "first_burst_len", "max_burst_len", "max_outstanding_r2t"):
        put(f"{at}/iscsi_session/session{n}/{name}", "1")
    for name in ("persistent_address", "persistent_port", "max_recv_dlength", "max_xmit_dlength"):
        put(f"{at}/connection{n}:0/iscsi_connection/connection{n}:0/{name}", "192.0.2.2")
    os.makedirs(f"{root}{at}/target{n}:0:0/{n}:0:0:0/block/sd{n}")
    put(f"/sys/class/block/sd{n}/stat", "1 0 8 0 1 0 8 0 0 0 0")
    put(f"/sys/class/scsi_host/host{n}/host_busy", "0")
    put(f"/sys/class/scsi_host/host{n}/can_queue", "128")
    facts.write(f"connection rxe0 iser_core 192.0.2.1:3260 192.0.2.9:{n + 1000}\n")
    facts.write(f"connection rxe0 iser_core 192.0.2.1:{n + 1000} 192.0.2.2:3260\n")
EOS
}

# time_of ARGUMENT...: sets $took to the milliseconds of the CPU that the fastest of three
# runs takes, because this machine may be busy
time_of() {
	local now TIMEFORMAT='%3U %3S'
	took=100000
	for _ in 1 2 3; do
		{ time run "$@"; } 2>"$work/time"
		now=$(awk '{printf "%d", ($1 + $2) * 1000}' "$work/time")
		[ "$now" -ge "$took" ] || took=$now
	done
}
