#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: scripts/version.sh [--check | --set VERSION | --release]
#
# Prints the version, which is kept in include/iser/version.h. DKMS, the packages and the
# documents need it as a literal: --check names the files that have another one, and --set
# writes a new one to all of them, with an empty section of CHANGELOG.md for its changes.
# The date in debian/changelog is then SOURCE_DATE_EPOCH, or now. Until --release the
# documents say that it is not released.

set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8

# FILE and the regular expression before the version, of the first line that has it
places=(
	'include/iser/version.h'    '#define ISER_RELEASE\t"'
	'dkms.conf'                 'PACKAGE_VERSION="'
	'debian/changelog'          'iser \('
	'packaging/iser.spec'       'Version: +'
	'packaging/iser.spec'       '\* .* - '
	'CHANGELOG.md'              '## '
	'README.md'                 '\*\*Status:\*\* version '
)
form='[0-9]+(\.[0-9]+)*'

# found FILE REGEX: prints the version that the file has
found() { sed -nE "s/^$2($form).*/\\1/p" "$1" | sed -n 1p; }

# replace FILE REGEX VERSION
replace() { sed -i -E "0,/^($2)$form/s//\\1$3/" "$1"; }

version=$(found "${places[0]}" "${places[1]}")
case ${1:-} in
'') echo "$version" ;;
--check)
	bad=0
	for ((i = 2; i < ${#places[@]}; i += 2)); do
		other=$(found "${places[i]}" "${places[i + 1]}")
		[ "$other" = "$version" ] ||
			{ echo "${places[i]}: version '$other', but ${places[0]} has $version"; bad=1; }
	done
	exit $bad ;;
--set)
	new=${2:-}
	grep -qxE "$form" <<<"$new" || { echo "version.sh: '$new' is not a version such as 1.2" >&2; exit 1; }
	[ "$new" != "$version" ] || { echo "version.sh: it is $new already" >&2; exit 1; }
	date=$(date -R ${SOURCE_DATE_EPOCH:+-u -d "@$SOURCE_DATE_EPOCH"})
	maintainer=$(sed -n 's/^Maintainer: //p' debian/control)
	printf 'iser (%s) unstable; urgency=medium\n\n  * New version, see CHANGELOG.md.\n\n -- %s  %s\n\n' \
		"$new" "$maintainer" "$date" | cat - debian/changelog >debian/changelog.new
	mv debian/changelog.new debian/changelog
	sed -i "s/^%changelog$/&\n* $(date ${SOURCE_DATE_EPOCH:+-u -d "@$SOURCE_DATE_EPOCH"} +'%a %b %d %Y') $maintainer - $new-1\n- New version, see CHANGELOG.md.\n/" \
		packaging/iser.spec
	sed -i "0,/^## /s//## $new, not released\n\n## /" CHANGELOG.md
	for ((i = 0; i < ${#places[@]}; i += 2)); do
		replace "${places[i]}" "${places[i + 1]}" "$new"
	done
	sed -i -E "s/^(\*\*Status:\*\* version $new)\. /\1, not released yet. /" README.md ;;
--release)
	sed -i -E "0,/^## ($version), not released\$/s//## \1/" CHANGELOG.md
	sed -i -E "s/^(\*\*Status:\*\* version $version), not released yet/\1/" README.md ;;
-h | --help) sed -n '3,/^$/s/^# \{0,1\}//p' "$0" ;;
*) echo "version.sh: no option $1, see --help" >&2; exit 2 ;;
esac
