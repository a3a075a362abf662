# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What the programs of this directory share: the places of files, messages and the
# installation of packages.

# shellcheck disable=SC2034 # for those who source this
tree=$(readlink -f "$(dirname "${BASH_SOURCE[0]}")/../../..")
# shellcheck disable=SC2034 # likewise
cache=${ISER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/iser}
me=${0##*/}

say() {
	echo "uml: $*" >&2
}

die() {
	echo "uml: $me: $*" >&2
	exit 1
}

# need_packages PACKAGE...: installs those that are missing. While apt runs, policy-rc.d
# forbids that services of these packages start on this host.
need_packages() {
	local missing=() p policy=/usr/sbin/policy-rc.d ours=0 rc=0
	for p; do
		dpkg-query -W -f '${Status}' "$p" 2>/dev/null |
			grep -q 'install ok installed' || missing+=("$p")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	[ "$(id -u)" = 0 ] || die "run as root: apt-get install ${missing[*]}"
	say "install ${missing[*]}"
	if [ ! -e $policy ]; then
		printf '#!/bin/sh\nexit 101\n' >$policy
		chmod 755 $policy
		ours=1
	fi
	export DEBIAN_FRONTEND=noninteractive
	{
		apt-get -q -o DPkg::Lock::Timeout=600 update &&
			apt-get -qy -o DPkg::Lock::Timeout=600 install \
				--no-install-recommends "${missing[@]}"
	} >"${TMPDIR:-/tmp}/iser-apt.log" 2>&1 || rc=$?
	[ $ours = 0 ] || rm -f $policy
	[ $rc = 0 ] ||
		die "apt-get install ${missing[*]} failed: ${TMPDIR:-/tmp}/iser-apt.log"
}
