// SPDX-License-Identifier: GPL-2.0-only
/*
 * The entry of libFuzzer. FUZZ names the function.
 */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	FUZZ(data, size);
	return 0;
}
