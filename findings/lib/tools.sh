# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# tools.sh: brings a tool in the exact version in which its fault was seen, and compares
# what it prints. Sourced by the scripts of findings/; sets $work, a temporary folder that
# goes with the script, and $root, where the packages are unpacked.

case ${1:-} in -h | --help) sed -n '3,/^$/s/^# \{0,1\}//p' "$0"; exit ;; esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$root" "$work/archives/partial"
# Settings of the person who runs the script do not count.
export LC_ALL=C.UTF-8 HOME=$work XDG_CONFIG_HOME=$work

# unpack PACKAGE=VERSION...: unpacks the packages, and those that they need and this
# machine does not have. Nothing is installed, which is why no lock is needed. Exit code 77
# says that a version is not to be had.
unpack() {
	local deb
	if ! apt-get -y -qq --no-install-recommends --download-only --reinstall \
		-o Dir::Cache::archives="$work/archives" -o Debug::NoLocking=1 \
		-o APT::Sandbox::User= install "$@" >"$work/apt.log" 2>&1; then
		cat "$work/apt.log"
		echo "not to be had here, perhaps for want of apt-get update: $*"
		exit 77
	fi
	for deb in "$work"/archives/*.deb; do
		dpkg-deb -x "$deb" "$root"
	done
	export LD_LIBRARY_PATH=$root/usr/lib/x86_64-linux-gnu:$root/lib/x86_64-linux-gnu
	export PATH=$root/usr/bin:$root/usr/sbin:$root/bin:$root/sbin:$PATH
	export PYTHONPATH=$root/usr/lib/python3/dist-packages
}

# namespaces OPTIONS: asks for namespaces, those that unshare makes with OPTIONS, and sets
# "apart", by which a command runs in new ones as their root. Exit code 77 says that none
# are to be had.
namespaces() {
	apart=(unshare "$1")
	"${apart[@]}" true || { echo "not to be had here: ${apart[*]}"; exit 77; }
}

wrong=0
# expect WHAT SEEN GOT: prints what a command has put out now, which has to be SEEN
expect() {
	echo "$1: ${3:-(nothing)}"
	[ "$3" = "$2" ] || { echo "  not as seen, which was: ${2:-(nothing)}"; wrong=1; }
}

# finish: ends the script with the exit code 1 if anything was not as seen
finish() {
	exit $wrong
}
