#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="sizes around FirstBurst and MaxBurst, ImmediateData=Yes InitialR2T=No"
SHOWS="D-6-1 R-7.3.6-9 R-7.3.1-4"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

key_sweep Yes No 65536 262144
