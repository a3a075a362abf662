#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: scripts/static.sh [--list] [CHECK]...
#
# Runs the checks named, or all of them; none needs a virtual machine. Results as KTAP.
# Checks: licence, languages, version, words, lines, interface, workflow, whitespace, compat,
# pages, waits, structure, checkpatch, coccinelle, shellcheck, kernel-doc, spelling;
# waits, structure, checkpatch, coccinelle, shellcheck, kernel-doc, spelling;
# tools (iserctl: warnings of gcc and clang; the manuals);
# build-6.1, build-6.12, build-newest (W=1 without a warning);
# sparse-6.12, sparse-newest (C=2 with endian checks, without a warning).
# Only if named: build- with any other kernel of tests/vm/kernel.sh, such as
# build-oldest-6.1; clang-6.12 (what clang says of the modules, without a warning).

set -euo pipefail
tree=$(cd "$(dirname "$0")/.." && pwd)
cd "$tree"
export LC_ALL=C.UTF-8
# shellcheck source=tests/lib/ktap.sh
. tests/lib/ktap.sh

all=(licence languages version words lines interface workflow whitespace compat pages waits
	structure shellcheck checkpatch coccinelle kernel-doc spelling tools
	build-6.1 build-6.12 build-newest sparse-6.12 sparse-newest)

files() { scripts/files.sh; }

scripts() {
	files | while read -r f; do
		case $f in
		*.sh) echo "$f" ;;
		*) head -n 1 "$f" | grep -aqE '^#!.*[/ ](bash|sh|dash|busybox sh)$' && echo "$f" ;;
		esac
	done || true
}

# nothing FOUND: prints what was found, and fails if that is not empty
nothing() {
	[ -z "$1" ] || { echo "$1"; return 1; }
}

check_licence() {
	local f bad='' line
	while read -r f; do
		case $f in
		LICENSE | *.patch | *.pcap | *.svg | *.json | *.tsv) continue ;;
		# Their forms have no comments.
		debian/changelog | debian/copyright | debian/source/format) continue ;;
		esac
		# The SPDX line may come after #! or a line for an editor or linter.
		line=$(head -n 4 "$f" | grep -a 'SPDX-License-Identifier:' || true)
		case $line in
		*GPL-2.0-only*) ;;
		*) bad+="$f: no SPDX line with GPL-2.0-only in its first lines"$'\n' ;;
		esac
	done < <(files)
	nothing "$bad"
}

# Scripts are in shell or Python only, so that no contributor needs a third language.
# Debian wants debian/rules to be a makefile.
check_languages() {
	nothing "$(files | grep -vx debian/rules | xargs -d '\n' awk \
		'FNR == 1 && /^#!/ && !/[\/ ](bash|sh|python3)$/ { print FILENAME ": " $0 }')"
}

# DKMS and the packages need the version as a literal.
check_version() {
	scripts/version.sh --check
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

# wrong_turns FILE...: finds these turns outside of code, headings, quotations and log
# lines, which are the first cells of tables
wrong_turns() {
	local f all
	all=$(IFS='|'; echo "${turns[*]}")
	for f; do
		sed -E 's/^(    |#).*//; s/^\| [^|]* \|/|/; s/`[^`]*`//g; s/"[^"]*"//g' "$f" |
			grep -niP "$all" | sed "s|^|$f:|" || true
	done
}

# No text may make sense on one machine only, mention unfinished work, or have one of the
# turns above.
check_words() {
	nothing "$(files | grep -vxF scripts/static.sh | xargs -d '\n' grep -nIE \
		'TODO|FIXME|XXX|/home/[a-z]|deb\.debian\.org|snapshot\.debian|https?://[a-z.]*mirror' |
		grep -vE 'XXX{3,}|mktemp' || true
		wrong_turns README.md CONTRIBUTING.md SECURITY.md \
			Documentation/{install,design,protocol,peers,interface,features,tutorials/*}.md)"
}

# The tables for administrators must have each log line, and no others.
check_lines() {
	files | grep -E '^(include|proto|core|initiator|target)/.*\.[ch]$' |
		xargs -d '\n' scripts/lines.py Documentation/install.md
}

# What scripts may rely on must be in the document, as it is, and nothing else.
check_interface() {
	scripts/interface.py
}

# The workflow of a forge runs nowhere here, so it is compared with what it runs.
check_workflow() {
	scripts/workflow.py
}

check_whitespace() {
	nothing "$(files | grep -vE '\.(patch|pcap|svg)$' | xargs -d '\n' grep -nIE '[[:blank:]]+$' || true)"
}

# Differences between kernels belong in one header.
check_compat() {
	nothing "$(files | grep -E '^(include|proto|core|initiator|target)/' |
		grep -vx include/iser/compat.h |
		xargs -r -d '\n' grep -nE 'LINUX_VERSION_CODE|KERNEL_VERSION|linux/version\.h' || true)"
}

# Memory is registered in pages of 4 KiB. A PAGE_SIZE in its place is the same on the
# machines of the tests, and on kernels with larger pages the data would be wrong.
check_pages() {
	nothing "$(files | grep -E '^(core|initiator|target)/.*\.c$' | xargs -d '\n' awk '
		/^[ \t]*\/?\*/ { next }
		/^static .*[ *]host_(pages|limits)\(/ { whole = 1 }
		/[^a-z_]ib_map_mr_sg(_pi)?\(|virt_boundary_mask = / { part = 1 }
		(whole || part) && /(^|[^A-Z_])PAGE_(SIZE|SHIFT|MASK)/ {
			print FILENAME ":" FNR ": use ISER_STAG_PAGE: " $0
		}
		/;/ { part = 0 }
		/^}/ { whole = 0 }')"
}

# The design must list each place that sleeps, with its limit.
check_waits() {
	files | grep -E '^(include|proto|core|initiator|target)/.*\.[ch]$' |
		xargs -d '\n' scripts/waits.sh Documentation/design.md
}

# The folders may use each other only as the design shows.
check_structure() {
	scripts/structure.py --check
}

check_shellcheck() {
	scripts | xargs -d '\n' shellcheck
}

# What checkpatch says of kernel code only: functions and macros that no program has, and
# text that is one line for whoever runs the program.
programs_may=STRCPY,SPLIT_STRING,NAKED_SSCANF,EMBEDDED_FUNCTION_NAME,USE_NEGATIVE_ERRNO
programs_may+=,BIT_MACRO,PREFER_DEFINED_ATTRIBUTE_MACRO,MACRO_ARG_UNUSED,VOLATILE

check_checkpatch() {
	local source copy found part may which
	source=$(tests/vm/kernel.sh --source 6.12)
	# checkpatch leaves a file in the folder where it runs, so it gets a copy.
	copy=$(mktemp -d)
	files | grep -E '^(include|proto|core|initiator|target|tools|tests/(faults|adapter))/.*\.[ch]$' |
		xargs -r -d '\n' cp --parents -t "$copy"
	# Left out is what this project cannot choose: the kernel's names, the form of trace
	# headers, the purpose of the two other headers, and the error that ends LIO's np thread.
	found=$(cd "$copy"
		for part in modules tools; do
			may=CONST_STRUCT,CAMELCASE which=(-v)
			[ $part = modules ] || may+=,$programs_may which=()
			find . -type f -printf '%P\n' | grep "${which[@]}" '^tools/' | sort |
				xargs -r perl "$source/scripts/checkpatch.pl" --no-tree \
				--root="$copy" --strict --terse --quiet --no-summary --show-types \
				--max-line-length=100 --ignore "$may" -f || true
		done |
		grep -vE -e '/trace\.h:.*:(OPEN_ENDED_LINE|PARENTHESIS_ALIGNMENT):' \
			-e '^include/iser/compat\.h:.*:(LINUX_VERSION_CODE|CONSTANT_COMPARISON|MACRO_ARG_UNUSED):' \
			-e '^include/iser/types\.h:.*:PREFER_KERNEL_TYPES:' \
			-e '^target/main\.c:.*:ENOSYS:' || true)
	rm -rf "$copy"
	nothing "$found"
}

# Patterns of scripts/coccinelle, which must find what bad.c has for each of them, at the lines
# that name it, and nothing in the modules.
check_coccinelle() {
	local rule name list spatch=(spatch --very-quiet --no-includes)
	mapfile -t list < <(files | grep -E '^(include|proto|core|initiator|target)/.*\.[ch]$')
	nothing "$(for rule in scripts/coccinelle/*.cocci; do
			name=${rule##*/} name=${name%.cocci}
			grep -qF "/* $name */" scripts/coccinelle/bad.c || echo "$rule: no example in bad.c"
			diff --label "$rule: bad.c" --label 'what it finds there' -U 0 \
				<(grep -F "/* $name */" scripts/coccinelle/bad.c) \
				<("${spatch[@]}" --sp-file "$rule" scripts/coccinelle/bad.c 2>&1 |
					sed -n '/^---/!s/^-//p') || true
			"${spatch[@]}" --sp-file "$rule" "${list[@]}" 2>&1 || true
		done)"
}

# Comments that begin with /** describe each parameter and what a function returns. The
# kernel's script ignores those that have text in the first line.
check_kernel() {
	local found headers='' list
	found=$(tests/vm/kernel.sh 6.12)
	eval "$found"
	mapfile -t list < <(files |
		grep -E '^(include|proto|core|initiator|target|tests/(faults|adapter))/.*\.[ch]$')
	nothing "$(perl "${headers%-amd64}-common/scripts/kernel-doc" -none -Wreturn "${list[@]}" 2>&1 || true
		grep -nE '^[[:blank:]]*/\*\*[[:blank:]]*[^[:blank:]*/]' "${list[@]}" || true)"
}

# Not errors: DOUT of LIO's names, ip rule iif, setpriv --inh-caps, mke2fs, .Nd in a
# manual, MODULE_PARM_DESC, workqueues.
terms=dout,iif,inh,mke,nd,parm,wqs

# Parts of names are words too.  Patches and recordings have the words of others.
check_spelling() {
	files | grep -vE '\.(patch|pcap|svg|json|tsv)$|/results/' |
		xargs -d '\n' codespell --check-hidden --regex "[A-Za-z']+" \
			--ignore-words-list "$terms"
}

# A build without clang or mandoc checks less; this machine installs what is in packages.
check_tools() {
	local dir cc page ours found
	dir=$(mktemp -d)
	for cc in gcc clang; do
		! command -v $cc >/dev/null ||
			make -s -B -C tools CC=$cc BUILD="$dir" CFLAGS='-O2 -Werror' 2>&1
	done
	cp tools/iserctl.8 "$dir"
	# They name each other, and none needs to be installed here.
	ours='(iserctl 8|iser_core 4|ib_iser 4|ib_isert 4)$'
	found=$(for page in "$dir"/*.[48]; do
			LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 \
				man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null
			! command -v mandoc >/dev/null ||
				mandoc -Tlint "$page" | grep -vE "outdated mandoc.db|not found: Xr $ours" || true
		done | sed "s,$dir/,,")
	rm -rf "$dir"
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

# What clang says of the modules. Debian's kernels are built with gcc, so that clang only
# reads what gcc has compiled, with those of its options that both have. Left out are the
# warnings that W=1 leaves out too, and two of the kernel's own headers.
check_clang() {
	local dir headers='' found file line words also=(-Wall -Wextra -Wno-unused-parameter
		-Wno-sign-compare -Wno-missing-field-initializers -Wno-initializer-overrides
		-Wno-pointer-sign -Wno-address-of-packed-member -Wno-gnu-variable-sized-type-not-at-end
		-Wno-duplicate-decl-specifier -Wno-ignored-attributes)
	scripts/packages.sh clang
	found=$(tests/vm/kernel.sh "$1")
	eval "$found"
	dir=$(tests/vm/modules.sh "$1")
	found=$(cd "$headers"
		for file in $(find "$dir/build" -name '.*.o.cmd' | sort); do
			line=$(sed -n 's/^\(saved\)\{0,1\}cmd_[^ ]* := \(.* -c .*\.c\) *\(;.*\)\{0,1\}$/\2/p' "$file")
			[ "$line" ] || continue
			eval "set -- $line"
			words=()
			while [ $# -gt 1 ]; do
				case $1 in
				-I | -include | -isystem) words+=("$1" "$2"); shift ;;
				-I* | -D* | -U* | -nostdinc | -std=* | -m64 | -f*-char | -fms-extensions) words+=("$1") ;;
				esac
				shift
			done
			clang -fsyntax-only -fno-color-diagnostics "${also[@]}" "${words[@]}" "$1" 2>&1 || true
			echo "read $1"
		done)
	nothing "$(grep -v '^read ' <<<"$found" || true
		# A file of which clang says nothing must have been read.
		diff <(sed -n 's/^read .*build\/\([a-z]*\)\/.*/\1/p' <<<"$found" | sort -u) \
			<(printf '%s\n' core initiator proto target))"
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
	# A subshell in the background, because "set -e" has no effect in a condition.
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
