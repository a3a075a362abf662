#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: tests/iserctl.sh
#
# Tests tools/iserctl on made-up hosts: folders that stand for /, with a file "facts" for
# what the network would answer (tools/facts.h). A healthy host has no finding; each of the
# others has one mistake, and gets the line that fixes it. Results as KTAP.
set -eu

case ${1:-} in -h | --help) sed -n '3,/^$/s/^# \{0,1\}//p' "$0"; exit ;; esac
tree=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
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
	put /proc/sys/kernel/osrelease $release
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
	host=$work/healthy$*
	if [ ! -d "$host" ]; then
		mkdir "$host"
		healthy_host
		for part; do "healthy_$part"; done
	fi
	rm -rf "$work/host"
	cp -a "$host" "$work/host"
	host=$work/host
	record=/etc/iscsi/nodes/$target/192.0.2.2,3260,1/iser
}

# run ARGUMENT...: sets $rc, the output goes to the file out
run() {
	rc=0
	ISERCTL_ROOT=$host timeout 60 "$work/iserctl" "$@" >"$work/out" 2>"$work/err" || rc=$?
}

verdict() { # NAME, after a test of its own: $good says whether it has passed
	if [ "$good" = yes ]; then
		result ok "iserctl/$1"
	else
		sed 's/^/# /' "$work/out" "$work/err"
		result 'not ok' "iserctl/$1"
	fi
}

# expect NAME RC LINE...: the last run has ended by RC, with all these lines
expect() {
	local name=$1 line
	good=yes
	if [ "$rc" != "$2" ]; then good=no; echo "# exit code $rc instead of $2"; fi
	shift 2
	for line; do
		grep -qxF -- "$line" "$work/out" || { good=no; echo "# no line: $line"; }
	done
	verdict "$name"
}

# finds ID FIX [ARGUMENT...]: the doctor has exactly this finding, with this line below it
declare -A seen=()
finds() {
	local id=$1 line=$2 severity others
	shift 2
	severity=${kinds[$id]:-none}
	run doctor "$@"
	good=yes
	others=$(sed -nE 's/^(error|warning): ([^:]*):.*/\2/p' "$work/out" | grep -vx "$id" || true)
	grep -q "^$severity: $id: " "$work/out" || { good=no; echo "# no $severity $id"; }
	[ -z "$line" ] || grep -qxF -- "    $line" "$work/out" || { good=no; echo "# no fix: $line"; }
	if [ -n "$others" ]; then good=no; echo "# besides: $others"; fi
	case $severity in error) [ $rc = 1 ] ;; *) [ $rc = 0 ] ;; esac || { good=no; echo "# exit code $rc"; }
	seen[$id]=1
	verdict "$id${label:+ ($label)}"
}

# never TEXT: the last run has printed no command with it
never() {
	good=yes
	grep -q -- "^    [^#].*$1\|^    $1" "$work/out" && good=no
	verdict "no $1"
}

plan
declare -A kinds=()
host=$work/host
mkdir -p "$host"
run doctor --list
while IFS=$'\t' read -r id severity _; do kinds[$id]=$severity; done <"$work/out"
good=yes
# The table of the document is what the program says of itself.
sed 's/|/\\|/g; s/\t/ | /g; s/^/| `/; s/ | /` | /; s/$/ |/' "$work/out" >"$work/rows"
# shellcheck disable=SC2016 # no command
sed -n '/^| id | /,/^$/p' "$tree/Documentation/iserctl.md" | grep '^| `' >"$work/documented" || true
diff "$work/rows" "$work/documented" >"$work/err" || good=no
: >"$work/out"
verdict 'the table of findings'

new initiator target
run doctor
expect healthy 0 '0 errors, 0 warnings, 0 notes'
run doctor initiator
expect 'healthy initiator' 0 '0 errors, 0 warnings, 0 notes'
run doctor target
expect 'healthy target' 0 '0 errors, 0 warnings, 0 notes'
new
run doctor
expect 'nothing configured' 0 'ok: nothing is configured for an initiator' \
	'ok: nothing is configured for a target' '0 errors, 0 warnings, 0 notes'
new target
rm -r "$host/sys/module/ib_iser"
run doctor
expect 'only a target' 0 'ok: nothing is configured for an initiator' '0 errors, 0 warnings, 0 notes'
new initiator
rdma_device rxe1 net1 '1: DOWN'
run doctor
expect 'one of two ports' 0 '0 errors, 0 warnings, 1 note'
seen[rdma-port-other]=1
# Built in, without an index of modules.
new
rm -r "$host/lib/modules"
put /sys/module/ib_core/uevent
run doctor
expect 'no index of modules' 3 "unseen: /lib/modules/$release/modules.dep: no index of modules"

# ---- the host ----
new
grep -v ib_core "$host/lib/modules/$release/modules.dep" >"$work/dep"
cp "$work/dep" "$host/lib/modules/$release/modules.dep"
# shellcheck disable=SC2016 # for the reader's shell
finds kernel-no-rdma 'apt-get install linux-image-$(dpkg --print-architecture)    # then reboot'
new initiator
sed -i /libiscsi/d "$host/lib/modules/$release/modules.dep"
finds kernel-no-iscsi ''
new
rm -r "$host/sys/class/infiniband"
finds rdma-none '# rdma link add rxe0 type rxe netdev net0'
label='two to choose from'
new
rm -r "$host/sys/class/infiniband"
cp -r "$host/sys/class/net/net0" "$host/sys/class/net/net1"
fact address net1 192.0.3.1
finds rdma-none '# rdma link add rxe0 type rxe netdev net1'
label='an adapter'
new
rm -r "$host/sys/class/infiniband"
mkdir "$host/sys/class/net/net0/device"
ln -s ../../../bus/pci/drivers/mlx5_core "$host/sys/class/net/net0/device/driver"
module mlx5_ib kernel/some 0
finds rdma-none 'modprobe mlx5_ib'
label=
new
put /sys/class/infiniband/rxe0/ports/1/state '1: DOWN'
put /sys/class/net/net0/flags 0x1002
finds rdma-port-down 'ip link set dev net0 up'
new
fact gsi rxe0
finds rdma-cm-failed '# rdma link delete rxe0 && rdma link add rxe0 type rxe netdev net0'
new
sed -i /address/d "$host/facts"
finds rdma-no-address '# ip address add ADDRESS/PREFIX dev net0'
new
mkdir "$host/sys/class/infiniband/rxe0/device"
ln -s /bus/auxiliary/drivers/efa "$host/sys/class/infiniband/rxe0/device/driver"
finds rdma-unsuitable ''

# ---- modules ----
new initiator
rm -r "$host/sys/module/ib_iser"
sed -i /ib_iser.ko/d "$host/lib/modules/$release/modules.dep"
rm "$host/lib/modules/$release/updates/ib_iser.ko"
# shellcheck disable=SC2016 # for the reader's shell
finds module-missing 'apt-get install linux-headers-$(uname -r) make gcc'
new initiator
sed -i '/^updates/d' "$host/lib/modules/$release/modules.dep"
rm -r "$host/lib/modules/$release/updates" "$host/sys/module"/i*
module ib_iser kernel/drivers 0
finds module-kernels-own ''
new
loaded ib_iser 0000000000000000000000
finds module-other-loaded 'rmmod ib_iser ib_isert iser_core; modprobe ib_iser; modprobe ib_isert'
label='no file'
new
loaded ib_iser 0000000000000000000000
rm "$host/lib/modules/$release/updates/ib_isert.ko"
sed -i /ib_isert.ko/d "$host/lib/modules/$release/modules.dep"
finds module-other-loaded '# install the modules before you unload ib_isert'
never rmmod
label=
echo kernel/drivers/ib_isert.ko >"$host/lib/modules/$release/modules.builtin"
loaded ib_iser ABCDEF0123456789ABCDEF0
run doctor
expect 'a module that is built in' 0 '0 errors, 0 warnings, 0 notes'
label='in use'
new initiator
loaded ib_iser 0000000000000000000000
finds module-other-loaded "# in use by session 1 to $target: the next reboot loads the installed modules"
label="the kernel's own"
new
loaded ib_iser ABCDEF0123456789ABCDEF0 ''
finds module-other-loaded ''
label=
new initiator
mkdir "$host/lib/modules/$release/updates/dkms"
printf 'srcversion=111111111111111111111\0' >"$host/lib/modules/$release/updates/dkms/ib_iser.ko"
finds module-two-files "# dkms uninstall iser/VERSION -k $release"
label='the other'
sed -i s,updates/ib_iser.ko,updates/dkms/ib_iser.ko, "$host/lib/modules/$release/modules.dep"
loaded ib_iser 111111111111111111111
folder=/lib/modules/$release/updates
finds module-two-files "# rm $folder/ib_iser.ko $folder/ib_isert.ko $folder/iser_core.ko && depmod -a $release"
label=
: >"$host$folder/ib_iser.ko"
run doctor
expect 'two files that cannot be compared' 3 "unseen: $folder/ib_iser.ko: its srcversion cannot be compared"
new initiator
sed -i '/updates.ib_iser.ko/d' "$host/lib/modules/$release/modules.dep"
module ib_iser kernel/drivers ABCDEF0123456789ABCDEF0
finds module-index "depmod -a $release"
new initiator
put /etc/modprobe.d/site.conf 'blacklist   ib_iser'
sed_blacklist="# sed -Ei '/^\s*blacklist\s+ib[_-]iser\>/d'"
finds module-blacklisted "$sed_blacklist /etc/modprobe.d/site.conf"
# Its command leaves other names alone.
printf '%s\n' 'blacklist ib_isert' 'blacklist ib-iser' 'blacklist ib_iser # x' >"$host/etc/modprobe.d/site.conf"
run doctor
sed -n "s,^    # \(sed .*\) /etc,\1 $host/etc,p" "$work/out" >"$work/command"
bash "$work/command"
good=yes
[ "$(cat "$host/etc/modprobe.d/site.conf")" = 'blacklist ib_isert' ] || good=no
verdict 'the blacklist of another module stays'
label='a dash'
put /etc/modprobe.d/site.conf 'blacklist ib-iser'
finds module-blacklisted "$sed_blacklist /etc/modprobe.d/site.conf"
label=
new initiator
put /usr/lib/modprobe.d/site.conf 'blacklist ib_iser'
mkdir -p "$host/etc/modprobe.d"
ln -s /dev/null "$host/etc/modprobe.d/site.conf"
run doctor
expect 'a masked file of modprobe.d' 0 '0 errors, 0 warnings, 0 notes'
new
rm -r "$host/sys/module"/i*
put /sys/module/module/parameters/sig_enforce Y
finds module-unsigned '# install the modules by DKMS, which signs them, and enroll its key: mokutil --import /var/lib/dkms/mok.pub'
label='lockdown'
new
rm -r "$host/sys/module"/i*
put /sys/kernel/security/lockdown 'none [integrity] confidentiality'
finds module-unsigned ''
put /usr/lib/linux-kbuild-6.12/scripts/sign-file
put /var/lib/dkms/mok.key
put /var/lib/dkms/mok.pub
folder=/lib/modules/$release/updates
label='keys of DKMS'
finds module-unsigned "for f in $folder/ib_iser.ko $folder/ib_isert.ko $folder/iser_core.ko; do /usr/lib/linux-kbuild-6.12/scripts/sign-file sha256 /var/lib/dkms/mok.key /var/lib/dkms/mok.pub \"\$f\"; done"
label='a file of the kernel'
sed -i 's,^updates/ib_iser,kernel/drivers/ib_iser,' "$host/lib/modules/$release/modules.dep"
mkdir -p "$host/lib/modules/$release/kernel/drivers"
mv "$host$folder/ib_iser.ko" "$host/lib/modules/$release/kernel/drivers"
finds module-unsigned ''
never sign-file
label=
mv "$host/lib/modules/$release/kernel/drivers/ib_iser.ko" "$host$folder"
sed -i 's,^kernel/drivers/ib_iser,updates/ib_iser,' "$host/lib/modules/$release/modules.dep"
for m in iser_core ib_iser ib_isert; do
	echo '~Module signature appended~' >>"$host/lib/modules/$release/updates/$m.ko"
done
run doctor
expect 'signed modules' 0 '0 errors, 0 warnings, 0 notes'

# ---- the initiator ----
new initiator
rm "$host/usr/sbin/iscsid"
finds open-iscsi-missing 'apt-get install open-iscsi'
new initiator
echo '# none' >"$host/etc/iscsi/initiatorname.iscsi"
# shellcheck disable=SC2016 # for the reader's shell
finds initiator-name-missing "grep -qs '^InitiatorName *= *[^ ]' /etc/iscsi/initiatorname.iscsi || "'{ name=$(iscsi-iname) && echo "InitiatorName=$name" >/etc/iscsi/initiatorname.iscsi; }'
# It is pasted when there is a name, and when no name can be made.
sed -n "s,/etc/iscsi,$host&,g; s/^    grep/grep/p" "$work/out" >"$work/command"
echo 'InitiatorName=iqn.kept' >"$host/etc/iscsi/initiatorname.iscsi"
bash "$work/command" || true
good=yes
grep -qx InitiatorName=iqn.kept "$host/etc/iscsi/initiatorname.iscsi" || good=no
echo '# none' >"$host/etc/iscsi/initiatorname.iscsi"
mkdir -p "$work/failing"
printf '#!/bin/sh\nexit 1\n' >"$work/failing/iscsi-iname"
chmod +x "$work/failing/iscsi-iname"
PATH=$work/failing:$PATH bash "$work/command" || true
grep -qx '# none' "$host/etc/iscsi/initiatorname.iscsi" || good=no
verdict 'a name is never overwritten'
echo GenerateName=yes >"$host/etc/iscsi/initiatorname.iscsi"
run doctor
expect 'a name to be made' 0 '0 errors, 0 warnings, 0 notes'
new initiator
echo InitiatorName=myhost >"$host/etc/iscsi/initiatorname.iscsi"
finds initiator-name-form ''
new initiator
: >"$host/proc/net/unix"
finds iscsid-not-running iscsid
for ((i = 0; i < 30000; i++)); do
	echo '0000: 00000002 00000000 00010000 0001 01 1 /run/some/folder'
done >"$host/proc/net/unix"
echo '0000: 00000002 00000000 00010000 0001 01 1 @ISCSIADM_ABSTRACT_NAMESPACE' >>"$host/proc/net/unix"
run doctor
expect 'many sockets' 0 '0 errors, 0 warnings, 0 notes'
sed_iser="sed -i 's/^iface.transport_name *=.*/iface.transport_name = iser/'"
new initiator
put /var/lib/iscsi/ifaces/typo 'iface.transport_name = isre'
finds iface-transport "# $sed_iser /var/lib/iscsi/ifaces/typo"
put /var/lib/iscsi/ifaces/typo 'iface.transport_name = <empty>'
run doctor
expect 'an empty transport' 0 '0 errors, 0 warnings, 0 notes'
new initiator
put /etc/iscsi/ifaces/bound 'iface.transport_name = iser
iface.net_ifacename = net0'
finds iface-binding "sed -Ei '/^iface\\.(hwaddress|net_ifacename|ipaddress) *=/d' /etc/iscsi/ifaces/bound"
words="iscsiadm -m node -T $target -p 192.0.2.2:3260,1 -I iser"
new initiator
record_set iface.transport_name tcp
finds record-tcp "$sed_iser $record"
label='no session'
rm -r "$host/sys/class/iscsi_host"
finds record-tcp "$words -o update -n iface.transport_name -v iser"
label='a session'
new initiator
rm -r "$host/etc/iscsi/nodes"
record 192.0.2.2 default tcp
finds record-tcp "$sed_iser $record"
sed -i /transport_name/d "$host$record"
label='no line to change'
finds record-tcp "echo 'iface.transport_name = iser' >>$record"
# A session of another iface is not that of this record.
put /sys/class/iscsi_host/host1/device/session1/iscsi_session/session1/ifacename fw
label='another iface'
finds record-tcp-only ''
label=
new initiator
record 192.0.2.2 default tcp
finds record-both "# ${words%iser}default -o update -n node.startup -v manual"
record_set node.startup onboot
run doctor
expect 'a record of the root file system' 0 '0 errors, 0 warnings, 0 notes'
record_set node.startup manual
run doctor
expect 'a record of tcp to be used by hand' 0 '0 errors, 0 warnings, 0 notes'
new initiator
rm -r "$host/etc/iscsi/nodes" "$host/sys/class/iscsi_host"
record 192.0.2.2 default tcp
finds record-tcp-only "# ${words%iser}default -o update -n iface.transport_name -v iser"
new initiator
record_set iface.transport_name isre
finds record-transport "# $words -o update -n iface.transport_name -v iser"
new initiator
record_set iface.hwaddress 52:54:00:12:34:56
finds record-binding "$words -o update -n iface.hwaddress -v ''"
new initiator
record_set 'node.conn[0].iscsi.HeaderDigest' CRC32C
finds record-digest "$words -o update -n 'node.conn[0].iscsi.HeaderDigest' -v None"
record_set 'node.conn[0].iscsi.HeaderDigest' CRC32C,None
run doctor
expect 'a digest or none' 0 '0 errors, 0 warnings, 0 notes'
new initiator
record_set node.session.cmds_max 8
finds record-commands-few "$words -o update -n node.session.cmds_max -v 128"
new initiator
record_set node.session.cmds_max 65664
finds record-number "$words -o update -n node.session.cmds_max -v 128"
new initiator
record_set node.session.cmds_max 512
record 192.0.2.3
record_set node.session.cmds_max 1024
fact route 192.0.2.3 net0
finds record-commands-many 'echo 1024 >/sys/module/ib_iser/parameters/max_cmds'
never 'echo 512'
new initiator
record_set 'node.conn[0].port' 99999
finds record-port "# iscsiadm -m node -T $target -p 192.0.2.2:99999,1 -I iser -o delete"
record_set 'node.conn[0].port' ''
run doctor
expect 'a record without a port' 0 '0 errors, 0 warnings, 0 notes'
new initiator
record fd00::2
fact route fd00::2 net0
record fd00:0::2
finds record-twice "# iscsiadm -m node -T $target -p '[fd00::2]:3260,1' -I iser -o update -n node.startup -v manual"
new initiator
record_set node.session.auth.authmethod CHAP
record_set node.session.auth.username user
finds record-chap "# node.session.auth.password = PASSWORD in $record"
record_set node.session.auth.password secret-in-1234
run doctor
good=yes
grep -q secret-in "$work/out" && good=no
verdict 'no password is shown'
put /proc/sys/crypto/fips_enabled 1
finds chap-fips "$words -o update -n node.session.auth.chap_algs -v SHA3-256,SHA256"
new initiator
cp -r "$host/sys/class/net/net0" "$host/sys/class/net/net1"
record 192.0.9.2
fact route 192.0.9.2 net1
finds record-route '# rdma link add rxe1 type rxe netdev net1'
new initiator
put /sys/class/iscsi_host/host1/device/session1/iscsi_session/session1/state FAILED
finds session-failed 'iserctl doctor initiator 192.0.2.2:3260'
new initiator
rm -r "$host/sys/class/iscsi_host"
session 2 host2 iscsi_tcp
finds session-tcp '# iscsiadm -m session -r 2 -u, then log in again'
new initiator
put /sys/class/block/sd1/queue/max_hw_sectors_kb 128
finds device-limit ''

# ---- the target ----
new target
rm -r "$host$(dirname "$group")"
finds target-not-restored '# targetctl restore'
new target
put /etc/rtslib-fb-target/saveconfig.json '{"targets": []}'
finds target-not-saved '# if all targets are set up: targetcli saveconfig'
new target
put "$group/np/192.0.2.1:3260/iser" 0
finds target-no-iser "echo 1 >$group/np/192.0.2.1:3260/iser"
label='on all addresses'
mv "$host$group/np/192.0.2.1:3260" "$host$group/np/0.0.0.0:3260"
finds target-no-iser "# echo 1 >$group/np/0.0.0.0:3260/iser"
label='on iWARP, which is the second device'
rdma_device siw0 net1
put /sys/class/infiniband/siw0/node_type '4: RNIC'
finds target-no-iser '# on iWARP this may end TCP at the portal, see install.md'
label=
new target
cp -r "$host$(dirname "$group")" "$host$(dirname "$group")2"
put "$(dirname "$group")2/tpgt_1/np/192.0.2.1:3260/iser" 0
finds portal-tcp "# echo 1 >$(dirname "$group")2/tpgt_1/np/192.0.2.1:3260/iser"
new target
mv "$host$group/np/192.0.2.1:3260" "$host$group/np/192.0.7.7:3260"
finds portal-no-address '# ip address add 192.0.7.7/PREFIX dev NETDEV'
new target
cp -r "$host/sys/class/net/net0" "$host/sys/class/net/net1"
fact address net1 192.0.3.1
put "$group/np/192.0.3.1:3260/iser" 1
finds portal-no-device 'rdma link add rxe1 type rxe netdev net1'
new target
sed -i /listener/d "$host/facts"
finds portal-not-listening "dmesg | grep -E 'iser_core|isert' | tail"
put /sys/class/infiniband/rxe0/node_type '4: RNIC'
put /sys/class/infiniband/rxe0/node_desc 'Software iWARP stack'
put /proc/net/tcp '  sl  local_address rem_address   st
   0: 010200C0:0CBC 00000000:0000 0A 00000000:00000000'
finds portal-port-taken '# ss -K state listening src 192.0.2.1 sport = :3260'
new target
mv "$host$group/np/192.0.2.1:3260" "$host$group/np/[::]:3260"
sed -i '/listener/s/ .*/ rxe0 [::]:3260/' "$host/facts"
finds portal-ipv6-only ''
label='one of two families'
sed -i '/listener/s/ .*/ rxe0 0.0.0.0:3260/' "$host/facts"
finds portal-not-listening ''
label='one of all addresses'
new target
mv "$host$group/np/192.0.2.1:3260" "$host$group/np/0.0.0.0:3260"
finds portal-not-listening ''
label='a link-local portal'
new target
mv "$host$group/np/192.0.2.1:3260" "$host$group/np/[fe80::1%net0]:3260"
sed -i /listener/d "$host/facts"
finds portal-not-listening ''
label=
fact 'listener rxe0 [fe80::1%net0]:3260'
run doctor
expect 'a link-local portal' 0 '0 errors, 0 warnings, 0 notes'
new target
put "$group/enable" 0
rm -r "$host$group/acls"/*
finds group-disabled "# echo 1 >$group/enable"
new target
rm -r "$host$group/lun"/*
finds group-no-lun "# targetcli /iscsi/$target/tpg1/luns create /backstores/KIND/NAME"
new target
rm -r "$host$group/acls"/*
finds group-no-acl "# targetcli /iscsi/$target/tpg1/acls create INITIATOR"
new target
put "$group/attrib/generate_node_acls" 1
finds group-read-only "# echo 0 >$group/attrib/demo_mode_write_protect"
new target
put "$group/attrib/t10_pi" 1
finds group-t10-pi "echo 0 >$group/attrib/t10_pi"
new target
rm -r "$host$group/acls/$initiator/lun_0"
finds acl-no-lun "# mkdir $group/acls/$initiator/lun_0 && ln -s $group/lun/lun_0 $group/acls/$initiator/lun_0/lun_0"
new target
put "$group/attrib/authentication" 1
finds chap-no-secret "# targetcli /iscsi/$target/tpg1/acls/$initiator set auth userid=USER password=SECRET"
new target
put /var/lib/pacemaker/cib/cib.xml '<cib><primitive id="t" class="ocf"><instance_attributes id="a">
<nvpair id="n" name="iser_portals" value="192.0.2.1:3260"/></instance_attributes></primitive></cib>'
finds cluster-portal '# crm_resource -r t -p iser_portals -v ADDRESS'

# ---- an address ----
new initiator
fact tcp 192.0.2.2:3260 open
fact rdma 192.0.2.2:3260 open
run doctor initiator 192.0.2.2
expect 'an address with both' 0 'ok: the route to 192.0.2.2 goes over port 1 of rxe0 on net0' \
	'ok: iSER answers at 192.0.2.2:3260' 'ok: TCP answers at 192.0.2.2:3260 too' \
	'0 errors, 0 warnings, 0 notes'
fact 'tcp [fe80::2%net0]:860 open'
fact 'rdma [fe80::2%net0]:860 open'
run doctor '[fe80::2%net0]:860'
expect 'a link-local address' 0 "ok: iSER answers at '[fe80::2%net0]:860'"
finds address-zone "iserctl doctor '[fe80::1%net0]:3260'" fe80::1
new
finds route-none 'ip -4 route show' 198.51.100.1
new
fact route 192.0.9.2 net1
put /sys/class/net/net1/type 1
finds route-no-rdma '# rdma link add rxe1 type rxe netdev net1' 192.0.9.2
new
rdma_device rxe1 net1 '1: DOWN'
put /sys/class/net/net1/flags 0x1002
fact route 192.0.9.2 net1
finds route-port-down 'ip link set dev net1 up' 192.0.9.2
new
sed -i '/route 192.0.2.2/d' "$host/facts"
fact route 192.0.2.2 net0 1400
fact tcp 192.0.2.2:3260 open
fact rdma 192.0.2.2:3260 open
finds route-mtu '# ip link set dev net0 mtu 1400' 192.0.2.2
new initiator
fact tcp 192.0.2.2:3260 open
fact rdma 192.0.2.2:3260 refused
finds answer-tcp-only "# at the target: targetcli /iscsi/$target/tpg1/portals/192.0.2.2:3260 enable_iser true" 192.0.2.2
new
finds answer-none '# at the target: iserctl doctor target' 192.0.2.2
new
fact tcp 192.0.2.2:3260 refused
fact rdma 192.0.2.2:3260 open
finds answer-iser-only 'iscsiadm -m discovery -t st -p 192.0.2.2:3260 -I iser -o new' 192.0.2.2

new
fact tcp 192.0.2.2:3260 open
fact rdma 192.0.2.2:3260 no-device
run doctor 192.0.2.2
expect 'no device of this host leads there' 3 'ok: TCP answers at 192.0.2.2:3260' \
	"unseen: 'RDMA to 192.0.2.2:3260': no RDMA device of this host leads there"

# A partition of InfiniBand is not on top of the network device of the port.
new
rdma_device mlx0 ib0
put /sys/class/infiniband/mlx0/ports/1/link_layer InfiniBand
mkdir -p "$host/sys/devices/function"
ln -s "$host/sys/devices/function" "$host/sys/class/infiniband/mlx0/device"
for netdev in ib0 ib0.8001; do
	put "/sys/class/net/$netdev/type" 32
	put "/sys/class/net/$netdev/dev_port" 0
	ln -s "$host/sys/devices/function" "$host/sys/class/net/$netdev/device"
done
fact route 192.0.8.2 ib0.8001
fact tcp 192.0.8.2:3260 open
fact rdma 192.0.8.2:3260 open
run doctor 192.0.8.2
expect 'a partition of InfiniBand' 0 'ok: the route to 192.0.8.2 goes over port 1 of mlx0 on ib0' \
	'0 errors, 0 warnings, 0 notes'

good=yes
: >"$work/out"
for id in "${!kinds[@]}"; do
	[ -n "${seen[$id]:-}" ] || { good=no; echo "# no test makes $id"; }
done
verdict 'each finding is made'

# ---- what can't be seen, or does not end ----
new initiator target
mkfifo "$host/etc/iscsi/ifaces/fifo"
rm "$host/etc/iscsi/initiatorname.iscsi"
mkfifo "$host/etc/iscsi/initiatorname.iscsi"
run doctor
expect 'a fifo' 3 'unseen: /etc/iscsi/initiatorname.iscsi: not a file that can be read' \
	'0 errors, 0 warnings, 0 notes; could not see 2 things'
new initiator
fact tcp 192.0.2.2:3260 hangs
fact rdma 192.0.2.2:3260 open
run doctor --limit 1 192.0.2.2
expect 'a step that hangs' 3 'unseen: TCP: gave up after 1 s' 'ok: iSER answers at 192.0.2.2:3260'
new initiator target
chmod 700 "$host/etc/iscsi/nodes" "$host/etc/rtslib-fb-target"
chmod 600 "$host/etc/iscsi/initiatorname.iscsi"
good=no
chmod 755 "$work"
rc=0
if [ "$(id -u)" = 0 ]; then user=(setpriv --reuid=65534 --clear-groups); else
	user=()
	chmod 0 "$host/etc/iscsi/nodes" "$host/etc/rtslib-fb-target" "$host/etc/iscsi/initiatorname.iscsi"
fi
ISERCTL_ROOT=$host "${user[@]}" "$work/iserctl" doctor >"$work/out" 2>"$work/err" || rc=$?
chmod 700 "$host/etc/iscsi/nodes" "$host/etc/rtslib-fb-target" "$host/etc/iscsi/initiatorname.iscsi"
expect 'without rights' 3 'unseen: /etc/iscsi/nodes: Permission denied' \
	'unseen: /etc/iscsi/initiatorname.iscsi: Permission denied' \
	'0 errors, 0 warnings, 0 notes; could not see 3 things, root may'

new target
truncate -s 65M "$host/etc/rtslib-fb-target/saveconfig.json"
run doctor
expect 'a file that is too large' 3 \
	'unseen: /etc/rtslib-fb-target/saveconfig.json: only its beginning was read'
new initiator
for ((i = 0; i < 60; i++)); do mkfifo "$host/etc/iscsi/ifaces/fifo$i"; done
fact tcp 192.0.2.2:3260 hangs
run doctor --limit 1 192.0.2.2
expect 'much that cannot be seen' 3 '11 more of unseen are not shown' \
	'0 errors, 0 warnings, 0 notes; could not see 61 things'
new target
mkdir -p "$host/proc/self/ns"
ln -s 'pid:[1]' "$host/proc/self/ns/pid"
sed -i /listener/d "$host/facts"
run doctor
expect 'a container' 3 'unseen: '\''RDMA connections by netlink'\'': a container has not those of the kernel' \
	'0 errors, 0 warnings, 0 notes; could not see 1 thing'
run status
expect 'status of a container' 3 \
	"portal 192.0.2.1:3260 of $target, portal group 1: iSER, unknown whether it listens, unknown connections"
run status --json
good=yes
grep -q '"listening":null,"connections":null' "$work/out" || good=no
verdict 'status --json of a container'
run status --prometheus
good=yes
grep -q 'iser_portal' "$work/out" && good=no
expect 'status --prometheus of a container' 3 'iser_status_complete 0'

# ---- hostile names ----
# What is printed is pasted into a shell whose commands only say with what they were called.
hostile=$'iqn.x; touch pwned $(touch pwned) `touch pwned` \'"&|<>*!~\e[31m\u202e\xff\nrm -rf .\r'
new initiator
name=$hostile
rm -r "$host/etc/iscsi/nodes"
mkdir -p "$host/etc/iscsi/nodes/$hostile"
put /etc/iscsi/nodes/x/y,3260,1/iser
rm -r "$host/etc/iscsi/nodes/x"
printf '%s\n' 'iface.transport_name = isre' 'node.conn[0].address = 192.0.2.2; touch pwned' \
	'node.conn[0].port = 3260' "iface.iscsi_ifacename = -x' \$(touch pwned)"$'\e]0;x\a' \
	>"$host/etc/iscsi/nodes/$hostile/1,3260"
printf '%s\n' 'iface.transport_name = iser' 'node.conn[0].iscsi.DataDigest = CRC32C' \
	>"$host/etc/iscsi/nodes/$hostile/2,3260"
session 1 host1 iscsi_iser "192.0.2.2'; touch pwned"
put /sys/class/iscsi_host/host1/device/session1/iscsi_session/session1/targetname "$hostile"
put /sys/class/iscsi_host/host1/device/session1/iscsi_session/session1/state $'\e[2JFAILED'
loaded ib_iser 00000000000000000000000
put $'/etc/iscsi/ifaces/it\'s; touch pwned' 'iface.transport_name = isre'
put $'/etc/iscsi/ifaces/it\'s bound; touch pwned' 'iface.transport_name = iser
iface.ipaddress = 192.0.2.1'
unset name
run doctor
good=yes
LC_ALL=C grep -q '[^ -~]' "$work/out" && good=no
mkdir -p "$work/stubs" "$work/paste"
for command in iscsiadm iserctl sed dmesg grep tail rmmod modprobe; do
	# shellcheck disable=SC2016 # the stub's own
	printf '#!/bin/bash\nprintf "%%s\\0" %s "$@" >>"$CALLS"\n' "$command" >"$work/stubs/$command"
	chmod +x "$work/stubs/$command"
done
sed -n 's/^    //p' "$work/out" >"$work/lines"
(cd "$work/paste" && CALLS=$work/calls PATH=$work/stubs "$BASH" "$work/lines") >/dev/null 2>"$work/err" || good=no
[ -z "$(ls "$work/paste")" ] || good=no
[ ! -s "$work/err" ] || good=no
# The name of the folder arrives whole.
tr '\n\0' '\001\n' <"$work/calls" | grep -qxF "$(printf '%s' "$hostile" | tr '\n' '\001')" || good=no
# Nor do the findings, which somebody may paste too, leave a quotation open.
while read -r line; do
	"$BASH" -n <<<"$line" 2>&1 | grep -q 'looking for matching' && good=no
done <"$work/out"
verdict 'hostile names'

# ---- status ----
new initiator target
fact connection rxe0 iser_core 192.0.2.1:40000 192.0.2.2:3260
fact connection rxe0 iser_core 192.0.2.1:3260 192.0.2.9:50000
put "$group/acls/$initiator/info" "InitiatorName: $initiator
LIO Session ID: 2   ISID: 0x000000000000  TSIH: 1  SessionType: Normal
Session State: TARG_SESS_STATE_LOGGED_IN"
printf 'iqn.dynamic\0' >"$host$group/dynamic_sessions"
run status
expect 'status' 0 "session 1: LOGGED_IN to $target at 192.0.2.2 port 3260, rxe0, disks sd1" \
	"portal 192.0.2.1:3260 of $target, portal group 1: iSER, listening, 1 connections" \
	"session of $initiator at $target, portal group 1: LOGGED_IN" \
	"session of iqn.dynamic at $target, portal group 1: unknown" \
	'connection from 192.0.2.9:50000 to 192.0.2.1:3260, rxe0'
put /sys/class/iscsi_host/host1/device/session1/connection1:0/iscsi_connection/connection1:0/address 192.0.2.5
put /sys/class/iscsi_host/host1/device/session1/iscsi_session/session1/initiatorname '(null)'
fact connection rxe5 iser_core 192.0.2.1:40001 192.0.2.5:3260
put "$group/acls/$initiator/info" 'Session State: TARG_SESS_FAILED'
run status
expect 'status after a redirection' 0 \
	"session 1: LOGGED_IN to $target at 192.0.2.2 port 3260, rxe5, disks sd1" \
	"session of $initiator at $target, portal group 1: FAILED"
run status --json
good=yes
grep -q '"initiator":null' "$work/out" || good=no
verdict 'a value that the kernel has not'
cp "$host$group/dynamic_sessions" "$work/dynamic"
for ((i = 0; i < 400; i++)); do printf 'iqn.dynamic\0'; done >"$host$group/dynamic_sessions"
run status
expect 'a page of sessions' 3
cp "$work/dynamic" "$host$group/dynamic_sessions"
# Each field that the document describes is there, and no other.
cat >"$work/fields.py" <<'EOS'
import json, re, sys
status = json.load(open(sys.argv[1]))
paths = set()
def walk(value, path):
    if isinstance(value, dict):
        for name, inner in value.items():
            walk(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for inner in value:
            walk(inner, path + "[]")
    else:
        paths.add((path, {type(None): "null", bool: "boolean", int: "number", str: "string",
                          list: "list of strings"}[type(value)]))
walk(status, "")
table = {}
for line in open(sys.argv[2]):
    found = re.match(r"\| `([\w.\[\]]+)` \| ([a-z ,]+) \|", line)
    if found:
        table[found[1]] = found[2].split(", ")
for path, kind in sorted(paths):
    if path not in table:
        sys.exit(f"not documented: {path}")
    if kind not in table[path]:
        sys.exit(f"{path} is {kind}")
missing = set(table) - {path for path, kind in paths}
if missing:
    sys.exit(f"not there: {missing}")
EOS
# Each metric that the document describes is there with its labels, and no other.
cat >"$work/metrics.py" <<'EOS'
import re, sys
name, value = r"[a-z_]+", r'"(?:[ !#-\[\]-~]|\\["\\n])*"'
found, told = {}, {}
for line in open(sys.argv[1], encoding="ascii"):
    if line.startswith("# "):
        match = re.fullmatch(rf"# (HELP ({name}) .+|TYPE ({name}) gauge)\n", line)
        found.setdefault(match[2] or match[3], None)
        continue
    match = re.fullmatch(rf"({name})(?:\{{({name}={value}(?:,{name}={value})*)\}})? (\d+)\n", line)
    if not match:
        sys.exit(f"not a metric: {line}")
    found[match[1]] = re.findall(rf"({name})={value}", match[2] or "")
for line in open(sys.argv[2]):
    match = re.match(r"\| `(iser_\w+)` \| ([`\w, ]*) ?\| ", line)
    if match:
        told[match[1]] = re.findall(r"`(\w+)`", match[2])
if found != told:
    sys.exit(f"printed {found}, documented {told}")
EOS
run status --prometheus
expect 'status --prometheus' 0 \
	'iser_port_active{device="rxe0",port="1",netdev="net0"} 1' \
	"iser_session_logged_in{session=\"1\",target=\"$target\",address=\"192.0.2.2\",port=\"3260\",device=\"rxe5\"} 1" \
	"iser_portal_listening{target=\"$target\",group=\"1\",portal=\"192.0.2.1:3260\"} 1" \
	"iser_portal_connections{target=\"$target\",group=\"1\",portal=\"192.0.2.1:3260\"} 1" \
	'iser_status_complete 1'
good=yes
python3 "$work/metrics.py" "$work/out" "$tree/Documentation/iserctl.md" 2>"$work/err" || good=no
verdict 'metrics as documented'
run status --json
good=yes
sed -n '/^| field | /,/^$/p' "$tree/Documentation/iserctl.md" >"$work/table"
python3 "$work/fields.py" "$work/out" "$work/table" 2>"$work/err" || good=no
verdict 'status --json'
put /sys/class/iscsi_host/host1/device/session1/iscsi_session/session1/targetname "$hostile"
run status --json
good=yes
put /sys/class/iscsi_host/host1/device/session1/iscsi_session/session1/ifacename $'\u00e9\U1f600'
run status --json
python3 -c 'import json, sys
status = json.load(open(sys.argv[1], encoding="ascii"))
assert status["initiator"]["sessions"][0]["iface"] == "\u00e9\U0001f600"' "$work/out" 2>"$work/err" || good=no
LC_ALL=C grep -q '[^ -~]' "$work/out" && good=no
run status
LC_ALL=C grep -q '[^ -~]' "$work/out" && good=no
verdict 'status with hostile names'
run status --prometheus
good=yes
python3 "$work/metrics.py" "$work/out" "$tree/Documentation/iserctl.md" 2>"$work/err" || good=no
verdict 'metrics with hostile names'

# 500 sessions of each half, as fast as it is installed.
new initiator target
make -s -C "$tree/tools" -B BUILD="$work" CFLAGS=-O2
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
    facts.write(f"connection rxe0 iser_core 192.0.2.1:3260 192.0.2.9:{n + 1000}\n")
    facts.write(f"connection rxe0 iser_core 192.0.2.1:{n + 1000} 192.0.2.2:3260\n")
EOS
# The time of the CPU, because this machine may be busy.
TIMEFORMAT='%3U %3S'
fastest=100000
for _ in 1 2 3; do
	{ time run status --json; } 2>"$work/time"
	took=$(awk '{printf "%d", ($1 + $2) * 1000}' "$work/time")
	[ "$took" -ge "$fastest" ] || fastest=$took
done
echo "# 1,000 connections: $fastest ms"
good=yes
if [ "$fastest" -ge 1000 ] || [ $rc != 0 ]; then good=no; fi
: >"$work/out"
verdict '1,000 connections in a second'
run doctor
expect 'the doctor of as many' 0

# ---- what is installed with it ----
make -s -C "$tree/tools" BUILD="$work" CFLAGS=-O2 DESTDIR="$work/installed" PREFIX=/usr install
(cd "$work/installed" && find . -type f | sort) >"$work/out"
rc=0
expect 'make install' 0 ./usr/sbin/iserctl ./usr/share/man/man8/iserctl.8 \
	./usr/share/bash-completion/completions/iserctl
# complete WORD...: what the shell offers for the last word
complete_words() {
	# shellcheck source=tools/iserctl.bash
	(. "$tree/tools/iserctl.bash"
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_iserctl
		printf '%s\n' "${COMPREPLY[@]}") >"$work/out"
}
complete_words iserctl 'do'
expect 'completion of a command' 0 doctor
complete_words iserctl doctor in
expect 'completion of a half' 0 initiator
complete_words iserctl doctor target in
expect 'completion of one half only' 0 ''
complete_words iserctl status -
expect 'completion of an option' 0 --json --prometheus

# ---- usage ----
for words in '' 'doctor --wrong' 'doctor initiator target' 'doctor --limit x' 'status now' 'doctor --limit 0' \
	'doctor --limit 18446744073709552' 'doctor 192.0.2' 'doctor 192.0.2.1:0' 'doctor host:70000' 'doctor host:1:2' \
	'doctor host:'; do
	# shellcheck disable=SC2086 # words
	run $words
	expect "usage: iserctl $words" 2
done
for words in --help 'status --help' 'doctor -h'; do
	# shellcheck disable=SC2086 # words
	run $words
	expect "iserctl $words" 0 '       iserctl status [--json | --prometheus]'
done
rc=0
ISERCTL_ROOT=$host "$work/iserctl" status >/dev/full 2>"$work/err" || rc=$?
: >"$work/out"
expect 'a full disk' 3
run doctor '192.0.2.1; x'
expect 'an address that is none' 2
echo "1..$number"
tally
