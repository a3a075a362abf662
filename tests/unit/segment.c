// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unsolicited data, bursts and offsets: RFC 7143, sections 4.2.5.2 and 13;
 * RFC 7145, sections 6.9, 7.3.4 and 7.3.6.
 */
#include <iser/flow.h>

#include "unit.h"

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
		.initial_r2t = row->initial_r2t,
		.first_burst = row->first_burst,
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
	/* All bursts have started, one is still unfinished. */
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

struct ack_row {
	const char *what;
	u32 done, len, burst, left;
	bool acked;
};

static const struct ack_row acks[] = {
	{ "no bursts: all at once", 0, 100000, 0, 100000, false },
	{ "no bursts: the rest", 4096, 100000, 0, 95904, false },
	{ "the first burst", 0, 100000, 8192, 8192, false },
	{ "within a burst", 4096, 100000, 8192, 4096, false },
	{ "one byte before the end of a burst", 8191, 100000, 8192, 1, false },
	{ "R-7.3.5-7 the end of a burst has the A-bit", 8192, 100000, 8192, 8192, true },
	{ "one byte behind it has none", 8193, 100000, 8192, 8191, false },
	{ "the last burst is short", 98304, 100000, 8192, 1696, true },
	{ "A-S3-1 the end has none, as the status follows", 16384, 16384, 8192, 0, false },
	{ "the end of a short burst has none", 100000, 100000, 8192, 0, false },
	{ "A-1-2 a burst longer than all", 0, 4096, 8192, 4096, false },
	{ "a burst as long as all", 8192, 8192, 8192, 0, false },
	{ "nothing to read", 0, 0, 8192, 0, false },
	{ "the largest", 0xff000000, 0xffffffff, 0x01000000, 0x00ffffff, true },
};

static void ack(struct unit *t)
{
	const struct ack_row *row = t->param_value;

	CHECK_EQ(t, iser_burst_left(row->done, row->len, row->burst), row->left);
	CHECK_EQ(t, iser_burst_acked(row->done, row->len, row->burst), row->acked);
}

UNIT_TABLE(ack, acks)

/* Counts A-bits as the target sets them: at most one for each full burst. */
static void ack_walk(struct unit *t)
{
	u32 done, bits = 0;

	for (done = 0; done < 100000; ) {
		u32 left = iser_burst_left(done, 100000, 16384);

		done += left < 5000 ? left : 5000;
		bits += iser_burst_acked(done, 100000, 16384);
	}
	CHECK_EQ(t, done, 100000);
	CHECK_EQ(t, bits, 6);
}

struct unit_case segment_cases[] = {
	UNIT_ROWS(unsolicited_bytes, "R-7.3.6-9 bytes that no Read fetches"),
	UNIT_ROWS(write_offset, "R-7.3.6-9 tagged offset"),
	UNIT_ROWS(walk, "bursts"),
	UNIT_CASE(out_one, "R-7.3.6-12 MaxOutstandingR2T=1"),
	UNIT_CASE(out_many, "R-7.3.6-12 MaxOutstandingR2T=3"),
	UNIT_CASE(out_zero, "MaxOutstandingR2T=0 must not stop the walk"),
	UNIT_CASE(last_of_all, "the last of all is said once"),
	UNIT_CASE(done_too_much, "more has arrived than was asked for"),
	UNIT_ROWS(ack, "R-7.3.5 data sequence"),
	UNIT_CASE(ack_walk, "A-1-2 one A-bit a burst, none at the end"),
	{}
};
