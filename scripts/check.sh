#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: scripts/check.sh [--long] [--list] [STEP]...
#
# Runs the steps of scripts/check.list (--long: of scripts/check-long.list, which
# takes hours), or those named, and shows their results
# as one KTAP document with a line for what runs and what is left. Installs what
# is missing first. The whole output stays in tests/results/check.ktap. The last
# line is "N passed, N failed, N skipped"; exit code 0 only if none failed.

set -euo pipefail
tree=$(cd "$(dirname "$0")/.." && pwd)
cd "$tree"
export LC_ALL=C.UTF-8
limit=${ISER_CHECK_TIMEOUT:-5000} # seconds; a step that is not done by then has failed

list=scripts/check.list
if [ "${1:-}" = --long ]; then
	list=scripts/check-long.list limit=${ISER_CHECK_TIMEOUT:-86400}
	shift
fi
case ${1:-} in
-h | --help) sed -n '3,/^$/s/^# \{0,1\}//p' "$0"; exit ;;
--list) grep -vE '^(#|$)' "$list"; exit ;;
esac

names=() commands=() lanes=()
while read -r lane name command; do
	case $lane in '' | '#'*) continue ;; esac
	if [ $# -gt 0 ] && [ "$name" != - ]; then
		case " $* " in *" $name "*) ;; *) continue ;; esac
	fi
	lanes+=("$lane") names+=("$name") commands+=("$command")
done <"$list"
# Preparing is only for the steps behind it.
for i in "${!names[@]}"; do
	[ "${names[i]}" = - ] || continue
	for ((j = i + 1; j < ${#names[@]}; j++)); do
		[ "${lanes[j]}" != "${lanes[i]}" ] || continue 2
	done
	unset "names[i]"
done
steps=("${!names[@]}")
count=0
for i in "${steps[@]}"; do [ "${names[i]}" = - ] || count=$((count + 1)); done
[ $count -gt 0 ] || { echo "check.sh: no such step, --list shows all" >&2; exit 2; }

scripts/packages.sh

mkdir -p tests/results
work=$(mktemp -d)
set -m # each lane is a process group of its own, to be ended as one
pids=()
# shellcheck disable=SC2317 # the trap calls it
finish() {
	local pid
	for pid in "${pids[@]}"; do kill -- "-$pid" 2>/dev/null || true; done
	# Each step is a group of its own too: timeout passes the signal on to it.
	for pid in "$work"/*.running; do
		[ ! -e "$pid" ] || kill "$(cat "$pid")" 2>/dev/null || true
	done
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

# tell: progress, at once, between the lines of whatever is shown.
tell() { printf '# [%d:%02d] %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*"; }

left() {
	local i list=''
	for i in "${steps[@]}"; do
		[ -e "$work/$i.pid" ] || [ "${names[i]}" = - ] || list+=" ${names[i]}"
	done
	echo "${list:- nothing}"
}

run_lane() {
	local i code
	for i in "${steps[@]}"; do
		[ "${lanes[i]}" = "$1" ] || continue
		: >"$work/$i.out"
		echo $BASHPID >"$work/$i.pid"
		tell "runs: ${commands[i]}; left:$(left)"
		code=0
		# shellcheck disable=SC2086 # words of the list
		timeout -k 30 $((limit > SECONDS + 10 ? limit - SECONDS : 10)) ${commands[i]} >"$work/$i.out" 2>&1 </dev/null &
		echo $! >"$work/$i.running"
		wait $! || code=$?
		rm -f "$work/$i.running"
		echo $code >"$work/$i.code"
		[ "${names[i]}" != - ] || [ $code = 0 ] || sed 's/^/#   /' "$work/$i.out"
	done
}

# show STEP: its output as it comes, indented as a subtest. A loop of this shell's
# own: with a tail that was told to end by a signal a run has hung here.
show() {
	local mark=$work/$1.code line part='' over=''
	until [ -e "$work/$1.out" ]; do sleep 0.5; done
	until [ "$over" ]; do
		[ ! -e "$mark" ] || over=1
		while IFS= read -r line; do
			printf '    %s\n' "$part$line"
			part=''
		done
		part+=$line
		[ "$over" ] || sleep 0.3
	done <"$work/$1.out"
	[ -z "$part" ] || printf '    %s\n' "$part"
}

passed=0 failed=0 skipped=0 number=0
# tally STEP: its last line says how many; a step without one has failed.
tally() {
	local code p=0 f=0 s=0 line
	code=$(cat "$work/$1.code")
	line=$(grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$work/$1.out" | tail -n 1 || true)
	if [ -n "$line" ]; then
		read -r p _ f _ s _ <<<"$line"
	else
		p=$(grep -cE '^ok ' "$work/$1.out" || true)
		f=$(grep -cE '^not ok ' "$work/$1.out" || true)
	fi
	[ "$code" != 124 ] || echo "# ${names[$1]}: not done after $limit s of the whole run"
	[ "$code" = 0 ] || [ "$f" -gt 0 ] || f=1
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	number=$((number + 1))
	if [ "$f" = 0 ]; then
		echo "ok $number ${names[$1]}"
	else
		echo "not ok $number ${names[$1]}"
	fi
}

main() {
	local i lane
	echo "KTAP version 1"
	echo "1..$count"
	for lane in $(for i in "${steps[@]}"; do echo "${lanes[i]}"; done | sort -u); do
		run_lane "$lane" &
		pids+=($!)
	done
	for i in "${steps[@]}"; do
		[ "${names[i]}" != - ] || continue
		echo "    # Subtest: ${names[i]}"
		show "$i"
		tally "$i"
	done
	tell "all done"
	echo "$passed passed, $failed failed, $skipped skipped"
	[ $failed = 0 ]
}

exec > >(tee tests/results/check.ktap) 2>&1
code=0
main || code=$?
# The copy has to be complete before the last process of this script is gone.
exec >&- 2>&-
wait "$!" 2>/dev/null || sleep 0.5
exit $code
