# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Completion of iserctl for bash.

_iserctl() {
	local words='' word command=${COMP_WORDS[1]:-}
	COMPREPLY=()
	if [ "$COMP_CWORD" = 1 ]; then
		words='doctor status top latency bench --help --version'
	else
		case $command:${COMP_WORDS[COMP_CWORD - 1]} in
		doctor:--limit | top:--interval | top:-n | latency:--time | bench:--time) return 0 ;;
		bench:--file) compopt -o default 2>/dev/null; return 0 ;;
		doctor:*)
			words='initiator target --limit --list'
			# One half, or both without a word.
			case " ${COMP_WORDS[*]:1:COMP_CWORD-1} " in
			*' initiator '* | *' target '*) words='--limit --list' ;;
			esac
			;;
		status:*) words='--json --prometheus' ;;
		top:*) words='--interval -n' ;;
		latency:*) words='--time' ;;
		bench:*)
			# Numbers of sessions and names of disks; a driver may not answer.
			words="--time --file $(timeout 2 iserctl status 2>/dev/null |
				sed -nE 's/^session ([0-9]+): .*, disks (.*)/\1 \2/p' | tr '\n' ' ')"
			;;
		esac
	fi
	for word in $words; do
		case " ${COMP_WORDS[*]:1:COMP_CWORD-1} " in
		*" $word "*) continue ;;
		esac
		[[ $word != "${COMP_WORDS[COMP_CWORD]}"* ]] || COMPREPLY+=("$word")
	done
}
complete -F _iserctl iserctl
