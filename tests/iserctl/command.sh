# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What is installed with the program, and how it is called.
# shellcheck source=tests/iserctl/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

new initiator target
# ---- what is installed with it ----
make -s -C "$tree/tools" BUILD="$work" CFLAGS=-O2 DESTDIR="$work/installed" PREFIX=/usr install
(cd "$work/installed" && find . -type f | sort) >"$work/out"
rc=0
expect 'make install' 0 ./usr/sbin/iserctl ./usr/share/man/man8/iserctl.8 \
	./usr/share/man/man4/iser_core.4 ./usr/share/man/man4/ib_iser.4 ./usr/share/man/man4/ib_isert.4 \
	./usr/share/bash-completion/completions/iserctl ./usr/share/doc/iser-utils/status.schema.json
grep -q '^\.It Pa /usr/share/doc/iser-utils/status.schema.json' "$work/installed/usr/share/man/man8/iserctl.8" || good=no
grep -q '/usr/local' "$work/installed/usr/share/man/man8/iserctl.8" && good=no
verdict 'the manual names the files where they are installed'
for pair in core/iser_core initiator/ib_iser target/ib_isert; do
	MANWIDTH=80 man -l "$work/installed/usr/share/man/man4/${pair#*/}.4" >"$work/out" 2>"$work/err" || good=no
	mapfile -t list < <(sed -n 's/^MODULE_PARM_DESC(\([a-z_]*\),.*/\1/p' "$tree/${pair%/*}"/*.c)
	[ ${#list[@]} -gt 0 ] || good=no
	for parameter in "${list[@]}"; do
		grep -qE "^ +$parameter( |\$)" "$work/out" || { echo "# no $parameter"; good=no; }
	done
	verdict "the manual of ${pair#*/} has its parameters"
done
make -s -C "$tree/tools" BUILD="$work" DESTDIR="$work/installed" PREFIX=/usr uninstall
(cd "$work/installed" && find . -type f -o -path './usr/share/doc/*' | sort) >"$work/out"
[ ! -s "$work/out" ] || good=no
verdict 'make uninstall'
# complete WORD...: what the shell offers for the last word
complete_words() {
	# shellcheck source=tools/iserctl.bash
	(. "$tree/tools/iserctl.bash"
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_iserctl
		printf '%s\n' "${COMPREPLY[@]}") >"$work/out"
}
complete_words iserctl 'do'
expect 'completion of a command' 0 doctor
complete_words iserctl doctor in
expect 'completion of a half' 0 initiator
complete_words iserctl doctor target in
expect 'completion of one half only' 0 ''
complete_words iserctl status -
expect 'completion of an option' 0 --json --prometheus
complete_words iserctl top --interval 5 -
expect 'completion of another option' 0 -n
(export ISERCTL_ROOT=$host PATH=$work:$PATH && complete_words iserctl bench '')
expect 'completion of a session and of a disk' 0 1 sd1 --time --file

# ---- usage ----
for words in '' 'doctor --wrong' 'doctor initiator target' 'doctor --limit x' 'status now' 'doctor --limit 0' \
	'doctor --limit 18446744073709552' 'doctor 192.0.2' 'doctor 192.0.2.1:0' 'doctor host:70000' 'doctor host:1:2' \
	'doctor host:' 'top now' 'top -n' 'top -n 0' 'top -n 1.5' 'top --interval 0.01' 'top --interval nan' \
	'top --interval 1x' 'top --interval' 'latency 1' 'latency --time' 'latency --time 0' 'latency --time x' bench 'bench 1 2' 'bench --time 0 1' 'bench --time' 'bench --file' 'bench --write 1'; do
	# shellcheck disable=SC2086 # words
	run $words
	expect "usage: iserctl $words" 2
done
run nonsense
grep -qxF 'iserctl: no command nonsense' "$work/err" || good=no
expect 'a command that there is not' 2
run
grep -qxF 'iserctl: which command?' "$work/err" || good=no
expect 'no command' 2
run --version
expect 'iserctl --version' 0 "iserctl $("$tree/scripts/version.sh")"
run --help
expect 'iserctl --help' 0 'usage: iserctl doctor [--limit SECONDS] [initiator|target] [ADDRESS[:PORT]]' \
	'       iserctl doctor --list' '       iserctl status [--json | --prometheus]' '       iserctl --version'
run doctor -h
expect 'iserctl doctor -h' 0 '       iserctl doctor --list' 'See iserctl(8).'
run status --help
expect 'iserctl status --help' 0 'usage: iserctl status [--json | --prometheus]'
rc=0
ISERCTL_ROOT=$host "$work/iserctl" status >/dev/full 2>"$work/err" || rc=$?
: >"$work/out"
expect 'a full disk' 3
run doctor '192.0.2.1; x'
expect 'an address that is none' 2
