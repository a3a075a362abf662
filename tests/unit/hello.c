// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hello, HelloReply and the private data of the connection manager: RFC 7145,
 * sections 5.1.3, 9.3 and 9.4.
 */
#include <iser/wire.h>

#include "unit.h"

static void encode_hello(struct unit *t)
{
	static const u8 want[ISER_HDR_LEN] = { 0x20, 0xaa, 0x00, 0x10 };
	struct iser_hello hello = {
		.max_version = ISER_VERSION, .min_version = ISER_VERSION,
		.depth = 16,
	};
	u8 *buf = unit_alloc(t, ISER_HDR_LEN);

	memset(buf, 0xff, ISER_HDR_LEN);
	iser_encode_hello(buf, &hello);
	CHECK_EQ(t, memcmp(buf, want, ISER_HDR_LEN), 0);
}

static void encode_hello_no_rej(struct unit *t)
{
	struct iser_hello hello = { .rej = true };
	u8 *buf = unit_alloc(t, ISER_HDR_LEN);

	iser_encode_hello(buf, &hello);
	CHECK_EQ(t, buf[0], 0x20);
}

static void encode_reply(struct unit *t)
{
	static const u8 want[ISER_HDR_LEN] = { 0x30, 0xaa, 0x00, 0x04 };
	struct iser_hello hello = {
		.max_version = ISER_VERSION, .min_version = ISER_VERSION,
		.depth = 4,
	};
	u8 *buf = unit_alloc(t, ISER_HDR_LEN);

	memset(buf, 0xff, ISER_HDR_LEN);
	iser_encode_hello_reply(buf, &hello);
	CHECK_EQ(t, memcmp(buf, want, ISER_HDR_LEN), 0);
	hello.rej = true;
	iser_encode_hello_reply(buf, &hello);
	CHECK_EQ(t, buf[0], 0x31);
}

static void decode_hello(struct unit *t)
{
	u8 *buf = unit_alloc(t, ISER_HDR_LEN);
	struct iser_msg msg;

	buf[0] = 0x20;
	buf[1] = 0xc8;
	iser_put16(buf + 2, 0xfffe);
	CHECK_EQ(t, iser_parse(buf, ISER_HDR_LEN, &msg), ISER_MSG_OK);
	CHECK_EQ(t, msg.opcode, ISER_OP_HELLO);
	CHECK_EQ(t, msg.hello.max_version, 12);
	CHECK_EQ(t, msg.hello.min_version, 8);
	CHECK_EQ(t, msg.hello.depth, 0xfffe);
	CHECK_EQ(t, msg.hello.rej, 0);
	CHECK_EQ(t, msg.data_len, 0);
}

static void decode_reserved(struct unit *t)
{
	u8 *buf = unit_alloc(t, ISER_HDR_LEN);
	struct iser_msg msg;

	memset(buf, 0xff, ISER_HDR_LEN);
	buf[0] = 0x2f;
	CHECK_EQ(t, iser_parse(buf, ISER_HDR_LEN, &msg), ISER_MSG_OK);
	CHECK_EQ(t, msg.hello.rej, 0);
	buf[0] = 0x3e;
	CHECK_EQ(t, iser_parse(buf, ISER_HDR_LEN, &msg), ISER_MSG_OK);
	CHECK_EQ(t, msg.hello.rej, 0);
	CHECK_EQ(t, msg.hdr.write_stag, 0);
}

static void decode_reject(struct unit *t)
{
	u8 *buf = unit_alloc(t, ISER_HDR_LEN);
	struct iser_msg msg;

	buf[0] = 0x31;
	buf[1] = 0xaa;
	CHECK_EQ(t, iser_parse(buf, ISER_HDR_LEN, &msg), ISER_MSG_OK);
	CHECK_EQ(t, msg.opcode, ISER_OP_HELLO_REPLY);
	CHECK_EQ(t, msg.hello.rej, 1);
}

struct answer_row {
	const char *what;
	u8 max, min;
	u16 ird, ord;
	bool rej;
	u16 depth;
};

static const struct answer_row answers[] = {
	{ "R-5.1.3-4 the lesser is the target's", 10, 10, 16, 8, false, 8 },
	{ "R-5.1.3-4 the lesser is the initiator's", 10, 10, 2, 16, false, 2 },
	{ "R-5.1.3-4 both are the same", 10, 10, 4, 4, false, 4 },
	{ "one Read at a time", 10, 10, 1, 128, false, 1 },
	{ "the largest depth", 10, 10, 65535, 65535, false, 65535 },
	{ "R-5.1.3-8 ORD 0 and IRD above 0", 10, 10, 4, 0, true, 0 },
	{ "R-5.1.3-8 ORD 0 and IRD 1", 10, 10, 1, 0, true, 0 },
	{ "R-5.1.1-3 IRD 0 is no failure", 10, 10, 0, 16, false, 0 },
	{ "both 0 is no failure", 10, 10, 0, 0, false, 0 },
	{ "R-5.1.3-9 version 1 of RFC 5046", 1, 1, 4, 4, true, 4 },
	{ "R-5.1.3-9 only newer versions", 12, 11, 4, 4, true, 4 },
	{ "R-5.1.3-9 only older versions", 9, 1, 4, 4, true, 4 },
	{ "R-5.1.3-9 8 to 12 overlap", 12, 8, 4, 4, false, 4 },
	{ "R-5.1.3-9 1 to 10 overlap", 10, 1, 4, 4, false, 4 },
	{ "R-5.1.3-9 10 to 15 overlap", 15, 10, 4, 4, false, 4 },
	{ "R-5.1.3-9 a range upside down", 8, 12, 4, 4, true, 4 },
	{ "R-5.1.3-9 0 to 0", 0, 0, 4, 4, true, 4 },
};

static void answer_hello(struct unit *t)
{
	const struct answer_row *row = t->param_value;
	struct iser_hello in = {
		.max_version = row->max, .min_version = row->min,
		.depth = row->ird,
	};
	struct iser_hello out;

	memset(&out, 0xff, sizeof(out));
	out.rej = !row->rej;
	iser_answer_hello(&in, row->ord, &out);
	CHECK_EQ(t, out.rej, row->rej);
	CHECK_EQ(t, out.depth, row->depth);
	CHECK_EQ(t, out.max_version, 10);
	CHECK_EQ(t, out.min_version, 10);
	/* It works in place as well. */
	iser_answer_hello(&in, row->ord, &in);
	CHECK_EQ(t, in.rej, row->rej);
	CHECK_EQ(t, in.depth, row->depth);
	CHECK_EQ(t, in.max_version, 10);
}

UNIT_TABLE(answer_hello, answers)

struct cm_row {
	const char *what;
	u8 bytes[8];
	u32 len;
	bool want;
};

static const struct cm_row private_data[] = {
	{ "no ZBVA, invalidate", { 0x80 }, 4, true },
	{ "no ZBVA, no invalidate", { 0xc0 }, 4, false },
	{ "zero-filled promises nothing", { 0 }, 4, false },
	{ "zero-filled, longer", { 0 }, 8, false },
	{ "the invalidate bit alone", { 0x40 }, 4, false },
	{ "other bits are ignored", { 0xbf, 0xff, 0xff, 0xff }, 4, true },
	{ "more bytes than ours", { 0x80 }, 8, true },
	{ "too short", { 0x80 }, 3, false },
	{ "no byte", { 0 }, 0, false },
};

static void cm_decode(struct unit *t)
{
	const struct cm_row *row = t->param_value;
	u8 *buf = unit_alloc(t, row->len);

	memcpy(buf, row->bytes, row->len);
	CHECK_EQ(t, iser_cm_may_invalidate(buf, row->len), row->want);
}

UNIT_TABLE(cm_decode, private_data)

static void cm_absent(struct unit *t)
{
	CHECK_EQ(t, iser_cm_may_invalidate(NULL, 0), 0);
	CHECK_EQ(t, iser_cm_may_invalidate(NULL, 4), 0);
}

static void cm_encode(struct unit *t)
{
	u8 *buf = unit_alloc(t, ISER_CM_LEN);

	memset(buf, 0xff, ISER_CM_LEN);
	iser_cm_encode(buf, true);
	CHECK_EQ(t, iser_get32(buf), 0x80000000u);
	CHECK_EQ(t, iser_cm_may_invalidate(buf, ISER_CM_LEN), 1);
	iser_cm_encode(buf, false);
	CHECK_EQ(t, iser_get32(buf), 0xc0000000u);
	CHECK_EQ(t, iser_cm_may_invalidate(buf, ISER_CM_LEN), 0);
}

struct unit_case hello_cases[] = {
	UNIT_CASE(encode_hello, "R-9.3-2 R-9.3-3 R-9.3-4 Hello is written"),
	UNIT_CASE(encode_hello_no_rej, "R-9.3-5 REJ is no bit of Hello"),
	UNIT_CASE(encode_reply, "R-9.4-2 R-9.4-3 R-9.4-4 R-9.4-5 HelloReply is written"),
	UNIT_CASE(decode_hello, "R-9.3-4 Hello is read"),
	UNIT_CASE(decode_reserved, "R-9.3-5 R-9.4-6 reserved fields are ignored"),
	UNIT_CASE(decode_reject, "R-9.4-2 REJ is read"),
	UNIT_ROWS(answer_hello, "R-5.1.3 HelloReply"),
	UNIT_ROWS(cm_decode, "private data"),
	UNIT_CASE(cm_absent, "private data: none, as iWARP may have it"),
	UNIT_CASE(cm_encode, "private data: written"),
	{}
};
