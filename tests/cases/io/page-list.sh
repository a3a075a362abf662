#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="a transfer of as many pages as one registration takes, and one more"
SHOWS="D-6-6"
. "$(dirname "$0")/../../lib.sh"
[ "$DMA" != swiotlb ] || skip 'a bounce buffer moves segments within their pages, and no STag covers them'

target_up
session_up
most=$(cat "/sys/class/block/${DEVICE##*/}/queue/max_segments")
note "max_segments $most"
[ "$most" -le 1024 ] || most=1024
pages=$((most * 4096))
sweep "$DEVICE" -o 512 -g 4096 "$(((most / 2) * 4096 - 4096))"
sweep "$DEVICE" "$(around $((pages / 2)) $pages)"
logout
