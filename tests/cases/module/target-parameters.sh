#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="parameters of the kernel's ib_isert have its files, modes and limits; what has no effect says so, once"
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip 'the lines are ours'
modprobe -r ib_isert 2>/dev/null || true
target_modules
parameters=/sys/module/ib_isert/parameters
# parameter NAME DEFAULT OTHER: its file is like that of the kernel's ib_isert
parameter() {
	same "mode of $1" "$(stat -c %a $parameters/"$1")" 644
	same "$1" "$(cat $parameters/"$1")" "$2"
	mark_log
	echo "$3" >$parameters/"$1"
	echo "$3" >$parameters/"$1"
	same "$1, written" "$(cat $parameters/"$1")" "$3"
	same "lines about $1" "$(log_since | grep -c "parameter $1 is accepted and has no effect")" 1
	echo "$2" >$parameters/"$1"
}
refused() {
	! echo "$2" 2>/dev/null >$parameters/"$1" || fail "$1=$2 is taken"
}
parameter debug_level 0 3
parameter sg_tablesize 128 256
mark_log
for value in 127 4097 -1 many; do
	refused sg_tablesize $value
done
log_has 'parameter sg_tablesize takes 128 to 4096, not 127' || fail 'no line says why'
refused debug_level many

mark_log
target_up
target_set t1 attrib t10_pi 1
session_up
log_has "target $(iqn t1): t10_pi=1 of the portal group has no effect" || fail 'no line about t10_pi'
logout
login
same 'lines about t10_pi after two logins' "$(log_since | grep -c 't10_pi=1')" 1
device
sweep "$DEVICE" 4096
logout
