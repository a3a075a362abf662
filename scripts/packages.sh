#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: scripts/packages.sh [PACKAGE]...
#
# Installs those of the packages named, or of scripts/packages, that are missing. None
# of their services is started.

set -euo pipefail
case ${1:-} in -h | --help) sed -n '3,/^$/s/^# \{0,1\}//p' "$0"; exit ;; esac
here=$(cd "$(dirname "$0")" && pwd)
[ $# -gt 0 ] || mapfile -t list < <(grep -v '^#' "$here/packages")
[ $# -gt 0 ] || set -- "${list[@]}"

missing=()
for p; do
	dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' ||
		missing+=("$p")
done
[ ${#missing[@]} -gt 0 ] || exit 0
if [ "$(id -u)" != 0 ]; then
	echo "missing packages; as root: apt-get install ${missing[*]}" >&2
	exit 1
fi

# Debian's policy layer: exit code 101 forbids that a service is started.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	trap 'rm -f $policy' EXIT
	printf '#!/bin/sh\nexit 101\n' >$policy
	chmod 755 $policy
fi
echo "# installing ${missing[*]} ..." >&2
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
if ! { apt-get -q update && apt-get -q -y -o DPkg::Lock::Timeout=600 install \
	--no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
	tail -n 15 "$log" >&2
	echo "packages.sh: apt-get failed, its output is in $log" >&2
	exit 1
fi
rm -f "$log"
echo "# packages: done in $SECONDS s" >&2
