# SPDX-License-Identifier: GPL-2.0-only
#
# The pure files: they include no header of the kernel's but <linux/types.h>, and
# are built into iser_core.ko, into the KUnit module, into the unit tests of the
# host, and into the fuzzers.
iser-proto := wire text keys flow state
