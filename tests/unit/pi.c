// SPDX-License-Identifier: GPL-2.0-only
/*
 * Protection information: lengths, pieces, tags, and the block of an error.
 */
#include <iser/pi.h>

#include "unit.h"

struct length_row {
	const char *what;
	u32 interval, len;
	bool wire, possible;
	u32 tuples, bytes;
};

static const struct length_row lengths[] = {
	{ "one block, with tuples on the wire", 512, 512, true, true, 8, 520 },
	{ "one block, without", 512, 512, false, true, 8, 512 },
	{ "eight blocks", 512, 4096, true, true, 64, 4160 },
	{ "one long block", 4096, 4096, true, true, 8, 4104 },
	{ "many long blocks, without", 4096, 1 << 20, false, true, 2048, 1 << 20 },
	{ "many long blocks", 4096, 1 << 20, true, true, 2048, (1 << 20) + 2048 },
	{ "nothing", 512, 0, true, true, 0, 0 },
	{ "half a block", 512, 768, true, false, 8, 776 },
	{ "half a long block", 4096, 2048, true, false, 0, 2048 },
	{ "blocks that adapters do not know", 1024, 4096, true, false, 32, 4128 },
	{ "blocks that are longer yet", 8192, 8192, true, false, 8, 8200 },
};

static void length(struct unit *t)
{
	const struct length_row *row = t->param_value;
	struct iser_pi pi = { .interval = row->interval, .wire = row->wire };

	CHECK_EQ(t, iser_pi_possible(&pi, row->len), row->possible);
	CHECK_EQ(t, iser_pi_tuples(&pi, row->len), row->tuples);
	CHECK_EQ(t, iser_pi_wire(&pi, row->len), row->bytes);
}

UNIT_TABLE(length, lengths)

struct piece_row {
	const char *what;
	u32 interval, left, room, piece;
};

static const struct piece_row pieces[] = {
	{ "all fits", 512, 4096, 8192, 4096 },
	{ "all fits to the last byte", 512, 8192, 8192, 8192 },
	{ "only a part fits", 512, 8704, 8192, 8192 },
	{ "room for whole blocks only", 512, 8192, 1535, 1024 },
	{ "room for whole long blocks only", 4096, 16384, 12287, 8192 },
	{ "room for one block", 4096, 8192, 4096, 4096 },
	{ "the last block", 512, 512, 524288, 512 },
	{ "the largest", 512, 0xfffffe00, 524288, 524288 },
};

static void piece(struct unit *t)
{
	const struct piece_row *row = t->param_value;
	struct iser_pi pi = { .interval = row->interval };

	CHECK_EQ(t, iser_pi_piece(&pi, row->left, row->room), row->piece);
}

UNIT_TABLE(piece, pieces)

/* A command goes out in pieces: blocks, tuples and tags of each follow the last. */
static void piece_walk(struct unit *t)
{
	struct iser_pi pi = { .interval = 512, .wire = true, .increment = true,
			      .ref_tag = 1000 };
	u32 len = 300 * 512, done = 0, wire = 0;

	while (done < len) {
		u32 part = iser_pi_piece(&pi, len - done, 65000);

		CHECK_EQ(t, iser_pi_wire(&pi, done), wire);
		CHECK_EQ(t, iser_pi_ref_tag(&pi, done / 512), 1000 + done / 512);
		wire += iser_pi_wire(&pi, part);
		done += part;
	}
	CHECK_EQ(t, done, len);
	CHECK_EQ(t, wire, 300 * 520);
}

static void tag_grows(struct unit *t)
{
	struct iser_pi pi = { .interval = 512, .increment = true, .ref_tag = 0xfffffffe };

	CHECK_EQ(t, iser_pi_ref_tag(&pi, 0), 0xfffffffe);
	CHECK_EQ(t, iser_pi_ref_tag(&pi, 1), 0xffffffff);
	CHECK_EQ(t, iser_pi_ref_tag(&pi, 2), 0);
}

static void tag_stays(struct unit *t)
{
	struct iser_pi pi = { .interval = 512, .ref_tag = 0xffffffff };

	CHECK_EQ(t, iser_pi_ref_tag(&pi, 0), 0xffffffff);
	CHECK_EQ(t, iser_pi_ref_tag(&pi, 7), 0xffffffff);
}

struct error_row {
	const char *what;
	u32 interval;
	u64 offset;
	u32 block;
};

static const struct error_row errors[] = {
	{ "the first block", 512, 0, 0 },
	{ "the last byte of the first tuple", 512, 519, 0 },
	{ "the second block", 512, 520, 1 },
	{ "a later one", 512, 520 * 1000, 1000 },
	{ "the second long block", 4096, 4104, 1 },
	{ "one byte before the second long block", 4096, 4103, 0 },
	{ "the last one below 4 GiB", 512, 0xffffffff, 0xffffffff / 520 },
	{ "an offset that can't be", 512, (1ull << 32) + 5200, 0 },
};

static void error(struct unit *t)
{
	const struct error_row *row = t->param_value;
	struct iser_pi pi = { .interval = row->interval };

	CHECK_EQ(t, iser_pi_error_block(&pi, row->offset), row->block);
}

UNIT_TABLE(error, errors)

struct unit_case pi_cases[] = {
	UNIT_ROWS(length, "bytes on the wire"),
	UNIT_ROWS(piece, "a piece"),
	UNIT_CASE(piece_walk, "all pieces"),
	UNIT_CASE(tag_grows, "type 1: the reference tag grows, and wraps"),
	UNIT_CASE(tag_stays, "type 3: the reference tag stays"),
	UNIT_ROWS(error, "the block of an error"),
	{}
};
