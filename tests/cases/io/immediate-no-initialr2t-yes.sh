#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="sizes around FirstBurst and MaxBurst, ImmediateData=No InitialR2T=Yes"
SHOWS="D-6-1 R-7.3.6-3 R-7.3.6-8"
TIMEOUT=90
. "$(dirname "$0")/../../lib.sh"

key_sweep No Yes 65536 262144
