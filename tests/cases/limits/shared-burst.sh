#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="two sessions use their windows at once: the receives that they share grow with it"
SHOWS="R-8.1-1 R-8.1-2"
TIMEOUT=120
. "$(dirname "$0")/../../lib.sh"

[ "$TARGET" = ours ] || skip 'what our module prints'
! iwarp || skip 'iWARP: each connection has receives of its own'
control=/proc/dynamic_debug/control
[ -w "$control" ] || skip 'this kernel has no dynamic debug'
# Immediate data stay in the receive buffers until the disk has them. The disk is so slow
# that even a slow machine has sent all of them by then.
devices=
for name in t1 t2; do
	target_new $name
	target_slow $name 64 1000
	node_new $name
	node_set $name node.session.queue_depth 128
	login $name
	device $name
	devices=${devices:+$devices:}$DEVICE
	# This opens the window fully, and posts a receive for each command of one window.
	verify_io "$DEVICE" 512K --iodepth=64 --bsrange=4k-4k
done
on_exit "echo 'module iser_core file *pool.c -p' >$control"
echo 'module iser_core file *pool.c +p' >"$control"
mark_log
verify_io "$devices" 2M --iodepth=128 --bsrange=4k-8k
log_has 'few of [0-9]* shared receives are left, 2 connections' ||
	fail 'the device did not say that few are left'
log_has 'shared receives made' || fail 'no receives were added'
logout t1
logout t2
