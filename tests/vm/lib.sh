# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# lib.sh: what the scripts of tests/vm share. Sourced, never run.
#
# Everything that takes long to make is kept in one cache directory outside of the tree.
# An item has a name and a key. The key is a hash of all that the item was made from, so
# that a change makes only those items again that depend on it.

set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C.UTF-8

VM_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TREE=$(cd "$VM_DIR/../.." && pwd)
CACHE=${ISER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/iser}
JOBS=${JOBS:-$(nproc)}
export VM_DIR TREE CACHE JOBS
mkdir -p "$CACHE/lock"

# A script that fails always says where.
trap 'say "${0##*/}, line $LINENO: failed: $BASH_COMMAND"' ERR

# All progress goes to stderr: stdout belongs to results.
say() { printf '# %s\n' "$*" >&2; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# usage: prints the comment block at the start of the calling script
usage() { sed -n '3,/^[^#]/s/^# \{0,1\}//p' "$0"; exit "${1:-0}"; }

# hash_of [FILE...]: prints one short hash of stdin and the files
hash_of() { { cat; [ $# -eq 0 ] || cat "$@"; } | sha256sum | cut -c1-12; }

# run_logged WHAT LOG COMMAND...: prints a line before and after COMMAND, and on failure
# the end of the log
run_logged() {
	local what=$1 log=$2 start=$SECONDS
	shift 2
	say "$what ..."
	mkdir -p "$(dirname "$log")"
	# In the background, because in an "if" it would run without "set -e".
	(set -e; "$@") >"$log" 2>&1 </dev/null &
	if wait $!; then
		say "$what: done in $((SECONDS - start)) s"
	else
		tail -n 20 "$log" | sed 's/^/#   /' >&2
		die "$what failed, the whole log is in $log"
	fi
}

# slowness [KERNEL]: prints the factor on all waiting times of a machine in QEMU (ISER_SLOW)
slowness() {
	case $("$VM_DIR/boot.sh" ${1:+--kernel "$1"} --accel) in
	kvm) echo 1 ;;
	*) echo 2 ;;
	esac
}

# cached NAME KEY WHAT COMMAND...: prints the folder of an item of the cache. To make it,
# COMMAND gets an empty folder as its last argument and fills it. If two runs need the
# same item, the second waits for the first. The two newest items of each name stay, and
# those that a run may still use: none takes longer than CACHE_USED minutes.
CACHE_USED=300
cached() {
	local name=$1 key=$2 what=$3 dir=$CACHE/$1/$2 old
	shift 3
	mkdir -p "$CACHE/$name"
	if [ ! -e "$dir/.complete" ]; then
		exec {lock}>"$CACHE/lock/${name//\//_}"
		flock -n "$lock" || { say "$what: another run is at it, waiting"; flock "$lock"; }
		if [ ! -e "$dir/.complete" ]; then
			# Under the lock no other run makes an item of this name, so incomplete
			# ones are left from earlier attempts.
			for old in "$CACHE/$name"/*/; do
				[ ! -d "$old" ] || [ -e "$old/.complete" ] || rm -rf "$old"
			done
			mkdir -p "$dir"
			run_logged "$what" "$CACHE/$name/$key.log" "$@" "$dir"
			touch "$dir/.complete"
			find "$CACHE/$name" -mindepth 2 -maxdepth 2 -name .complete -printf '%T@ %h\n' |
				sort -rn | tail -n +3 | cut -d' ' -f2- |
				while read -r old; do
					[ -z "$(find "$old/.complete" -mmin +$CACHE_USED)" ] ||
						rm -rf "$old" "$old.log"
				done
		fi
		exec {lock}>&-
	fi
	touch "$dir/.complete"
	echo "$dir"
}

# uml_modules WHAT KERNEL DIR ARGUMENT...: builds the modules in DIR for the kernel in KERNEL,
# which tests/vm/uml/kernel has made; the log is DIR/build.log
uml_modules() {
	local what=$1 kernel=$2 dir=$3
	shift 3
	say "build $what for User-Mode Linux"
	CCACHE_DIR=$CACHE/ccache make -s -C "$kernel" ARCH=um CC='ccache gcc' M="$dir" \
		-j"$JOBS" "$@" modules >"$dir/build.log" 2>&1 && return
	cat "$dir/build.log" >&2
	die "can't build $what"
}

# need COMMAND=PACKAGE...: installs the packages whose command is missing.
need() {
	local pair missing=()
	for pair; do
		command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
	done
	[ ${#missing[@]} -eq 0 ] && return
	[ "$(id -u)" = 0 ] || die "missing packages, run as root: apt-get install ${missing[*]}"
	run_logged "installing ${missing[*]}" "$CACHE/log/apt-install" apt_install "${missing[@]}"
}

apt_install() {
	local get=(apt-get -q -y -o DPkg::Lock::Timeout=600)
	export DEBIAN_FRONTEND=noninteractive
	"${get[@]}" install --no-install-recommends "$@" ||
		{ "${get[@]}" update && "${get[@]}" install --no-install-recommends "$@"; }
}

need_root() { [ "$(id -u)" = 0 ] || die "has to run as root (it makes system images)"; }

# adapter_wanted: has tests/adapter built for the machine if it is the provider
# shellcheck disable=SC2154 # a variable of those who source tests/vm/qemu.sh or uml.sh
adapter_wanted() {
	case $provider in adapter*) export ISER_ADAPTER=1 ;; esac
}

# machine_job DIR COMMAND: leaves the job of a machine where machine_boot looks for it, with
# the environment that the tests want
# shellcheck disable=SC2154 # variables of those who source tests/vm/qemu.sh or uml.sh
machine_job() {
	cat >"$1/job" <<-EOF
		export ISER_PROVIDER=$provider ISER_INITIATOR=$initiator ISER_TARGET=$target
		export ISER_SLOW=$slow ISER_TOOLS=\$ISER_OUT/tools
		$2
	EOF
}

# last_words DIR: prints what a dead machine has logged, from the first sign of a crash
# on or else the last lines, and what the job and QEMU said last
last_words() {
	local from
	from=$(grep -naE 'BUG:|Oops|general protection|Kernel panic|machine: no ' "$1/console" |
		head -n 1 | cut -d: -f1 || true)
	if [ -n "$from" ]; then
		tail -n "+$from" "$1/console" | head -n 60
	else
		tail -n 20 "$1/console"
	fi | tr -d '\r' | sed 's/^/#   /' || true
	cat "$1/log" "$1/qemu.log" 2>/dev/null | tail -n 5 | sed 's/^/#   /' || true
}
