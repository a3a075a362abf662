#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="memory in pieces at odd offsets: one sector, three, seven, at 512 to 3584; all in one command where an STag may have gaps"
SHOWS="D-6-6 R-7.3.6-6"
. "$(dirname "$0")/../../lib.sh"
[ "$DMA" != swiotlb ] || skip 'a bounce buffer moves segments within their pages, and no STag covers them'

target_up
session_up
for offset in 512 1024 2560 3584; do
	for segment in 512 1536 3584 4096 7680; do
		sweep "$DEVICE" -o $offset -g $segment '512 4096 12800 65536 131072'
	done
done

# iosweep writes and reads twice each, once in one piece. The block layer cuts the pieces at
# each gap, unless the host says that its device registers them together.
before=$(io_count "$DEVICE")
sweep "$DEVICE" -o 512 -g 1536 65536
commands=$(($(io_count "$DEVICE") - before))
note "$commands commands"
case $PROVIDER/$PROFILE in
adapter/mlx5) same 'commands, of 43 pieces each' $commands 4 ;;
adapter/*) [ $commands -gt 8 ] || fail 'an STag covers gaps that the device can not' ;;
esac
logout
