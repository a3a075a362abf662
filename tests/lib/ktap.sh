# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Results as KTAP, numbered and counted, like those of tests/lib/ktap.py.

number=0 passed=0 failed=0 skipped=0

# plan [COUNT]: the first lines. A caller that does not know the count yet prints it last.
plan() {
	echo 'KTAP version 1'
	[ $# = 0 ] || echo "1..$1"
}

# result ok|not\ ok NAME [DIRECTIVE]: one result. A directive "SKIP why" counts it as skipped.
result() {
	local text="$2${3:+ # $3}"
	number=$((number + 1))
	case "$1 $text" in
	'ok '*'# SKIP'*) skipped=$((skipped + 1)) ;;
	'ok '*) passed=$((passed + 1)) ;;
	*) failed=$((failed + 1)) ;;
	esac
	echo "$1 $number $text"
}

# passes NAME COMMAND...: a result: whether the command succeeds
passes() {
	local name=$1 verdict=ok
	shift
	"$@" || verdict='not ok'
	result "$verdict" "$name"
}

# tally: prints the last line. Fails if a result was "not ok".
tally() {
	echo "$passed passed, $failed failed, $skipped skipped"
	[ $failed = 0 ]
}
