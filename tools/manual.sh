#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usage: tools/manual.sh iser_core|ib_iser|ib_isert
#
# Prints the manual of a module, section 4, in mdoc. All it says comes from
# Documentation/interface.md, which scripts/interface.py compares with the sources, and from
# the module's MODULE_DESCRIPTION. Its date is that of debian/changelog.

set -eu
export LC_ALL=C
cd "$(dirname "$0")/.."

# What is shown of the document in addition to the parameters: SECTION=HEADING
case ${1:-} in
iser_core) folder=core sections='rdma=RDMA;Tracepoints=TRACEPOINTS' others='ib_iser ib_isert' ;;
ib_iser) folder=initiator sections='sysfs=FILES' others='ib_isert iser_core' ;;
ib_isert) folder=target sections='configfs=FILES' others='ib_iser iser_core' ;;
-h | --help) sed -n '3,/^$/s/^# \{0,1\}//p' "$0"; exit ;;
*) echo "usage: tools/manual.sh iser_core|ib_iser|ib_isert" >&2; exit 2 ;;
esac
module=$1
about=$(sed -n 's/^MODULE_DESCRIPTION("\(.*\)");/\1/p' $folder/*.c)
date=$(date -u -d "$(sed -n 's/^ -- .*>  //p;T;q' debian/changelog)" '+%B %-d, %Y')
[ -n "$about" ] || { echo "manual.sh: $module has no MODULE_DESCRIPTION" >&2; exit 1; }

cat <<END
.\\" SPDX-License-Identifier: GPL-2.0-only
.\\" Made by tools/manual.sh.
.Dd $date
.Dt $(echo "$module" | tr '[:lower:]' '[:upper:]') 4
.Os
.Sh NAME
.Nm $module
.Nd $about
.Sh SYNOPSIS
.Ic modprobe
.Cm $module
.Op Ar parameter Ns = Ns Ar value ...
END
awk -v module="$module" -v sections="Modules=DESCRIPTION;Parameters=PARAMETERS;$sections;Log lines=DIAGNOSTICS" '
# roff TEXT: the text of markdown without links, with code in bold
function roff(s,    out, n, part, i) {
	while (match(s, /\[[^]`]*\]\([^)]*\)/)) {
		out = substr(s, RSTART + 1, RLENGTH - 1)
		sub(/\]\(.*/, "", out)
		s = substr(s, 1, RSTART - 1) out substr(s, RSTART + RLENGTH)
	}
	gsub(/\*\*/, "", s)
	gsub(/"/, "\\(dq", s)
	n = split(s, part, "`")
	out = ""
	for (i = 1; i <= n; i++) {
		if (i % 2 == 0) {
			gsub(/-/, "\\-", part[i])
			gsub(/~/, "\\(ti", part[i])
			part[i] = "\\fB" part[i] "\\fR"
		}
		out = out part[i]
	}
	return out
}

# say TEXT: a sentence a line, as man wants it, and no line longer than 80 characters
function say(s,    n, sentence, i, m, word, j, line) {
	gsub(/[.] /, ".\001", s)
	n = split(s, sentence, "\001")
	for (i = 1; i <= n; i++) {
		# The checks of the tree are of no use where it is installed.
		if (sentence[i] ~ /scripts\/static/)
			continue
		line = ""
		m = split(roff(sentence[i]), word, " ")
		for (j = 1; j <= m; j++) {
			if (line != "" && length(line " " word[j]) > 78) {
				emit(line)
				line = ""
			}
			line = line (line == "" ? "" : " ") word[j]
		}
		emit(line)
	}
}

function emit(line) {
	if (line != "")
		text = text (line ~ /^[.\047]/ ? "\\&" : "") line "\n"
}

function list(kind) {
	if (open == kind)
		return
	if (open != "")
		text = text ".El\n"
	if (kind != "")
		text = text ".Bl -" kind (kind == "tag" ? " -width Ds" : " -compact") "\n"
	open = kind
}

# What was read up to here is complete: a paragraph or an item of a list.
function flush() {
	if (kept == "")
		return
	if (kept ~ /^\* /) {
		if (open != "bullet")
			paragraph()
		list("bullet")
		text = text ".It\n"
		kept = substr(kept, 3)
	} else {
		paragraph()
	}
	say(kept)
	kept = ""
}

function paragraph() {
	list("")
	if (text != "")
		text = text ".Pp\n"
}

function end(    n, i, pair) {
	flush()
	list("")
	n = split(sections, one, ";")
	for (i = 1; i <= n; i++) {
		split(one[i], pair, "=")
		if (pair[1] == section && text != "")
			page[i] = ".Sh " pair[2] "\n" text
	}
	last = n
	text = ""
	below = ""
}

function row(    n, cell, i, label) {
	flush()
	n = split(substr($0, 3, length($0) - 4), cell, / \| /)
	if (heads == 0) {
		heads = split(substr($0, 3, length($0) - 4), head, / \| /)
		return
	}
	if (section == "Modules") {
		if (cell[1] != "`" module "`")
			return
		for (i = 2; i <= n; i++) {
			if (cell[i] == "-")
				continue
			list("tag")
			text = text ".It " head[i] "\n"
			say(cell[i])
		}
		return
	}
	if (head[1] == "line begins with" && index(cell[1], "`" module ":") != 1)
		return
	list("tag")
	text = text ".It \"" roff(cell[1]) "\"\n"
	label = ""
	for (i = 2; i < n; i++)
		if (head[i] != "name in the source")
			label = label (label == "" ? "" : ", ") head[i] " " cell[i]
	say(label (label == "" ? "" : ": ") cell[n])
}

/^## / { end(); section = substr($0, 4); next }
/^### / { flush(); list(""); below = substr($0, 5); next }
section == "" || below != "" && below != module { next }
/^\|---/ { next }
/^\|/ { row(); next }
{ heads = 0 }
/^$/ { flush(); next }
/^\* / { flush() }
{ sub(/^  /, ""); kept = kept (kept == "" ? "" : " ") $0 }
END {
	end()
	for (i = 1; i <= last; i++) {
		if (page[i] == "") {
			print "manual.sh: interface.md has nothing for " one[i] >"/dev/stderr"
			exit 1
		}
		printf "%s", page[i]
	}
}' Documentation/interface.md
echo .Sh SEE ALSO
for other in $others; do echo ".Xr $other 4 ,"; done
cat <<END
.Xr modprobe.d 5 ,
.Xr iserctl 8
.Pp
The documents named here are in the folder
.Pa Documentation
of the source, and in
.Pa /usr/share/doc/iser-dkms
if the modules are from a package.
END
