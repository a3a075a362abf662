#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: scripts/static.sh [--list] [CHECK]...
#
# Checks that need no machine to run on; results as KTAP. Without names all of
# them: licence, languages, words, lines, whitespace, compat, waits, structure,
# checkpatch, shellcheck, and for each kernel build-6.1, build-6.12, build-newest (W=1, no
# warning), sparse-6.12, sparse-newest (C=2 with endian checks, no warning).

set -euo pipefail
tree=$(cd "$(dirname "$0")/.." && pwd)
cd "$tree"
export LC_ALL=C.UTF-8
# shellcheck source=tests/lib/ktap.sh
. tests/lib/ktap.sh

all=(licence languages words lines whitespace compat waits structure shellcheck checkpatch
	build-6.1 build-6.12 build-newest sparse-6.12 sparse-newest)

# Files of the project: those that git knows, else all.
files() {
	if [ -e .git ]; then
		git -c safe.directory='*' ls-files
	else
		find . -type f ! -path './tests/results/*' -printf '%P\n'
	fi | sort | while read -r f; do [ ! -f "$f" ] || echo "$f"; done
}

scripts() {
	files | while read -r f; do
		case $f in
		*.sh) echo "$f" ;;
		*) head -n 1 "$f" | grep -aqE '^#!.*[/ ](bash|sh|dash|busybox sh)$' && echo "$f" ;;
		esac
	done || true
}

# nothing FOUND...: fails with what was found.
nothing() {
	[ -z "$1" ] || { echo "$1"; return 1; }
}

check_licence() {
	local f bad='' line
	while read -r f; do
		case $f in
		LICENSE | *.patch | *.pcap | *.svg | *.json | *.tsv) continue ;;
		esac
		# First line, or the one after #! or what an editor or linter reads.
		line=$(head -n 4 "$f" | grep -a 'SPDX-License-Identifier:' || true)
		case $line in
		*GPL-2.0-only*) ;;
		*) bad+="$f: no SPDX line with GPL-2.0-only in its first lines"$'\n' ;;
		esac
	done < <(files)
	nothing "$bad"
}

# Scripts are in shell or Python: whoever changes one need not learn a further language.
check_languages() {
	nothing "$(files | xargs -d '\n' awk \
		'FNR == 1 && /^#!/ && !/[\/ ](bash|sh|python3)$/ { print FILENAME ": " $0 }')"
}

# Turns that are not English, or that leave the reader to guess who does what. The
# documents that check_words() names have none of them.
turns=(
	"\\bbehind\\b(?! (a|an|the) (firewall|gateway|NAT|proxy|router|switch))"	# after, following
	"\\bof (ours|theirs|(the )?[\\w-]+'s(?=[.,;:)]| (and|are|at|by|for|has|have|in|is|or|that|which) ))"
	"\\bno more(?=[.,;:)])"						# no longer
	"\\b(no|some)body\\b" "\\bwhoever\\b"
	"\\b(let|lets|letting) go\\b" "\\btells? of\\b"
	"\\banew\\b" "\\bbeside\\b"						# again; next to, in addition to
	"\\bmend(s|ed|ing)?\\b"						# fix
	"\\?( |$)"							# a statement says it
)

# wrong_turns FILE...: but for code, headings and what is quoted: log lines are the
# first cell of a table.
wrong_turns() {
	local f all
	all=$(IFS='|'; echo "${turns[*]}")
	for f; do
		sed -E 's/^(    |#).*//; s/^\| [^|]* \|/|/; s/`[^`]*`//g; s/"[^"]*"//g' "$f" |
			grep -niP "$all" | sed "s|^|$f:|" || true
	done
}

# Nothing that only makes sense on one machine, no work left in the text, no turns
# as above.
check_words() {
	nothing "$(files | grep -vxF scripts/static.sh | xargs -d '\n' grep -nIE \
		'TODO|FIXME|XXX|/home/[a-z]|deb\.debian\.org|snapshot\.debian|https?://[a-z.]*mirror' |
		grep -vE 'XXX{3,}|mktemp' || true
		wrong_turns README.md CONTRIBUTING.md SECURITY.md \
			Documentation/{install,design,protocol}.md)"
}

# Each log line stands in the tables for administrators, and they have no other lines.
check_lines() {
	files | grep -E '^(include|proto|core|initiator|target)/.*\.[ch]$' |
		xargs -d '\n' scripts/lines.py Documentation/install.md
}

check_whitespace() {
	nothing "$(files | grep -vE '\.(patch|pcap|svg)$' | xargs -d '\n' grep -nIE '[[:blank:]]+$' || true)"
}

# Differences of kernels belong into one header.
check_compat() {
	nothing "$(files | grep -E '^(include|proto|core|initiator|target)/' |
		grep -vx include/iser/compat.h |
		xargs -r -d '\n' grep -nE 'LINUX_VERSION_CODE|KERNEL_VERSION|linux/version\.h' || true)"
}

# Each place that sleeps stands in the design, with its limit.
check_waits() {
	files | grep -E '^(include|proto|core|initiator|target)/.*\.[ch]$' |
		xargs -d '\n' scripts/waits.sh Documentation/design.md
}

# The folders use each other as the design shows, and no layer leaks.
check_structure() {
	scripts/structure.py --check
}

check_shellcheck() {
	scripts | xargs -d '\n' shellcheck
}

check_checkpatch() {
	local source copy found
	source=$(tests/vm/kernel.sh --source 6.12)
	# In a copy: it leaves a file of its own where it runs.
	copy=$(mktemp -d)
	files | grep -E '^(include|proto|core|initiator|target|tests/faults)/.*\.[ch]$' |
		xargs -r -d '\n' cp --parents -t "$copy"
	# Not ours to choose: the kernel's names, the form of trace headers, what those
	# two other headers are for, and the error by which LIO's np thread ends.
	found=$(cd "$copy"
		find . -type f -printf '%P\n' | sort | xargs -r perl "$source/scripts/checkpatch.pl" --no-tree --root="$copy" --strict --terse \
			--quiet --no-summary --show-types --max-line-length=100 \
			--ignore CONST_STRUCT,CAMELCASE -f |
		grep -vE -e '/trace\.h:.*:(OPEN_ENDED_LINE|PARENTHESIS_ALIGNMENT):' \
			-e '^include/iser/compat\.h:.*:(LINUX_VERSION_CODE|CONSTANT_COMPARISON):' \
			-e '^include/iser/types\.h:.*:PREFER_KERNEL_TYPES:' \
			-e '^target/main\.c:.*:ENOSYS:' || true)
	rm -rf "$copy"
	nothing "$found"
}

check_build() {
	local dir
	dir=$(tests/vm/modules.sh "$1")
	nothing "$(cat "$dir/warnings")"
}

check_sparse() {
	local dir
	dir=$(tests/vm/modules.sh --sparse "$1")
	nothing "$(cat "$dir/warnings")"
}

case ${1:-} in
-h | --help) sed -n '3,/^$/s/^# \{0,1\}//p' "$0"; exit ;;
--list) printf '%s\n' "${all[@]}"; exit ;;
esac
[ $# -gt 0 ] || set -- "${all[@]}"

plan $#
for name; do
	argument=${name#*-}
	[ "$argument" != "$name" ] || argument=''
	# In a subshell of its own, so that "set -e" counts inside of the check.
	code=0
	out=$(mktemp)
	(set -e; "check_${name%%-*}" "$argument") >"$out" 2>"$out.err" &
	wait $! || code=$?
	if [ $code = 0 ]; then
		result ok "static/$name"
	else
		cat "$out" "$out.err" | head -n 80 | sed 's/^/# /'
		result 'not ok' "static/$name"
	fi
	rm -f "$out" "$out.err"
done
tally
