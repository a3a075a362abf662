#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="immediate data that end inside a page: FirstBurstLength=512"
SHOWS="D-6-1 R-7.3.6-9"
KERNEL_TARGET_FAILS="siw maps an RDMA Read sink that begins inside a page from the page's start"
. "$(dirname "$0")/../../lib.sh"

key_sweep Yes Yes 512 65536
