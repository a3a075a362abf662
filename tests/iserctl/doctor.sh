# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The doctor: a healthy host has no finding; each of the others has one mistake, and gets the
# line that fixes it.
# shellcheck source=tests/iserctl/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

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

declare -A kinds=()
host=$hosts/host
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
# The kernel of this machine, whose list of addresses ends by an error, or was changed.
for what in SHIM_DUMP=5:'Input/output error' SHIM_CHANGED=1:'Resource temporarily unavailable'; do
	host='' shimmed "${what%%:*}" -- doctor 127.0.0.1
	grep -qxF "unseen: 'addresses by netlink': ${what#*:}" "$work/out" || good=no
	verdict "a dump of netlink with ${what%=*}"
done
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
expect 'a device that a reboot removes' 1 '    # a reboot removes it: install.md, Boot, has a unit that makes it again'
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
finds module-missing 'apt-get install linux-headers-$(uname -r) make gcc xz-utils'
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
# On all addresses, it is not said which network is meant.
new target
mv "$host$group/np/192.0.2.1:3260" "$host$group/np/0.0.0.0:3260"
rm -r "$host/sys/class/infiniband"
run doctor target
grep -q '^error: portal-no-device: ' "$work/out" || good=no
expect 'portal-no-device on all addresses' 1 '    # rdma link add rxe0 type rxe netdev net0'
never 'rdma link add'
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
put /sys/module/ib_isert/parameters/pi_enable N
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
chmod 755 "$work" "$hosts"
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

# ---- hostile names ----
# What is printed is pasted into a shell whose commands only say with what they were called.
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
