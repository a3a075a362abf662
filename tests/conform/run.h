/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the process that runs cases and the process of a case. */
#ifndef CONFORM_RUN_H
#define CONFORM_RUN_H

#include "conform.h"

enum { RUN_PASS = 0, RUN_FAIL = 1, RUN_SKIP = 4 };

struct run_shared {
	char step[256];		/* what the case was doing */
	char skip[256];		/* why it is skipped */
	bool unfinished;	/* it left a connection before the full feature phase */
};

extern struct run_shared *run_shared;

void run_begin(void);	/* before any case */
/*
 * Runs it in a process.  Return: its exit code; -1: it did not end in time; -2: a
 * signal.
 */
int run_case(const struct test *test, int limit_ms);
_Noreturn void run_end(int code);	/* in the case's process: disconnects */
void conn_close_all(void);
void drive_stop(void);
const struct test *const *run_tests(int *n);
bool run_wants(const struct test *test, char **names, int n);
int run_all(char **names, int n);	/* how many failed */

#endif
