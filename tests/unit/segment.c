// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unsolicited data, bursts and offsets: RFC 7143, sections 4.2.5.2 and 13;
 * RFC 7145, sections 6.9, 7.3.4 and 7.3.6.
 */
#include <iser/segment.h>

#include "unit.h"

struct write_row {
	const char *what;
	bool immediate_data, initial_r2t;
	u32 first_burst, send_dsl, edtl;
	u32 immediate, unsolicited, solicited;
};

static const struct write_row writes[] = {
	{ "neither key: nothing unsolicited", false, true, 65536, 8192, 100000, 0, 0, 100000 },
	{ "neither key, small", false, true, 65536, 8192, 512, 0, 0, 512 },
	{ "ImmediateData only", true, true, 65536, 8192, 100000, 8192, 0, 91808 },
	{ "ImmediateData only, all of it", true, true, 65536, 8192, 8192, 8192, 0, 0 },
	{ "ImmediateData only, one byte more", true, true, 65536, 8192, 8193, 8192, 0, 1 },
	{ "ImmediateData only, one byte less", true, true, 65536, 8192, 8191, 8191, 0, 0 },
	{ "ImmediateData, FirstBurst is the limit", true, true, 4096, 8192, 100000, 4096, 0, 95904 },
	{ "Data-Out only", false, false, 65536, 8192, 100000, 0, 65536, 34464 },
	{ "Data-Out only, all of it", false, false, 65536, 8192, 65536, 0, 65536, 0 },
	{ "Data-Out only, one byte more", false, false, 65536, 8192, 65537, 0, 65536, 1 },
	{ "R-6.4-3 both", true, false, 65536, 8192, 100000, 8192, 57344, 34464 },
	{ "R-6.4-3 both, less than FirstBurst", true, false, 65536, 8192, 20000, 8192, 11808, 0 },
	{ "both, all of it immediate", true, false, 65536, 8192, 8192, 8192, 0, 0 },
	{ "both, FirstBurst is one segment", true, false, 8192, 8192, 100000, 8192, 0, 91808 },
	{ "both, FirstBurst is below a segment", true, false, 512, 8192, 100000, 512, 0, 99488 },
	{ "both, a segment larger than all", true, false, 65536, 262144, 65000, 65000, 0, 0 },
	{ "nothing to write", true, false, 65536, 8192, 0, 0, 0, 0 },
	{ "one byte", true, false, 65536, 8192, 1, 1, 0, 0 },
	{ "the largest length", true, false, 0xffffff, 0xffffff, 0xffffffff,
	  0xffffff, 0, 0xffffffff - 0xffffff },
};

static void write_plan(struct unit *t)
{
	const struct write_row *row = t->param_value;
	struct iser_limits lim = {
		.immediate_data = row->immediate_data,
		.initial_r2t = row->initial_r2t,
		.first_burst = row->first_burst,
		.send_dsl = row->send_dsl,
	};
	struct iser_write_plan p;

	memset(&p, 0xff, sizeof(p));
	iser_plan_write(&lim, row->edtl, &p);
	CHECK_EQ(t, p.immediate, row->immediate);
	CHECK_EQ(t, p.unsolicited, row->unsolicited);
	CHECK_EQ(t, p.solicited, row->solicited);
	CHECK_EQ(t, p.final, !row->unsolicited);
	/* Both ends must come to the same U. */
	CHECK_EQ(t, iser_unsolicited_bytes(&lim, row->edtl, p.final, p.immediate),
		 row->immediate + row->unsolicited);
}

UNIT_TABLE(write_plan, writes)

struct bytes_row {
	const char *what;
	bool initial_r2t, final;
	u32 first_burst, edtl, immediate, want;
};

static const struct bytes_row unsolicited[] = {
	{ "F: what is immediate", false, true, 65536, 100000, 4096, 4096 },
	{ "F: nothing", false, true, 65536, 100000, 0, 0 },
	{ "no F: the first burst", false, false, 65536, 100000, 4096, 65536 },
	{ "no F: less than the first burst", false, false, 65536, 20000, 4096, 20000 },
	{ "no F and nothing immediate", false, false, 65536, 100000, 0, 65536 },
	{ "InitialR2T=Yes: no Data-Out whatever F says", true, false, 65536, 100000, 4096, 4096 },
	{ "more immediate than announced in all", false, true, 65536, 1000, 4096, 1000 },
	{ "nothing announced", false, false, 65536, 0, 0, 0 },
};

static void unsolicited_bytes(struct unit *t)
{
	const struct bytes_row *row = t->param_value;
	struct iser_limits lim = {
		.immediate_data = true, .initial_r2t = row->initial_r2t,
		.first_burst = row->first_burst, .send_dsl = 8192,
	};

	CHECK_EQ(t, iser_unsolicited_bytes(&lim, row->edtl, row->final,
					   row->immediate), row->want);
}

UNIT_TABLE(unsolicited_bytes, unsolicited)

struct offset_row {
	const char *what;
	u64 base;
	u32 offset, unsolicited;
	bool tagged_only, ok;
	u64 want;
};

static const struct offset_row offsets[] = {
	{ "R-6.9-2 No: the whole buffer", 0x1000, 4096, 4096, false, true, 0x2000 },
	{ "R-6.9-3 Yes: the solicited part", 0x1000, 4096, 4096, true, true, 0x1000 },
	{ "R-6.9-2 No, later", 0x1000, 20480, 4096, false, true, 0x6000 },
	{ "R-6.9-3 Yes, later", 0x1000, 20480, 4096, true, true, 0x5000 },
	{ "both agree without unsolicited data, No", 0x1000, 512, 0, false, true, 0x1200 },
	{ "both agree without unsolicited data, Yes", 0x1000, 512, 0, true, true, 0x1200 },
	{ "base 0", 0, 0, 0, true, true, 0 },
	{ "Yes: before the tagged part", 0x1000, 4095, 4096, true, false, 0 },
	{ "Yes: offset 0 before the tagged part", 0x1000, 0, 1, true, false, 0 },
	{ "No: unsolicited part is there too", 0x1000, 0, 4096, false, true, 0x1000 },
	{ "the last byte there is", ~0ull - 512, 512, 0, false, true, ~0ull },
	{ "one behind it", ~0ull - 512, 513, 0, false, false, 0 },
	{ "far behind it", ~0ull, 0xffffffff, 0, false, false, 0 },
	{ "Yes: the subtraction comes first", ~0ull, 4096, 4096, true, true, ~0ull },
	{ "largest offset", 0xffffffff, 0xffffffff, 0, true, true, 0x1fffffffeull },
};

static void write_offset(struct unit *t)
{
	const struct offset_row *row = t->param_value;
	u64 got = 0x5a5a;

	CHECK_EQ(t, iser_write_offset(row->base, row->offset, row->unsolicited,
				      row->tagged_only, &got), row->ok);
	CHECK_EQ(t, got, row->ok ? row->want : 0x5a5a);
}

UNIT_TABLE(write_offset, offsets)

struct walk_row {
	const char *what;
	u32 start, end, max_burst;
	u32 bursts, last;	/* how many, and the length of the last */
};

static const struct walk_row walks[] = {
	{ "R-7.3.6-7 256K in bursts of 64K", 0, 262144, 65536, 4, 65536 },
	{ "R-7.3.6-7 one byte more", 0, 262145, 65536, 5, 1 },
	{ "R-7.3.6-7 one byte less", 0, 262143, 65536, 4, 65535 },
	{ "behind unsolicited data", 8192, 100000, 65536, 2, 26272 },
	{ "less than a burst", 0, 512, 65536, 1, 512 },
	{ "one byte", 41, 42, 65536, 1, 1 },
	{ "nothing", 512, 512, 65536, 0, 0 },
	{ "end before start", 512, 0, 65536, 0, 0 },
	{ "no limit", 0, 1000000, 0, 1, 1000000 },
	{ "up to the last offset", 0xfffffc00, 0xffffffff, 512, 2, 511 },
	{ "all there can be in one", 0, 0xffffffff, 0xffffffff, 1, 0xffffffff },
};

static void walk(struct unit *t)
{
	const struct walk_row *row = t->param_value;
	struct iser_bursts b;
	u32 offset, len, at = row->start, n = 0, last = 0;

	iser_bursts_init(&b, row->start, row->end, row->max_burst, 1);
	while (iser_bursts_next(&b, &offset, &len)) {
		CHECK_EQ(t, offset, at);
		CHECK(t, len > 0);
		CHECK(t, !row->max_burst || len <= row->max_burst);
		at += len;
		n++;
		last = len;
		CHECK_EQ(t, b.sn, n);
		CHECK_EQ(t, iser_bursts_done(&b, len), at == row->end);
		if (n > 100)
			break;
	}
	CHECK_EQ(t, n, row->bursts);
	CHECK_EQ(t, last, row->last);
	if (n) {
		CHECK_EQ(t, at, row->end);
		CHECK_EQ(t, b.done, row->end - row->start);
	}
	CHECK(t, !iser_bursts_done(&b, 1));
}

UNIT_TABLE(walk, walks)

static void out_one(struct unit *t)
{
	struct iser_bursts b;
	u32 offset, len;

	iser_bursts_init(&b, 0, 4096, 1024, 1);
	CHECK(t, iser_bursts_next(&b, &offset, &len));
	CHECK(t, !iser_bursts_next(&b, &offset, &len));
	CHECK(t, !iser_bursts_done(&b, 1024));
	CHECK(t, iser_bursts_next(&b, &offset, &len));
	CHECK_EQ(t, offset, 1024);
	CHECK(t, !iser_bursts_next(&b, &offset, &len));
}

static void out_many(struct unit *t)
{
	struct iser_bursts b;
	u32 offset, len, n = 0;

	iser_bursts_init(&b, 0, 10 * 512, 512, 3);
	while (iser_bursts_next(&b, &offset, &len))
		n++;
	CHECK_EQ(t, n, 3);
	CHECK_EQ(t, b.out, 3);
	CHECK(t, !iser_bursts_done(&b, 512));
	CHECK(t, iser_bursts_next(&b, &offset, &len));
	CHECK_EQ(t, offset, 3 * 512);
	CHECK(t, !iser_bursts_next(&b, &offset, &len));
	CHECK_EQ(t, b.sn, 4);
}

static void out_zero(struct unit *t)
{
	struct iser_bursts b;
	u32 offset, len;

	iser_bursts_init(&b, 0, 1024, 512, 0);
	CHECK(t, iser_bursts_next(&b, &offset, &len));
	CHECK(t, !iser_bursts_next(&b, &offset, &len));
}

static void last_of_all(struct unit *t)
{
	struct iser_bursts b;
	u32 offset, len;

	iser_bursts_init(&b, 0, 1024, 512, 2);
	CHECK(t, iser_bursts_next(&b, &offset, &len));
	CHECK(t, iser_bursts_next(&b, &offset, &len));
	CHECK(t, !iser_bursts_next(&b, &offset, &len));
	/* All are started, one is still out. */
	CHECK(t, !iser_bursts_done(&b, 512));
	CHECK(t, iser_bursts_done(&b, 512));
	CHECK(t, !iser_bursts_done(&b, 512));
	CHECK_EQ(t, b.done, 1024);
}

static void done_too_much(struct unit *t)
{
	struct iser_bursts b;
	u32 offset, len;

	iser_bursts_init(&b, 1000, 2024, 512, 2);
	CHECK(t, !iser_bursts_done(&b, 512));
	CHECK(t, iser_bursts_next(&b, &offset, &len));
	CHECK(t, !iser_bursts_done(&b, 0xffffffff));
	CHECK_EQ(t, b.done, 512);
	CHECK_EQ(t, b.out, 0);
}

struct unit_case segment_cases[] = {
	UNIT_ROWS(write_plan, "write"),
	UNIT_ROWS(unsolicited_bytes, "R-7.3.6-9 bytes that no Read fetches"),
	UNIT_ROWS(write_offset, "R-7.3.6-9 tagged offset"),
	UNIT_ROWS(walk, "bursts"),
	UNIT_CASE(out_one, "R-7.3.6-12 MaxOutstandingR2T=1"),
	UNIT_CASE(out_many, "R-7.3.6-12 MaxOutstandingR2T=3"),
	UNIT_CASE(out_zero, "MaxOutstandingR2T=0 must not stop the walk"),
	UNIT_CASE(last_of_all, "the last of all is said once"),
	UNIT_CASE(done_too_much, "more has arrived than was asked for"),
	{}
};
