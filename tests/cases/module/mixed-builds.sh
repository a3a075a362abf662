#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a half of another build is refused at load, and a line says why"
. "$(dirname "$0")/../../lib.sh"

[ "$INITIATOR$TARGET" = oursours ] || skip 'for our pair only'
modules_down || fail 'a module cannot be unloaded'
modprobe iser_core
for half in ib_iser ib_isert; do
	file=$(modinfo -n $half)
	build=$(tr -c '[:print:]' '\n' <"$file" | grep -xE -m 1 '[0-9a-f]{16}')
	[ -n "$build" ] || fail "$half carries no build"
	sed "s/$build/0123456789abcdef/g" "$file" >/tmp/iser-case/$half.ko
	# shellcheck disable=SC2046 # a list
	modprobe -a $(modinfo -F depends $half | tr , ' ')
	mark_log
	must_fail "$half of another build was loaded" insmod /tmp/iser-case/$half.ko
	log_has "build|differ|match" || fail 'no line says why'
	dmesg | tail -n 1
done
