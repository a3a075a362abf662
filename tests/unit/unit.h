/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a test file needs in both environments: under KUnit in the kernel, and in a host
 * program under AddressSanitizer.  A test file has functions of the form void
 * name(struct unit *t), tables of rows, and one list of cases.
 *
 * A row is a struct whose first member is its description.  Every row of a table is its
 * own case on the host, and a parameter under KUnit.
 */
#ifndef UNIT_H
#define UNIT_H

#include <iser/types.h>

#ifdef __KERNEL__
#include <kunit/test.h>

#define unit		kunit
#define unit_case	kunit_case

#define CHECK(t, cond)		KUNIT_EXPECT_TRUE(t, cond)
#define CHECK_EQ(t, got, want)	KUNIT_EXPECT_EQ(t, (u64)(got), (u64)(want))
#define CHECK_STR(t, got, want)	KUNIT_EXPECT_STREQ(t, got, want)

#define unit_alloc(t, size)	kunit_kzalloc(t, size, GFP_KERNEL)

#define UNIT_TABLE(fn, table)						\
static const void *fn##_rows(const void *prev, char *desc)		\
{									\
	const typeof((table)[0]) *row = prev;				\
									\
	row = row ? row + 1 : (table);					\
	if ((size_t)(row - (table)) >= ARRAY_SIZE(table))		\
		return NULL;						\
	strscpy(desc, row->what, KUNIT_PARAM_DESC_SIZE);		\
	return row;							\
}
#define UNIT_CASE(fn, text)	{ .run_case = fn, .name = text }
#define UNIT_ROWS(fn, text)						\
	{ .run_case = fn, .name = text, .generate_params = fn##_rows }

#else
#include <stdlib.h>

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#endif

struct unit {
	const void *param_value;	/* the row, as KUnit names it */
	u32 failed;
	void *memory;			/* freed after the case */
};

struct unit_case {
	void (*run_case)(struct unit *t);
	const char *name;
	const void *rows;
	size_t row_size, row_count;
};

void unit_fail(struct unit *t, const char *file, int line, const char *what,
	       unsigned long long got, unsigned long long want);
void unit_fail_str(struct unit *t, const char *file, int line,
		   const char *what, const char *got, const char *want);
/* Of exactly this size, so that a byte beyond it is noticed. */
void *unit_alloc(struct unit *t, size_t size);

#define CHECK(t, cond)	CHECK_EQ(t, !!(cond), 1)
#define CHECK_EQ(t, got, want) do {					\
	u64 got_ = (u64)(got), want_ = (u64)(want);			\
									\
	if (got_ != want_)						\
		unit_fail(t, __FILE__, __LINE__, #got, got_, want_);	\
} while (0)
#define CHECK_STR(t, got, want) do {					\
	const char *got_ = (got), *want_ = (want);			\
									\
	if (strcmp(got_, want_))					\
		unit_fail_str(t, __FILE__, __LINE__, #got, got_, want_);	\
} while (0)

#define UNIT_TABLE(fn, table)						\
enum { fn##_count = ARRAY_SIZE(table), fn##_size = sizeof((table)[0]) };	\
static const void * const fn##_rows = (table);
#define UNIT_CASE(fn, text)	{ .run_case = fn, .name = text }
#define UNIT_ROWS(fn, text)						\
	{ .run_case = fn, .name = text, .rows = &fn##_rows,		\
	  .row_size = fn##_size, .row_count = fn##_count }
#endif

/* The lists; each ends with an empty entry. */
extern struct unit_case wire_cases[];
extern struct unit_case hello_cases[];
extern struct unit_case greeting_cases[];
extern struct unit_case text_cases[];
extern struct unit_case initiator_keys_cases[];
extern struct unit_case target_keys_cases[];
extern struct unit_case login_cases[];
extern struct unit_case account_cases[];
extern struct unit_case segment_cases[];
extern struct unit_case state_cases[];
extern struct unit_case pi_cases[];

#endif
