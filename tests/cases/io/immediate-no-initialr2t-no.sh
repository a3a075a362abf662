#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="sizes around FirstBurst and MaxBurst, ImmediateData=No InitialR2T=No"
SHOWS="D-6-1 R-7.3.6-9"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

key_sweep No No 65536 262144
