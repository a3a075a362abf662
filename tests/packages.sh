#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: tests/packages.sh [--long]
#
# Builds the Debian packages and the RPMs, each twice, and checks them. Then installs,
# upgrades, removes and purges the Debian packages in a root of Debian 12 with real
# kernels, one of which is installed in between; --long: of Debian 13 too. Nothing is
# installed on this machine but mmdebstrap. Results as KTAP.

. "$(dirname "$0")/vm/lib.sh"
# shellcheck source=tests/lib/ktap.sh
. "$TREE/tests/lib/ktap.sh"

releases=bookworm
case ${1:-} in
--long) releases="bookworm trixie" ;;
-h | --help) usage ;;
esac
need_root

work=$(mktemp -d) pid=''
# With unshare, which ignores other signals, all processes in the root end.
trap '[ ! "$pid" ] || kill -KILL "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
mkdir "$work/tree"
(cd "$TREE" && scripts/files.sh --others | xargs -d '\n' cp -p --parents -t "$work/tree")

# inside ROOT COMMAND...: becomes a command in the root, without a network. What it writes
# there is gone afterwards, except in /packages and in the cache of the compiler.
inside() {
	local root=$1
	shift
	mkdir -p "$work/mnt" "$CACHE/packages/ccache"
	# shellcheck disable=SC2016 # it is the inner shell's
	exec unshare --mount --pid --net --fork --kill-child bash -ec '
		work=$1 lower=$2 ccache=$3
		shift 3
		mount -t tmpfs -o size=8G,mode=755 none "$work/mnt"
		cd "$work/mnt"
		mkdir upper temp root
		mount -t overlay -o lowerdir="$lower",upperdir=upper,workdir=temp none root
		cd root
		mkdir -p packages ccache
		mount --bind "$work" packages
		mount --bind "$ccache" ccache
		mount -t proc none proc
		mount --rbind /dev dev
		exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
			chroot . "$@"' bash "$work" "$root" "$CACHE/packages/ccache" "$@"
}

plan
for release in $releases; do
	root='' first='' second='' # the next line sets these
	found=$("$TREE/tests/packages/root.sh" "$release")
	eval "$found"
	begin=$SECONDS end=''
	exec {out}< <(inside "$root" /packages/tree/tests/packages/inside.sh "$first" "$second" 2>&1)
	pid=$!
	while IFS= read -r -u "$out" line; do
		case $line in
		'ok '*) result ok "packages/$release/${line#ok }" ;;
		'not ok '*) result 'not ok' "packages/$release/${line#not ok }" ;;
		end) end=1 ;;
		*) printf '# [%d:%02d] %s\n' $(((SECONDS - begin) / 60)) $(((SECONDS - begin) % 60)) "$line" ;;
		esac
	done
	exec {out}<&-
	pid=''
	[ "$end" ] || result 'not ok' "packages/$release/goes to its end"
done
echo "1..$number"
tally
