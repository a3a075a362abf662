// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receives, unexpected PDUs, RDMA Reads, slots: RFC 7145, section 8.1.
 */
#include <iser/flow.h>
#include "../../proto/sendq.h"

#include "unit.h"

struct plan_row {
	const char *what;
	struct iser_rx_plan plan;
	u32 receives, granted;
	bool need;
};

/* window, unexpected, first_burst, segment, InitialR2T, depth */
#define PLAN(w, u, f, s, r, d) \
	{ .window = w, .unexpected = u, .first_burst = f, .segment = s, \
	  .initial_r2t = r, .depth = d }

static const struct plan_row plans[] = {
	{ "R-8.1.1.1-2 window, unexpected, one spare",
	  PLAN(128, 16, 65536, 8192, true, 4096), 145, 128, false },
	{ "R-8.1.1.2-1 Data-Out of each command",
	  PLAN(128, 16, 65536, 8192, false, 4096), 128 * 9 + 17, 128, false },
	{ "R-8.1.1.2-1 the last Data-Out is short",
	  PLAN(10, 2, 65537, 8192, false, 4096), 10 * 10 + 3, 10, false },
	{ "R-8.1.1.2-1 immediate data may be left out",
	  PLAN(10, 2, 8192, 8192, false, 4096), 10 * 2 + 3, 10, false },
	{ "a first burst of nothing",
	  PLAN(10, 2, 0, 8192, false, 4096), 13, 10, false },
	{ "R-8.1-1 it fits to the last receive",
	  PLAN(128, 16, 65536, 8192, false, 1169), 1169, 128, false },
	{ "R-8.1-1 one receive short: InitialR2T",
	  PLAN(128, 16, 65536, 8192, false, 1168), 145, 128, true },
	{ "R-8.1-1 one command's Data-Out alone is too many",
	  PLAN(4, 2, 0xffffff, 512, false, 64), 7, 4, true },
	{ "R-8.1-1 the window fits to the last receive",
	  PLAN(128, 16, 65536, 8192, true, 145), 145, 128, false },
	{ "R-8.1-1 the window is clamped",
	  PLAN(128, 16, 65536, 8192, true, 144), 144, 127, false },
	{ "R-8.1-1 the window is clamped with InitialR2T",
	  PLAN(128, 16, 65536, 8192, false, 100), 100, 83, true },
	{ "one command",
	  PLAN(128, 16, 65536, 8192, true, 18), 18, 1, false },
	{ "not one command",
	  PLAN(128, 16, 65536, 8192, true, 17), 0, 0, false },
	{ "less than the unexpected",
	  PLAN(128, 16, 65536, 8192, true, 5), 0, 0, false },
	{ "no depth",
	  PLAN(128, 16, 65536, 8192, true, 0), 0, 0, false },
	{ "no window",
	  PLAN(0, 16, 65536, 8192, false, 64), 17, 0, false },
	{ "the largest window and burst do not wrap",
	  PLAN(0xffffffff, 16, 0xffffffff, 1, false, 1000), 1000, 983, true },
	{ "a product of 2^32 does not wrap",
	  PLAN(65536, 0, 65535 * 512, 512, false, 70000), 65537, 65536, true },
	{ "all unexpected: no wrap",
	  PLAN(1, 0xffffffff, 0, 8192, true, 0xffffffff), 0, 0, false },
	{ "all the receives there can be",
	  PLAN(0xffffffff, 0, 0, 8192, true, 0xffffffff), 0xffffffff, 0xfffffffe, false },
	{ "a segment of nothing asks for InitialR2T",
	  PLAN(16, 2, 65536, 0, false, 512), 19, 16, true },
};

static void plan(struct unit *t)
{
	const struct plan_row *row = t->param_value;
	struct iser_rx_plan p = row->plan;

	p.receives = 77;
	p.granted = 77;
	p.need_initial_r2t = !row->need;
	p.each = 77;
	iser_plan_receives(&p);
	CHECK_EQ(t, p.receives, row->receives);
	CHECK_EQ(t, p.granted, row->granted);
	CHECK_EQ(t, p.need_initial_r2t, row->need);
	CHECK(t, p.receives <= p.depth);
	CHECK_EQ(t, p.granted * p.each + (p.granted ? p.unexpected + 1 : 0),
		 p.granted ? p.receives : 0);
}

UNIT_TABLE(plan, plans)

struct window_row {
	const char *what;
	struct iser_rx_plan plan;
	u32 start;
	u32 granted, receives;
};

static const struct window_row windows[] = {
	{ "R-8.1.1.1-2 a window smaller than LIO's",
	  PLAN(64, 16, 65536, 8192, true, 640), 8, 8, 8 + 17 },
	{ "R-8.1.1.2-1 its Data-Out too",
	  PLAN(64, 16, 65536, 8192, false, 640), 8, 8, 8 * 9 + 17 },
	{ "LIO's is the smaller one",
	  PLAN(4, 16, 65536, 8192, true, 640), 8, 4, 4 + 17 },
	{ "as large as LIO's",
	  PLAN(64, 16, 65536, 8192, true, 640), 64, 64, 64 + 17 },
	{ "the queue pair's is the smaller one",
	  PLAN(64, 16, 65536, 8192, true, 20), 8, 3, 20 },
	{ "one command at least",
	  PLAN(64, 16, 65536, 8192, true, 640), 0, 1, 1 + 17 },
	{ "nothing was granted",
	  PLAN(64, 16, 65536, 8192, true, 17), 8, 0, 0 },
};

static void window_grows(struct unit *t)
{
	const struct window_row *row = t->param_value;
	struct iser_rx_plan p = row->plan;
	struct iser_window w;
	u32 receives, n;

	iser_plan_receives(&p);
	receives = iser_window_start(&w, &p, row->start);
	CHECK_EQ(t, receives, row->receives);
	CHECK_EQ(t, w.granted, row->granted);
	CHECK_EQ(t, w.most, p.granted);
	/* The window ends where it would have begun without a start. */
	while ((n = iser_window_more(&w, 0))) {
		receives += n * w.each;
		w.granted += n;
		CHECK(t, w.granted <= w.most);
	}
	CHECK_EQ(t, receives, p.receives);
	CHECK_EQ(t, w.granted, p.granted);
}

UNIT_TABLE(window_grows, windows)

struct more_row {
	const char *what;
	struct iser_window w;
	u32 room, more;
};

static const struct more_row mores[] = {
	{ "three quarters are in use", { 8, 64, 1 }, 2, 8 },
	{ "less than that", { 8, 64, 1 }, 3, 0 },
	{ "all is in use", { 16, 64, 9 }, 0, 16 },
	{ "nothing is in use", { 16, 64, 1 }, 16, 0 },
	{ "to the last command", { 40, 64, 1 }, 0, 24 },
	{ "no more than that", { 64, 64, 1 }, 0, 0 },
	{ "LIO's was made smaller", { 64, 32, 1 }, 0, 0 },
	{ "one command", { 1, 64, 1 }, 0, 1 },
	{ "one command, not used", { 1, 64, 1 }, 1, 0 },
};

static void window_more(struct unit *t)
{
	const struct more_row *row = t->param_value;

	CHECK_EQ(t, iser_window_more(&row->w, row->room), row->more);
}

UNIT_TABLE(window_more, mores)

struct depth_row {
	const char *what;
	bool iwarp;
	u32 initiator, responder, depth;
};

static const struct depth_row depths[] = {
	{ "RoCE: what the target asks for", false, 1, 4, 4 },
	{ "RoCE: the initiator's own Reads do not count", false, 32, 4, 4 },
	{ "irdma: its own numbers", true, 4, 1, 4 },
	{ "siw: the target's own depth is another matter", true, 4, 128, 4 },
	{ "cxgb4: swapped", true, 1, 4, 4 },
	{ "cxgb4: swapped, and the target answers none", true, 0, 4, 4 },
	{ "cxgb4: nothing was negotiated", true, 32, 32, 32 },
	{ "one at a time", true, 1, 1, 1 },
	{ "one at a time, the target answers none", true, 1, 0, 1 },
	{ "none", true, 0, 0, 0 },
};

static void read_depth(struct unit *t)
{
	const struct depth_row *row = t->param_value;

	CHECK_EQ(t, iser_read_depth(row->iwarp, row->initiator, row->responder),
		 row->depth);
}

UNIT_TABLE(read_depth, depths)

static void unexpected_limit(struct unit *t)
{
	struct iser_unexpected u = { .limit = 4 };

	CHECK(t, iser_unexpected_take(&u, true));
	CHECK(t, iser_unexpected_take(&u, true));
	CHECK(t, iser_unexpected_take(&u, true));
	CHECK(t, iser_unexpected_take(&u, true));
	CHECK(t, !iser_unexpected_take(&u, true));
	CHECK(t, !iser_unexpected_take(&u, false));
	CHECK_EQ(t, u.outstanding, 4);
	iser_unexpected_retire(&u, 1);
	CHECK(t, iser_unexpected_take(&u, true));
	CHECK(t, !iser_unexpected_take(&u, true));
}

static void unexpected_last(struct unit *t)
{
	struct iser_unexpected u = { .limit = 2 };

	CHECK(t, iser_unexpected_take(&u, false));
	CHECK(t, !iser_unexpected_take(&u, false));
	CHECK_EQ(t, u.outstanding, 1);
	CHECK(t, iser_unexpected_take(&u, true));
	CHECK(t, !iser_unexpected_take(&u, true));
	CHECK_EQ(t, u.outstanding, 2);
	iser_unexpected_retire(&u, 2);
	CHECK(t, iser_unexpected_take(&u, false));
}

static void unexpected_one(struct unit *t)
{
	struct iser_unexpected u = { .limit = 1 };

	CHECK(t, !iser_unexpected_take(&u, false));
	CHECK(t, iser_unexpected_take(&u, true));
	CHECK(t, !iser_unexpected_take(&u, true));
}

static void unexpected_free(struct unit *t)
{
	struct iser_unexpected u = { .limit = 0 };
	u32 i;

	for (i = 0; i < 1000; i++)
		CHECK(t, iser_unexpected_take(&u, false));
	CHECK_EQ(t, u.outstanding, 1000);
	iser_unexpected_retire(&u, 999);
	CHECK_EQ(t, u.outstanding, 1);
}

static void unexpected_wrap(struct unit *t)
{
	struct iser_unexpected u = { .limit = 0, .outstanding = 0xfffffffe };

	CHECK(t, iser_unexpected_take(&u, false));
	CHECK(t, !iser_unexpected_take(&u, false));
	CHECK_EQ(t, u.outstanding, 0xffffffff);
}

static void unexpected_retire(struct unit *t)
{
	struct iser_unexpected u = { .limit = 8, .outstanding = 3 };

	iser_unexpected_retire(&u, 0);
	CHECK_EQ(t, u.outstanding, 3);
	iser_unexpected_retire(&u, 4);
	CHECK_EQ(t, u.outstanding, 0);
	iser_unexpected_retire(&u, 0xffffffff);
	CHECK_EQ(t, u.outstanding, 0);
}

static void unexpected_lowered(struct unit *t)
{
	struct iser_unexpected u = { .limit = 2, .outstanding = 5 };

	CHECK(t, !iser_unexpected_take(&u, true));
	CHECK_EQ(t, u.outstanding, 5);
}

static void unexpected_each(struct unit *t)
{
	struct iser_unexpected u = { .outstanding = 5 };

	iser_unexpected_note(&u, 0xfffffffe);
	iser_unexpected_note(&u, 0xfffffffe);
	iser_unexpected_note(&u, 0xffffffff);
	iser_unexpected_note(&u, 3);
	iser_unexpected_acked(&u, 0xfffffffe);
	CHECK_EQ(t, u.outstanding, 5);
	iser_unexpected_acked(&u, 0xffffffff);
	CHECK_EQ(t, u.outstanding, 3);
	iser_unexpected_acked(&u, 3);
	CHECK_EQ(t, u.outstanding, 2);
	CHECK_EQ(t, u.noted, 1);
	iser_unexpected_note(&u, 4);
	iser_unexpected_acked(&u, 4);
	CHECK_EQ(t, u.outstanding, 1);
	iser_unexpected_acked(&u, 1000);
	CHECK_EQ(t, u.outstanding, 0);
	CHECK_EQ(t, u.noted, 0);
}

static void unexpected_over(struct unit *t)
{
	struct iser_unexpected u = { .outstanding = 40 };
	u32 i;

	for (i = 0; i < 40; i++)
		iser_unexpected_note(&u, i);
	iser_unexpected_acked(&u, 15);
	CHECK_EQ(t, u.outstanding, 25);
	/* PDUs over the limit retire with the last one, not before. */
	iser_unexpected_acked(&u, 39);
	CHECK_EQ(t, u.outstanding, 25);
	iser_unexpected_note(&u, 40);
	iser_unexpected_acked(&u, 40);
	CHECK_EQ(t, u.outstanding, 0);
}

static void reads_limit(struct unit *t)
{
	struct iser_reads r = { .ord = 2 };

	CHECK_EQ(t, iser_reads_free(&r), 2);
	CHECK_EQ(t, iser_reads_some(&r, 1), 1);
	CHECK_EQ(t, iser_reads_free(&r), 1);
	CHECK_EQ(t, iser_reads_some(&r, 3), 1);
	CHECK_EQ(t, iser_reads_some(&r, 1), 0);
	CHECK_EQ(t, r.outstanding, 2);
	iser_reads_return(&r, 1);
	CHECK_EQ(t, iser_reads_some(&r, 0xffffffff), 1);
	CHECK_EQ(t, iser_reads_some(&r, 1), 0);
}

static void reads_none(struct unit *t)
{
	struct iser_reads r = { .ord = 0 };

	CHECK_EQ(t, iser_reads_some(&r, 1), 0);
	iser_reads_return(&r, 1);
	CHECK_EQ(t, r.outstanding, 0);
	CHECK_EQ(t, iser_reads_free(&r), 0);
}

static void reads_lowered(struct unit *t)
{
	struct iser_reads r = { .ord = 8 };

	CHECK_EQ(t, iser_reads_some(&r, 8), 8);
	/* Hello lowers the depth while Reads are under way. */
	r.ord = 2;
	CHECK_EQ(t, iser_reads_free(&r), 0);
	CHECK_EQ(t, iser_reads_some(&r, 1), 0);
	iser_reads_return(&r, 6);
	CHECK_EQ(t, iser_reads_some(&r, 1), 0);
	iser_reads_return(&r, 1);
	CHECK_EQ(t, iser_reads_some(&r, 2), 1);
}

static void slots_count(struct unit *t)
{
	struct iser_credits s = { .size = 10 };

	CHECK_EQ(t, iser_credits_free(&s), 10);
	iser_credits_take(&s, 7);
	CHECK_EQ(t, iser_credits_free(&s), 3);
	iser_credits_take(&s, 3);
	CHECK_EQ(t, iser_credits_free(&s), 0);
	CHECK_EQ(t, iser_credits_used(&s), 10);
	iser_credits_return(&s, 4);
	CHECK_EQ(t, iser_credits_free(&s), 4);
	iser_credits_return(&s, 6);
	CHECK_EQ(t, iser_credits_used(&s), 0);
	CHECK_EQ(t, iser_credits_free(&s), 10);
}

static void slots_wrap(struct unit *t)
{
	struct iser_credits s = { .size = 10, .taken = 0xfffffffe, .given = 0xfffffffd };

	CHECK_EQ(t, iser_credits_used(&s), 1);
	iser_credits_take(&s, 9);
	CHECK_EQ(t, iser_credits_free(&s), 0);
	iser_credits_return(&s, 10);
	CHECK_EQ(t, iser_credits_free(&s), 10);
}

static void slots_shrunk(struct unit *t)
{
	struct iser_credits s = { .size = 4, .taken = 6 };

	CHECK_EQ(t, iser_credits_free(&s), 0);
	iser_credits_return(&s, 2);
	CHECK_EQ(t, iser_credits_free(&s), 0);
	iser_credits_return(&s, 1);
	CHECK_EQ(t, iser_credits_free(&s), 1);
}

struct unit_case account_cases[] = {
	UNIT_ROWS(plan, "receives"),
	UNIT_ROWS(window_grows, "a window begins small and grows to its plan"),
	UNIT_ROWS(window_more, "a window grows by"),
	UNIT_ROWS(read_depth, "RDMA Reads at a time that an initiator answers"),
	UNIT_CASE(unexpected_limit, "R-8.1.1.3-1 R-8.1.2-1 never more than declared"),
	UNIT_CASE(unexpected_last, "R-8.1.2-6 the last credit is kept for a ping"),
	UNIT_CASE(unexpected_one, "R-8.1.2-6 a single credit is for pings"),
	UNIT_CASE(unexpected_free, "R-6.7-2 0 is no limit"),
	UNIT_CASE(unexpected_wrap, "R-6.7-2 the count does not wrap"),
	UNIT_CASE(unexpected_retire, "R-8.1.2-3 retiring more than there are"),
	UNIT_CASE(unexpected_each, "R-8.1.2-3 each is retired by its own number"),
	UNIT_CASE(unexpected_over, "R-8.1.2-3 more than are noted singly: late, not early"),
	UNIT_CASE(unexpected_lowered, "R-8.1.2-2 nothing at or above the limit"),
	UNIT_CASE(reads_limit, "R-7.3.6-5 never more Reads than ORD"),
	UNIT_CASE(reads_none, "R-7.3.6-4 no Read with ORD 0"),
	UNIT_CASE(reads_lowered, "R-5.1.3-5 ORD lowered with Reads on their way"),
	UNIT_CASE(slots_count, "slots: as many as are taken and not given back"),
	UNIT_CASE(slots_wrap, "slots: the counts wrap"),
	UNIT_CASE(slots_shrunk, "slots: more in use than there are"),
	{}
};
