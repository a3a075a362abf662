#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: tests/install.sh
#
# Tests that "make install" puts our modules where depmod prefers them to the kernel's
# own, and that "make uninstall" makes modprobe find those again, leaves what DKMS has
# installed, and with INSTALL_MOD_PATH acts on that root only. It uses the folders of
# Debian's 6.1 in a mount namespace: this machine's modules stay as they are. Results as
# KTAP.
set -eu

case ${1:-} in -h | --help) sed -n '3,/^$/s/^# \{0,1\}//p' "$0"; exit ;; esac
tree=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/lib/ktap.sh
. "$tree/tests/lib/ktap.sh"

release='' modules='' headers=''
found=$("$tree/tests/vm/kernel.sh" 6.1)
eval "$found"
mkdir "$work/src" "$work/lib" && cp -r "$modules" "$work/lib/$release"
(cd "$tree" && cp -r Makefile Kbuild include proto core initiator target scripts "$work/src")
find "$work/src" -name '*.o' -delete

# Only in this mount namespace is /lib/modules another folder.
export WORK=$work RELEASE=$release HEADERS=$headers
# shellcheck disable=SC2016 # it is the inner shell's
unshare --mount bash -c '
	mkdir -p /lib/modules
	mount --bind "$WORK/lib" /lib/modules
	cd "$WORK/src"
	where() { for m in ib_iser ib_isert; do modinfo -k "$RELEASE" -n $m || true; done; }
	make -s KDIR="$HEADERS" install >"$WORK/install.log" 2>&1
	echo $? >"$WORK/install.rc"
	where >"$WORK/installed"
	# What DKMS would have put there, and a folder of it that is empty.
	mkdir -p "/lib/modules/$RELEASE/updates/dkms/empty"
	cp ./*.ko "/lib/modules/$RELEASE/updates/dkms"
	# Another root, whose modules come and go without these.
	make -s KDIR="$HEADERS" INSTALL_MOD_PATH="$WORK/other" install >"$WORK/other.log" 2>&1
	find "$WORK/other" -name "*.ko*" | sort >"$WORK/other.installed"
	make -s KDIR="$HEADERS" INSTALL_MOD_PATH="$WORK/other" uninstall >>"$WORK/other.log" 2>&1
	echo $? >"$WORK/other.rc"
	find "$WORK/other" -name "*.ko*" | sort >"$WORK/other.left"
	where >"$WORK/still"
	make -s KDIR="$HEADERS" uninstall >"$WORK/uninstall.log" 2>&1
	echo $? >"$WORK/uninstall.rc"
	find /lib/modules/*/updates | sort >"$WORK/updates"
	rm -r "/lib/modules/$RELEASE/updates"
	depmod "$RELEASE"
	where >"$WORK/left"
	find /lib/modules -name "iser_core*" >>"$WORK/left"'

in_updates() { [ "$(grep -c '/updates/' "$1")" = 2 ]; }
in_kernel() { [ "$(grep -c '/kernel/drivers/infiniband/ulp/' "$1")" = 2 ] && ! grep -q iser_core "$1"; }
same_as() { diff <(printf '%s\n' "${@:2}") "$1" >"$work/diff"; }
emptied() { [ "$(wc -l <"$work/other.installed")" = 3 ] && [ ! -s "$work/other.left" ]; }
updates=/lib/modules/$release/updates

plan 8
passes 'install/install succeeds' grep -qx 0 "$work/install.rc"
passes 'install/ours are preferred' in_updates "$work/installed"
passes 'install/uninstall below INSTALL_MOD_PATH succeeds' grep -qx 0 "$work/other.rc"
passes 'install/uninstall below INSTALL_MOD_PATH removes them there' emptied
passes 'install/uninstall below INSTALL_MOD_PATH leaves those of this root' in_updates "$work/still"
passes 'install/uninstall succeeds' grep -qx 0 "$work/uninstall.rc"
passes 'install/uninstall leaves what DKMS has installed' same_as "$work/updates" "$updates" "$updates/dkms" \
	"$updates/dkms/empty" "$updates/dkms"/{ib_iser,ib_isert,iser_core}.ko
passes "install/the kernel's own are back" in_kernel "$work/left"
[ $failed = 0 ] || tail -n 15 "$work/install.log" "$work/other.log" "$work/uninstall.log" "$work/updates" "$work/left" | sed 's/^/# /'
tally
