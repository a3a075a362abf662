#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: scripts/check.sh [--long] [--list] [--turn N | --all] [STEP]...
#
# Runs the steps of scripts/check.list (--long: of scripts/check-long.list, which takes
# hours), or only those named, and shows their results as one KTAP document, with lines
# that say what runs and what is left. Installs missing packages first. Of steps that
# take turns the number of the commit chooses one; --turn chooses another, --all runs
# all of them. At the end it prints the minutes of each step, and which steps took more
# than their share. The whole output is also in tests/results/check.ktap. The last line
# is "N passed, N failed, N skipped"; the exit code is 0 only if nothing failed.
# ISER_CHECK_TIMEOUT: seconds after which unfinished steps have failed (5000; with --long
# 86400).

set -euo pipefail
tree=$(cd "$(dirname "$0")/.." && pwd)
cd "$tree"
export LC_ALL=C.UTF-8

list=scripts/check.list limit=5000 show_list='' turn='' all=''
while [ $# -gt 0 ]; do
	case $1 in
	--long) list=scripts/check-long.list limit=86400 ;;
	--list) show_list=1 ;;
	--turn) turn=${2:?--turn wants a number}; shift ;;
	--all) all=1 ;;
	-h | --help) sed -n '3,/^$/s/^# \{0,1\}//p' "$0"; exit ;;
	-*) echo "check.sh: no option $1, see --help" >&2; exit 2 ;;
	*) break ;;
	esac
	shift
done
if [ "$show_list" ]; then
	grep -vE '^(#|$)' "$list"
	exit
fi
limit=${ISER_CHECK_TIMEOUT:-$limit}
# A copy of the tree without git always has turn 0.
[ -n "$turn" ] || turn=$(git -c safe.directory='*' rev-list --count HEAD 2>/dev/null || echo 0)

# Steps with the same word take turns.
declare -A turns=()
while read -r place group name _; do
	case $place/$group in '#'* | */ | */-) ;; *) turns[$group]+="$name " ;; esac
done <"$list"

# due GROUP NAME: whether it is the turn of this step
due() {
	local names
	read -ra names <<<"${turns[$1]}"
	[ "${names[turn % ${#names[@]}]}" = "$2" ]
}

places=() names=() shares=() commands=() others=()
while read -r place group name share command; do
	case $place in '' | '#'*) continue ;; esac
	case $name in
	+*) ;;
	*)
		if [ $# -gt 0 ]; then
			case " $* " in *" $name "*) ;; *) continue ;; esac
		elif [ "$group" != - ] && [ ! "$all" ] && ! due "$group" "$name"; then
			others+=("$name")
			continue
		fi ;;
	esac
	places+=("$place") names+=("$name") shares+=("$share") commands+=("$command")
done <"$list"
# A step that prepares runs only if a later step of its place does.
for i in "${!names[@]}"; do
	case ${names[i]} in +*) ;; *) continue ;; esac
	for ((j = i + 1; j < ${#names[@]}; j++)); do
		[ "${places[j]}" != "${places[i]}" ] || continue 2
	done
	unset "names[i]"
done
steps=("${!names[@]}")
count=0
for i in "${steps[@]}"; do case ${names[i]} in +*) ;; *) count=$((count + 1)) ;; esac; done
[ $count -gt 0 ] || { echo "check.sh: no such step, --list shows all" >&2; exit 2; }

scripts/packages.sh

mkdir -p tests/results
work=$(mktemp -d)
set -m # each worker is a process group of its own, to be ended as one
pids=()
# shellcheck disable=SC2317 # the trap calls it
finish() {
	local pid
	for pid in "${pids[@]}"; do kill -- "-$pid" 2>/dev/null || true; done
	# Each step is also a process group of its own; timeout passes the signal on to it.
	for pid in "$work"/*.running; do
		[ ! -e "$pid" ] || kill "$(cat "$pid")" 2>/dev/null || true
	done
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

# tell: prints progress at once, between the lines of the step that is being shown
tell() { printf '# [%d:%02d] %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*"; }

left() {
	local i list=''
	for i in "${steps[@]}"; do
		[ -e "$work/$i.begun" ] || list+=" ${names[i]#+}"
	done
	echo "${list:- nothing}"
}

# may_begin STEP: whether the step that prepares its place is done
may_begin() {
	local i
	for i in "${steps[@]}"; do
		[ "$i" -lt "$1" ] || break
		case ${places[i]}${names[i]} in
		"${places[$1]}+"*) [ -e "$work/$i.code" ] || return 1 ;;
		esac
	done
}

# claim STEP: only one of the two workers succeeds. A machine of the place "two" has two
# CPUs, so only one of these runs at a time and leaves some CPU time for the other worker.
claim() {
	may_begin "$1" || return 1
	[ "${places[$1]}" != two ] || mkdir "$work/two" 2>/dev/null || return 1
	mkdir "$work/$1.begun" 2>/dev/null && return
	[ "${places[$1]}" != two ] || rmdir "$work/two"
	return 1
}

# run_step STEP
run_step() {
	local i=$1 code=0 start=$SECONDS
	: >"$work/$i.out"
	if [ $SECONDS -ge "$limit" ]; then
		code=124
	else
		tell "runs: ${commands[i]}; left:$(left)"
		# shellcheck disable=SC2086 # words of the list
		timeout -k 30 $((limit - SECONDS)) ${commands[i]} >"$work/$i.out" 2>&1 </dev/null &
		echo $! >"$work/$i.running"
		wait $! || code=$?
		rm -f "$work/$i.running"
	fi
	[ "${places[i]}" != two ] || rmdir "$work/two"
	echo $((SECONDS - start)) >"$work/$i.took"
	case ${names[i]} in +*) [ $code = 0 ] || sed 's/^/#   /' "$work/$i.out" ;; esac
	echo $code >"$work/$i.code"
}

# worker: takes the first step of the list that may begin, until none is left
worker() {
	local i left
	while :; do
		left=''
		for i in "${steps[@]}"; do
			[ ! -e "$work/$i.begun" ] || continue
			left=1
			claim "$i" || continue
			run_step "$i"
			continue 2
		done
		[ "$left" ] || return 0
		sleep 0.5
	done
}

# working: whether one of the workers still runs
working() {
	local pid
	for pid in "${pids[@]}"; do
		! kill -0 "$pid" 2>/dev/null || return 0
	done
	return 1
}

# show STEP: prints its output as it comes, indented as a subtest. This is a loop of the
# shell, because a run has hung here with a tail that was ended by a signal.
show() {
	local mark=$work/$1.code line part='' over=''
	until [ -e "$work/$1.out" ]; do
		working || return 0
		sleep 0.5
	done
	until [ "$over" ]; do
		[ ! -e "$mark" ] && working || over=1
		while IFS= read -r line; do
			printf '    %s\n' "$part$line"
			part=''
		done
		part+=$line
		[ "$over" ] || sleep 0.3
	done <"$work/$1.out"
	[ -z "$part" ] || printf '    %s\n' "$part"
}

passed=0 failed=0 skipped=0 number=0 red=()
# tally STEP: adds the numbers of its last line or, without one, of its results. A step
# that ends with an error has at least one failure.
tally() {
	local code p=0 f=0 s=0 line=''
	code=$(cat "$work/$1.code" 2>/dev/null || echo 'no end')
	if [ -e "$work/$1.out" ]; then
		line=$(grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$work/$1.out" | tail -n 1 || true)
		p=$(grep -cE '^ok ' "$work/$1.out" || true)
		f=$(grep -cE '^not ok ' "$work/$1.out" || true)
	fi
	[ -z "$line" ] || read -r p _ f _ s _ <<<"$line"
	[ "$code" != 124 ] || echo "# ${names[$1]}: not done after $limit s of the whole run"
	[ "$code" = 0 ] || [ "$f" -gt 0 ] || f=1
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	number=$((number + 1))
	if [ "$f" = 0 ]; then
		echo "ok $number ${names[$1]}"
	else
		echo "not ok $number ${names[$1]}"
		red+=("$1")
	fi
}

# remind: repeats what has failed, with the reason and the lines before it, so that the
# end of the output is enough to see it
remind() {
	local i
	for i in "${red[@]}"; do
		echo "# failed: ${names[i]} (${commands[i]})"
		awk '/^ok / { n = why = 0; next }
			/^# FAILED/ { why = ++n; seen[n] = $0; next }
			/^not ok / {
				if (why && why <= n - 12)
					print "#   " seen[why]
				for (k = n > 12 ? n - 11 : 1; k <= n; k++)
					print "#   " seen[k]
				print "#   " $0
				n = why = 0
				next
			}
			{ seen[++n] = $0 }' "$work/$i.out" 2>/dev/null | tail -n 60 || true
	done
}

# minutes: prints the minutes of each step next to its share of the budget
minutes() {
	local i took over
	echo '# minutes  share  step'
	for i in "${steps[@]}"; do
		took=$(cat "$work/$i.took" 2>/dev/null || echo 0) over=''
		[ "${shares[i]}" = - ] || [ "$took" -le $((shares[i] * 60)) ] || over='  over its share'
		printf '# %4d:%02d  %5s  %s%s\n' $((took / 60)) $((took % 60)) "${shares[i]}" "${names[i]#+}" "$over"
	done
}

main() {
	local i
	echo "KTAP version 1"
	echo "1..$count"
	[ ${#others[@]} = 0 ] ||
		tell "turn $turn: left to other commits: ${others[*]} (--all runs them too, --turn N others)"
	worker &
	pids+=($!)
	worker &
	pids+=($!)
	for i in "${steps[@]}"; do
		case ${names[i]} in +*) continue ;; esac
		echo "    # Subtest: ${names[i]}"
		show "$i"
		tally "$i"
	done
	minutes
	remind
	tell "all done"
	echo "$passed passed, $failed failed, $skipped skipped"
	[ $failed = 0 ]
}

exec > >(tee tests/results/check.ktap) 2>&1
copy=$! code=0
main || code=$?
# The script waits until tee has written all of the output, but not for ever, because a
# stray process of a step may keep the pipe open.
exec >&- 2>&-
for ((i = 0; i < 50; i++)); do
	kill -0 "$copy" 2>/dev/null || break
	sleep 0.1
done
exit $code
