#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: scripts/loaded.sh [RELEASE]
#
# Compares the iSER modules that are loaded with those that are installed for RELEASE
# (the running kernel), says what uses the modules that differ, and prints the commands
# that swap them. Also names other copies, which modprobe does not take. Changes nothing.

set -eu

case ${1:-} in -h | --help) sed -n '3,/^$/s/^# \{0,1\}//p' "$0"; exit ;; esac
release=${1:-$(uname -r)}
modules="ib_iser ib_isert iser_core"
sys=/sys/module
lio=/sys/kernel/config/target/iscsi

# installed MODULE FIELD: what modinfo says about the file that modprobe would load
installed() { modinfo -k "$release" -F "$2" "$1" 2>/dev/null || true; }

for m in $modules; do
	file=$(installed "$m" filename)
	echo "installed for $release: $m ${file:-is not there}"
	# depmod lists one file of a name. The kernel's own is the one that ours replaces.
	find "/lib/modules/$release/" -name "$m.ko*" ! -path "*/kernel/*" ! -path "$file" \
		-printf '        another one, which is not taken: %p\n' 2>/dev/null || true
done
if [ "$release" != "$(uname -r)" ]; then
	echo "the running kernel is $(uname -r): nothing to compare"
	exit
fi

old=''
for m in $modules; do
	[ -d "$sys/$m" ] || continue
	# The kernel's own modules may lack srcversion, so the out-of-tree flag tells
	# ours from them.
	loaded=$(cat "$sys/$m/srcversion" 2>/dev/null || echo none)
	case $(cat "$sys/$m/taint" 2>/dev/null) in *O*) ;; *) loaded+=", the kernel's own" ;; esac
	file=$(installed "$m" srcversion)
	file=${file:-none}
	[ -z "$(installed "$m" intree)" ] || file+=", the kernel's own"
	[ -n "$(installed "$m" filename)" ] || file="nothing"
	if [ "$loaded" = "$file" ]; then
		echo "loaded: $m is the installed one"
	else
		echo "loaded: $m is ANOTHER one than the installed"
		echo "        loaded: srcversion $loaded; installed: $file"
		old+=" $m"
	fi
done
# Endpoints are connects of iscsid; one that was killed leaves its endpoints there.
endpoints=$(find /sys/class/iscsi_endpoint -name 'ep-*' 2>/dev/null | wc -l)
connections=$(find /sys/class/iscsi_connection -name 'connection*' 2>/dev/null | wc -l)
if [ -d "$sys/ib_iser" ] && [ "$endpoints" -gt "$connections" ]; then
	echo "$((endpoints - connections)) endpoint(s) without a connection: they hold nothing, and end with ib_iser"
fi
if [ -z "$old" ]; then
	echo "nothing to swap: what gets loaded next is what is installed"
	exit
fi

echo
echo "The old code stays in use until it is unloaded. It is held by:"
swap=() back=() held=''

# Sessions of the initiator.
for s in /sys/class/iscsi_host/host*/device/session*/iscsi_session/session*; do
	[ -d "$s" ] || continue
	host=${s#*iscsi_host/}
	[ "$(cat "/sys/class/scsi_host/${host%%/*}/proc_name")" = iscsi_iser ] || continue
	name=$(cat "$s/targetname") held=1
	echo "  ib_iser: session ${s##*session} to $name"
	swap+=("iscsiadm -m session -r ${s##*session} -u    # unmount its disks first")
done
# Portals of the target.
for np in "$lio"/*/tpgt_*/np/*; do
	[ "$(cat "$np/iser" 2>/dev/null)" = 1 ] || continue
	iqn=${np#"$lio/"} portal=${np##*/} held=1
	echo "  ib_isert: portal $portal of ${iqn%%/*}"
	swap+=("echo 0 >$np/iser    # stops iSER on $portal")
	back+=("echo 1 >$np/iser")
done
for m in $old; do
	for h in "$sys/$m"/holders/*; do
		[ -e "$h" ] || continue
		echo "  $m: module ${h##*/}"
		held=1
	done
	[ "$held" ] || echo "  nobody: $m is only loaded (used $(cat "$sys/$m/refcnt" 2>/dev/null || echo 0) times)"
done

echo
echo "Commands that swap it:"
for line in "${swap[@]}"; do echo "  $line"; done
# Both halves have to be unloaded before the core that they use.
for m in $modules; do
	# modprobe -r would not do: it finds only what is installed.
	[ ! -d "$sys/$m" ] || echo "  rmmod $m"
done
for m in ib_iser ib_isert; do
	[ ! -d "$sys/$m" ] || echo "  modprobe $m"
done
for line in "${back[@]}"; do echo "  $line"; done
