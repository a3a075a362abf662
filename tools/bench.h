/* SPDX-License-Identifier: GPL-2.0-only */
/* What iserctl bench measures, and the file of its last results. */
#ifndef BENCH_H
#define BENCH_H

#include <time.h>

#include "iserctl.h"

#define BENCH_STEPS 4

struct bench_step {
	const char *block;
	unsigned int size, depth;	/* depth: reads at a time */
};

extern const struct bench_step bench_steps[BENCH_STEPS];

struct bench_result {
	double iops, p50, p99, max;	/* latencies in microseconds */
};

/* The file unless another one is named. */
const char *bench_file(void);
/*
 * Reads the last results of a disk, whose key is one line. *when is 0 if there are none.
 * Returns 0, or the exit code if the file is one that bench_store() must not replace.
 */
int bench_load(const char *file, const char *key, struct bench_result results[BENCH_STEPS],
	       time_t *when);
/*
 * Replaces those of this disk, and keeps all others that the file has by now. Returns 0 or the
 * exit code.
 */
int bench_store(const char *file, const char *key, const struct bench_result results[BENCH_STEPS]);

#endif
