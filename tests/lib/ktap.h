/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Results as KTAP for programs in C, like ktap.sh and ktap.py for scripts.
 */
#ifndef TESTS_KTAP_H
#define TESTS_KTAP_H

#include <stdio.h>

enum ktap_result {
	KTAP_PASSED,
	KTAP_FAILED,
	KTAP_SKIPPED,
};

static unsigned int ktap_counts[3];

/* The first lines; @number: the number of results that will follow. */
static inline void ktap_plan(unsigned int number)
{
	printf("KTAP version 1\n1..%u\n", number);
}

/* One result; @why: the reason for a skip, or NULL. */
static inline void ktap_result(enum ktap_result result, const char *name, const char *why)
{
	ktap_counts[result]++;
	printf("%sok %u %s", result == KTAP_FAILED ? "not " : "",
	       ktap_counts[0] + ktap_counts[1] + ktap_counts[2], name);
	if (result == KTAP_SKIPPED)
		printf(" # SKIP %s", why ? why : "");
	printf("\n");
}

/* The last line.  Returns the exit code: 0 only if something passed and nothing failed. */
static inline int ktap_end(void)
{
	printf("%u passed, %u failed, %u skipped\n", ktap_counts[KTAP_PASSED],
	       ktap_counts[KTAP_FAILED], ktap_counts[KTAP_SKIPPED]);
	return ktap_counts[KTAP_FAILED] || !ktap_counts[KTAP_PASSED];
}

#endif
