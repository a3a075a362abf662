// SPDX-License-Identifier: GPL-2.0-only
/*
 * iser_parse, iser_encode_control, iser_check_ahs: RFC 7145, sections 9.1 and
 * 9.2, and RFC 7143, section 11.2.2.
 */
#include <iser/wire.h>

#include "unit.h"

struct length_row {
	const char *what;
	u8 first;		/* first byte of the message */
	u8 ahs_words;		/* TotalAHSLength */
	u32 data;		/* DataSegmentLength */
	u32 len;		/* bytes received */
	enum iser_msg_error want;
	u32 data_off;
};

static const struct length_row lengths[] = {
	{ "nothing at all", 0x10, 0, 0, 0, ISER_MSG_SHORT, 0 },
	{ "one byte", 0x10, 0, 0, 1, ISER_MSG_SHORT, 0 },
	{ "27 bytes", 0x10, 0, 0, 27, ISER_MSG_SHORT, 0 },
	{ "the iSER header alone", 0x10, 0, 0, 28, ISER_MSG_SHORT, 0 },
	{ "12-byte header of RFC 5046 and BHS", 0x10, 0, 0, 60, ISER_MSG_SHORT, 0 },
	{ "75 bytes", 0x10, 0, 0, 75, ISER_MSG_SHORT, 0 },
	{ "76 bytes", 0x10, 0, 0, 76, ISER_MSG_OK, 76 },
	{ "a byte behind an empty PDU", 0x10, 0, 0, 77, ISER_MSG_LENGTH, 0 },
	{ "a word behind an empty PDU", 0x10, 0, 0, 80, ISER_MSG_LENGTH, 0 },
	{ "data of 4 bytes", 0x10, 0, 4, 80, ISER_MSG_OK, 76 },
	{ "data of 1 byte, no padding", 0x10, 0, 1, 77, ISER_MSG_OK, 76 },
	{ "data of 1 byte, padding", 0x10, 0, 1, 80, ISER_MSG_OK, 76 },
	{ "data of 1 byte, half of the padding", 0x10, 0, 1, 78, ISER_MSG_LENGTH, 0 },
	{ "data of 1 byte, one short of padding", 0x10, 0, 1, 79, ISER_MSG_LENGTH, 0 },
	{ "data of 1 byte missing", 0x10, 0, 1, 76, ISER_MSG_DATA, 0 },
	{ "data of 2 bytes, padding", 0x10, 0, 2, 80, ISER_MSG_OK, 76 },
	{ "data of 3 bytes, no padding", 0x10, 0, 3, 79, ISER_MSG_OK, 76 },
	{ "data of 3 bytes, padding and a byte", 0x10, 0, 3, 81, ISER_MSG_LENGTH, 0 },
	{ "data of 4 bytes and padding", 0x10, 0, 4, 84, ISER_MSG_LENGTH, 0 },
	{ "data of 8192 bytes", 0x10, 0, 8192, 8268, ISER_MSG_OK, 76 },
	{ "data of 8192 bytes, last one missing", 0x10, 0, 8192, 8267, ISER_MSG_LENGTH, 0 },
	{ "data of 2^24-1 bytes", 0x10, 0, 0xffffff, 76 + 0xffffff, ISER_MSG_OK, 76 },
	{ "data of 2^24-1 bytes, padding", 0x10, 0, 0xffffff, 76 + 0x1000000, ISER_MSG_OK, 76 },
	{ "data of 2^24-1 bytes claimed, none sent", 0x10, 0, 0xffffff, 76, ISER_MSG_DATA, 0 },
	{ "R-6.8-2 AHS of 4 bytes", 0x10, 1, 0, 80, ISER_MSG_OK, 80 },
	{ "R-6.8-2 AHS of 248 bytes and data", 0x10, 62, 512, 76 + 248 + 512, ISER_MSG_OK, 324 },
	{ "AHS of 1020 bytes", 0x10, 255, 0, 76 + 1020, ISER_MSG_OK, 1096 },
	{ "AHS of 1020 bytes claimed, none sent", 0x10, 255, 0, 76, ISER_MSG_AHS, 0 },
	{ "AHS of 4 bytes, one missing", 0x10, 1, 0, 79, ISER_MSG_AHS, 0 },
	{ "AHS of 4 bytes, data of 4, AHS missing", 0x10, 1, 4, 80, ISER_MSG_DATA, 0 },
	{ "AHS of 4 bytes, data of 1, padding", 0x10, 1, 1, 84, ISER_MSG_OK, 80 },
	{ "largest length a completion can tell", 0x10, 255, 0xffffff, 0xffffffff, ISER_MSG_LENGTH, 0 },
	{ "R-9.3-1 Hello", 0x20, 0, 0, 28, ISER_MSG_OK, 0 },
	{ "R-10.1.3.3-2 Hello of 27 bytes", 0x20, 0, 0, 27, ISER_MSG_SHORT, 0 },
	{ "R-10.1.3.3-2 Hello of 29 bytes", 0x20, 0, 0, 29, ISER_MSG_LENGTH, 0 },
	{ "R-10.1.3.3-2 Hello of 76 bytes", 0x20, 0, 0, 76, ISER_MSG_LENGTH, 0 },
	{ "Hello of RFC 5046, 12 bytes", 0x20, 0, 0, 12, ISER_MSG_SHORT, 0 },
	{ "R-9.4-1 HelloReply", 0x30, 0, 0, 28, ISER_MSG_OK, 0 },
	{ "R-9.4-1 HelloReply of 27 bytes", 0x30, 0, 0, 27, ISER_MSG_SHORT, 0 },
	{ "R-9.4-1 HelloReply of 29 bytes", 0x30, 0, 0, 29, ISER_MSG_LENGTH, 0 },
	{ "R-9.2-9 reserved bits of the first byte", 0x13, 0, 0, 76, ISER_MSG_OK, 76 },
};

/*
 * A caller provides 76 bytes or the message, if that is shorter: nothing else can be
 * read.
 */
static u8 *message(struct unit *t, const struct length_row *row)
{
	u32 readable = row->len < ISER_MSG_MIN ? row->len : ISER_MSG_MIN;
	u8 *head = unit_alloc(t, readable);

	if (readable)
		head[0] = row->first;
	if (readable == ISER_MSG_MIN) {
		head[ISER_HDR_LEN + 4] = row->ahs_words;
		iser_put24(head + ISER_HDR_LEN + 5, row->data);
	}
	return head;
}

static void parse_length(struct unit *t)
{
	const struct length_row *row = t->param_value;
	struct iser_msg msg;
	enum iser_msg_error err;

	memset(&msg, 0xff, sizeof(msg));
	err = iser_parse(message(t, row), row->len, &msg);
	CHECK_EQ(t, err, row->want);
	if (err)
		return;
	CHECK_EQ(t, msg.opcode, row->first >> 4);
	CHECK_EQ(t, msg.data_off, row->data_off);
	CHECK_EQ(t, msg.data_len, row->data);
	CHECK_EQ(t, msg.ahs_len, row->ahs_words * 4);
	/* Callers rely on this, and it follows from the checks above. */
	if (msg.opcode == ISER_OP_CONTROL)
		CHECK(t, msg.data_off + msg.data_len <= row->len);
}

UNIT_TABLE(parse_length, lengths)

static void parse_opcode(struct unit *t)
{
	u8 *head = unit_alloc(t, ISER_MSG_MIN);
	struct iser_msg msg;
	u32 op, low;

	for (op = 0; op < 16; op++) {
		if (op >= 1 && op <= 3)
			continue;
		for (low = 0; low < 16; low++) {
			head[0] = (u8)(op << 4 | low);
			CHECK_EQ(t, iser_parse(head, 76, &msg), ISER_MSG_OPCODE);
			CHECK_EQ(t, iser_parse(head, 28, &msg), ISER_MSG_OPCODE);
		}
	}
}

/* Figures 8 and 9 of RFC 7145: a write and a read command. */
static const u8 write_header[ISER_HDR_LEN] = {
	0x18, 0, 0, 0, 0x11, 0x22, 0x33, 0x44,
	0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
};

static const u8 read_header[ISER_HDR_LEN] = {
	0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0xde, 0xad, 0xbe, 0xef, 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10,
};

static void parse_write(struct unit *t)
{
	u8 *head = unit_alloc(t, ISER_MSG_MIN);
	struct iser_msg msg;

	memcpy(head, write_header, ISER_HDR_LEN);
	CHECK_EQ(t, iser_parse(head, ISER_MSG_MIN, &msg), ISER_MSG_OK);
	CHECK_EQ(t, msg.hdr.wsv, 1);
	CHECK_EQ(t, msg.hdr.rsv, 0);
	CHECK_EQ(t, msg.hdr.write_stag, 0x11223344);
	CHECK_EQ(t, msg.hdr.write_base, 0x0123456789abcdefull);
}

static void parse_read(struct unit *t)
{
	u8 *head = unit_alloc(t, ISER_MSG_MIN);
	struct iser_msg msg;

	memcpy(head, read_header, ISER_HDR_LEN);
	CHECK_EQ(t, iser_parse(head, ISER_MSG_MIN, &msg), ISER_MSG_OK);
	CHECK_EQ(t, msg.hdr.wsv, 0);
	CHECK_EQ(t, msg.hdr.rsv, 1);
	CHECK_EQ(t, msg.hdr.read_stag, 0xdeadbeef);
	CHECK_EQ(t, msg.hdr.read_base, 0xfedcba9876543210ull);
}

static void parse_garbage(struct unit *t)
{
	u8 *head = unit_alloc(t, ISER_MSG_MIN);
	struct iser_msg msg;

	memset(head, 0xee, ISER_HDR_LEN);
	head[0] = 0x10;
	CHECK_EQ(t, iser_parse(head, ISER_MSG_MIN, &msg), ISER_MSG_OK);
	CHECK_EQ(t, msg.hdr.wsv, 0);
	CHECK_EQ(t, msg.hdr.rsv, 0);
	CHECK_EQ(t, msg.hdr.write_stag, 0);
	CHECK_EQ(t, msg.hdr.write_base, 0);
	CHECK_EQ(t, msg.hdr.read_stag, 0);
	CHECK_EQ(t, msg.hdr.read_base, 0);
}

static void parse_reserved(struct unit *t)
{
	u8 *head = unit_alloc(t, ISER_MSG_MIN);
	struct iser_msg msg;

	head[0] = 0x1f;
	memset(head + 1, 0xff, 3);
	CHECK_EQ(t, iser_parse(head, ISER_MSG_MIN, &msg), ISER_MSG_OK);
	CHECK_EQ(t, msg.hdr.wsv, 1);
	CHECK_EQ(t, msg.hdr.rsv, 1);
}

static void encode_write(struct unit *t)
{
	struct iser_header hdr = {
		.wsv = true, .write_stag = 0x11223344,
		.write_base = 0x0123456789abcdefull,
	};
	u8 *buf = unit_alloc(t, ISER_HDR_LEN);

	memset(buf, 0xff, ISER_HDR_LEN);
	iser_encode_control(buf, &hdr);
	CHECK_EQ(t, memcmp(buf, write_header, ISER_HDR_LEN), 0);
}

static void encode_read(struct unit *t)
{
	struct iser_header hdr = {
		.rsv = true, .read_stag = 0xdeadbeef,
		.read_base = 0xfedcba9876543210ull,
	};
	u8 *buf = unit_alloc(t, ISER_HDR_LEN);

	memset(buf, 0xff, ISER_HDR_LEN);
	iser_encode_control(buf, &hdr);
	CHECK_EQ(t, memcmp(buf, read_header, ISER_HDR_LEN), 0);
}

static void encode_invalid(struct unit *t)
{
	struct iser_header hdr = {
		.write_stag = 1, .write_base = 2, .read_stag = 3, .read_base = 4,
	};
	u8 *buf = unit_alloc(t, ISER_HDR_LEN);
	u32 i;

	memset(buf, 0xff, ISER_HDR_LEN);
	iser_encode_control(buf, &hdr);
	CHECK_EQ(t, buf[0], 0x10);
	for (i = 1; i < ISER_HDR_LEN; i++)
		CHECK_EQ(t, buf[i], 0);
}

static void encode_both(struct unit *t)
{
	struct iser_header hdr = {
		.wsv = true, .rsv = true, .write_stag = 0xffffffff,
		.write_base = ~0ull, .read_stag = 1, .read_base = 1ull << 63,
	};
	u8 *buf = unit_alloc(t, ISER_MSG_MIN);
	struct iser_msg msg;

	iser_encode_control(buf, &hdr);
	CHECK_EQ(t, buf[0], 0x1c);
	CHECK_EQ(t, iser_parse(buf, ISER_MSG_MIN, &msg), ISER_MSG_OK);
	CHECK_EQ(t, msg.hdr.write_stag, hdr.write_stag);
	CHECK_EQ(t, msg.hdr.write_base, hdr.write_base);
	CHECK_EQ(t, msg.hdr.read_stag, hdr.read_stag);
	CHECK_EQ(t, msg.hdr.read_base, hdr.read_base);
}

struct ahs_row {
	const char *what;
	u8 bytes[24];
	u32 len, max;
	enum iser_msg_error want;
};

static const struct ahs_row segments[] = {
	{ "none", { 0 }, 0, 256, ISER_MSG_OK },
	{ "an extended CDB of 17 bytes", { 0, 2, 1, 0, 9 }, 8, 256, ISER_MSG_OK },
	{ "an extended CDB of 32 bytes", { 0, 17, 1 }, 20, 256, ISER_MSG_OK },
	{ "an extended CDB with padding", { 0, 3, 1 }, 8, 256, ISER_MSG_OK },
	{ "an extended CDB of 16 bytes", { 0, 1, 1 }, 4, 256, ISER_MSG_AHS },
	{ "an extended CDB of no length", { 0, 0, 1 }, 4, 256, ISER_MSG_AHS },
	{ "a bidirectional length", { 0, 5, 2, 0, 1, 2, 3, 4 }, 8, 256, ISER_MSG_OK },
	{ "a bidirectional length of 4", { 0, 4, 2 }, 8, 256, ISER_MSG_AHS },
	{ "a bidirectional length of 6", { 0, 6, 2 }, 12, 256, ISER_MSG_AHS },
	{ "both kinds", { 0, 2, 1, 0, 0, 0, 0, 0, 0, 5, 2 }, 16, 256, ISER_MSG_OK },
	{ "reserved bits of the type", { 0, 5, 0xc2 }, 8, 256, ISER_MSG_OK },
	{ "reserved bits do not make another type", { 0, 1, 0x81 }, 4, 256, ISER_MSG_AHS },
	{ "an unknown type is left to iSCSI", { 0, 1, 9 }, 4, 256, ISER_MSG_OK },
	{ "an unknown type of no length", { 0, 0, 9 }, 4, 256, ISER_MSG_OK },
	{ "one that ends behind the last byte", { 0, 6, 9 }, 8, 256, ISER_MSG_AHS },
	{ "one of the largest length", { 0xff, 0xff, 9 }, 24, 256, ISER_MSG_AHS },
	{ "a second that ends behind the last byte", { 0, 1, 9, 0, 0, 5, 2 }, 8, 256, ISER_MSG_AHS },
	{ "one byte", { 0 }, 1, 256, ISER_MSG_AHS },
	{ "two bytes", { 0 }, 2, 256, ISER_MSG_AHS },
	{ "three bytes", { 0 }, 3, 256, ISER_MSG_AHS },
	{ "two bytes behind the last", { 0, 1, 9, 0, 0, 1 }, 6, 256, ISER_MSG_AHS },
	{ "R-6.8-2 as long as declared", { 0, 17, 1 }, 20, 20, ISER_MSG_OK },
	{ "R-6.8-2 longer than declared", { 0, 17, 1 }, 20, 16, ISER_MSG_AHS },
	{ "R-6.8-1 0 declares no limit", { 0, 17, 1 }, 20, 0, ISER_MSG_OK },
};

static void check_ahs(struct unit *t)
{
	const struct ahs_row *row = t->param_value;
	u8 *ahs = unit_alloc(t, row->len);

	memcpy(ahs, row->bytes, row->len);
	CHECK_EQ(t, iser_check_ahs(ahs, row->len, row->max), row->want);
}

UNIT_TABLE(check_ahs, segments)

static void check_ahs_long(struct unit *t)
{
	u8 *ahs = unit_alloc(t, 1020);

	/* A CDB of 260 bytes: AHSLength 245. */
	iser_put16(ahs, 245);
	ahs[2] = 1;
	CHECK_EQ(t, iser_check_ahs(ahs, 248, 256), ISER_MSG_OK);
	CHECK_EQ(t, iser_check_ahs(ahs, 244, 256), ISER_MSG_AHS);
	/* The largest TotalAHSLength. */
	iser_put16(ahs, 1017);
	CHECK_EQ(t, iser_check_ahs(ahs, 1020, 0), ISER_MSG_OK);
	CHECK_EQ(t, iser_check_ahs(ahs, 1020, 256), ISER_MSG_AHS);
	iser_put16(ahs, 1018);
	CHECK_EQ(t, iser_check_ahs(ahs, 1020, 0), ISER_MSG_AHS);
}

static void error_names(struct unit *t)
{
	u32 a, b;

	for (a = ISER_MSG_OK; a <= ISER_MSG_AHS + 1; a++) {
		const char *name = iser_msg_error_name((enum iser_msg_error)a);

		CHECK(t, name && *name);
		for (b = ISER_MSG_OK; b < a; b++)
			CHECK(t, strcmp(name, iser_msg_error_name((enum iser_msg_error)b)));
	}
}

static void bytes(struct unit *t)
{
	u8 *p = unit_alloc(t, 9);

	iser_put64(p + 1, 0x8182838485868788ull);
	CHECK_EQ(t, p[0], 0);
	CHECK_EQ(t, p[1], 0x81);
	CHECK_EQ(t, p[8], 0x88);
	CHECK_EQ(t, iser_get64(p + 1), 0x8182838485868788ull);
	CHECK_EQ(t, iser_get32(p + 5), 0x85868788u);
	CHECK_EQ(t, iser_get24(p + 6), 0x868788);
	CHECK_EQ(t, iser_get16(p + 7), 0x8788);
	iser_put24(p + 1, 0xff010203);
	CHECK_EQ(t, iser_get32(p + 1), 0x01020384);
}

struct unit_case wire_cases[] = {
	UNIT_ROWS(parse_length, "R-10.1.3.3-4 length"),
	UNIT_CASE(parse_opcode, "R-9.1-2 unassigned opcodes are refused"),
	UNIT_CASE(parse_write, "R-9.2-1 header of a write"),
	UNIT_CASE(parse_read, "R-9.2-1 header of a read"),
	UNIT_CASE(parse_garbage, "R-9.2-2 R-9.2-4 fields that are not valid are ignored"),
	UNIT_CASE(parse_reserved, "R-9.2-9 reserved bits are ignored"),
	UNIT_CASE(encode_write, "R-9.1-1 R-9.2-1 header of a write is written"),
	UNIT_CASE(encode_read, "R-9.1-1 R-9.2-1 header of a read is written"),
	UNIT_CASE(encode_invalid, "R-9.2-3 R-9.2-5 R-9.2-8 what is not valid is sent as zero"),
	UNIT_CASE(encode_both, "R-9.2-1 both STags, written and read"),
	UNIT_ROWS(check_ahs, "R-6.8-2 AHS"),
	UNIT_CASE(check_ahs_long, "R-6.8-2 AHS of a long CDB and of the longest list"),
	UNIT_CASE(error_names, "reasons of refusal have names of their own"),
	UNIT_CASE(bytes, "big-endian fields at any alignment"),
	{}
};
