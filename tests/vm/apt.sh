# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# apt.sh: fetches packages of a Debian release by name and leaves the host's own package
# lists alone. Sourced after lib.sh.
#
# The mirrors are those of the host's own apt sources, since its administrator decides
# which mirror serves it.

APT_MAX_AGE=${APT_MAX_AGE:-1440} # minutes until the lists are fetched again

# host_mirror REGEX: prints the URI of the first configured suite that matches
host_mirror() {
	apt-get indextargets --format '$(RELEASE) $(REPO_URI) $(CREATED_BY)' 2>/dev/null |
		awk -v r="$1" '$3 == "Packages" && $1 ~ r { print $2; exit }'
}

# apt_sources RELEASE: prints the lines of a sources.list for that release
apt_sources() {
	local main security ring=/usr/share/keyrings/debian-archive-keyring.gpg suite
	main=$(host_mirror '^(bookworm|trixie)(-updates)?$')
	[ -n "$main" ] || die "no Debian 12 or 13 entry in this machine's apt sources"
	security=$(host_mirror '^(bookworm|trixie)-security$')
	[ -r "$ring" ] || die "no $ring: install the package debian-archive-keyring"
	for suite in "$1" "$1-updates" "$1-backports"; do
		[ "$suite" = bookworm-backports ] ||
			echo "deb [signed-by=$ring] $main $suite main"
	done
	if [ -n "$security" ] && [ "$1" = bookworm ]; then
		echo "deb [signed-by=$ring] $security $1-security main"
	fi
}

# apt_in RELEASE APT-COMMAND...: runs apt with private lists of that release
apt_in() {
	local dir=$CACHE/apt/$1
	shift
	APT_CONFIG=$dir/apt.conf "$@"
}

# apt_lists RELEASE: makes or refreshes these lists
apt_lists() {
	local dir=$CACHE/apt/$1
	exec {lists_lock}>"$CACHE/lock/apt-$1"
	flock "$lists_lock"
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
	if [ -z "$(find "$dir/fresh" -mmin "-$APT_MAX_AGE" 2>/dev/null)" ]; then
		apt_sources "$1" >"$dir/sources.list"
		cat >"$dir/apt.conf" <<-EOF
			Dir::Etc::sourcelist "$dir/sources.list";
			Dir::Etc::sourceparts "/dev/null";
			Dir::State "$dir";
			Dir::State::lists "$dir/lists";
			Dir::State::status "/dev/null";
			Dir::Cache "$dir/cache";
			APT::Sandbox::User "";
			Acquire::Languages "none";
		EOF
		say "package lists of $1 ..."
		if apt_in "$1" apt-get -q update >"$dir/update.log" 2>&1; then
			touch "$dir/fresh"
		elif [ -e "$dir/fresh" ]; then
			say "package lists of $1: no answer, going on with the old ones"
		else
			die "package lists of $1 cannot be fetched, see $dir/update.log"
		fi
	fi
	exec {lists_lock}>&-
}

# apt_sorted RELEASE REGEX: prints the names of packages by the version in them
apt_sorted() {
	apt_in "$1" apt-cache search --names-only "$2" | awk '{ print $1 }' | sort -V
}

# apt_newest, apt_oldest RELEASE REGEX: the one with the highest or lowest version
apt_newest() { apt_sorted "$@" | tail -n 1; }
apt_oldest() { apt_sorted "$@" | sed -n 1p; }

# apt_version RELEASE PACKAGE
apt_version() {
	apt_in "$1" apt-cache show --no-all-versions "$2" | sed -n 's/^Version: //p' | head -n 1
}

# apt_fetch RELEASE FOLDER PACKAGE...: downloads the .deb files to FOLDER
apt_fetch() {
	local release=$1 dir=$2
	shift 2
	(cd "$dir" && apt_in "$release" apt-get -q download "$@")
}
