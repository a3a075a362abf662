/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a fuzzed function looks like. Each is built twice: for libFuzzer, which
 * searches, and for a driver of its own with random input of a fixed seed.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdlib.h>

#include <iser/types.h>

#define REQUIRE(cond) do {						\
	if (!(cond)) {							\
		fprintf(stderr, "%s:%d: not so: %s\n", __FILE__,	\
			__LINE__, #cond);				\
		abort();						\
	}								\
} while (0)

/* A copy of exactly this size, so that the sanitizer reports a byte beyond it. */
static inline void *fuzz_copy(const void *data, size_t size)
{
	void *copy = malloc(size);

	REQUIRE(copy || !size);
	if (size)
		memcpy(copy, data, size);
	return copy;
}

void fuzz_message(const u8 *data, size_t size);
void fuzz_login(const u8 *data, size_t size);

#endif
