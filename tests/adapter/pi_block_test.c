// SPDX-License-Identifier: GPL-2.0-only
/* KUnit tests of protection information: its transformation block by block. */
#include "pi_test.h"

KUNIT_ARRAY_PARAM(format, formats, name_format);

/* The examples of SBC-3, of 32 bytes each */
static void guard_known(struct kunit *test)
{
	struct ib_t10_dif_domain dif = { .pi_interval = 32 };
	u8 data[32] = { };
	int i;

	KUNIT_EXPECT_EQ(test, be16_to_cpu(adapter_pi_guard(&dif, data)), 0);
	memset(data, 0xff, 2);
	KUNIT_EXPECT_EQ(test, be16_to_cpu(adapter_pi_guard(&dif, data)),
			0x21b8);
	memset(data, 0xff, sizeof(data));
	KUNIT_EXPECT_EQ(test, be16_to_cpu(adapter_pi_guard(&dif, data)),
			0xa293);
	for (i = 0; i < sizeof(data); i++)
		data[i] = i;
	KUNIT_EXPECT_EQ(test, be16_to_cpu(adapter_pi_guard(&dif, data)),
			0x0224);
	/* The sum of these words is 0xf100. */
	dif.bg_type = IB_T10DIF_CSUM;
	KUNIT_EXPECT_EQ(test, be16_to_cpu(adapter_pi_guard(&dif, data)),
			(u16)~0xf100);
}

/* Where there is no protection, it is inserted; where there is, it is checked. */
static void block_good(struct kunit *test)
{
	const struct format *row = test->param_value;
	struct ib_sig_attrs attrs = {
		.check_mask = ALL,
		.mem = t10(row->interval, row->mem),
		.wire = t10(row->interval, row->wire),
	};
	u8 *data = kunit_kzalloc(test, row->interval, GFP_KERNEL);
	struct t10_pi_tuple mem, wire, out;
	struct adapter_pi_found found;

	KUNIT_ASSERT_NOT_NULL(test, data);
	fill_data(data, row->interval);
	mem = tuple_of(data, row->interval, row->mem, 7);
	wire = tuple_of(data, row->interval, row->wire, 7);

	adapter_pi_block(&attrs, true, 7, data, &mem, &out, &found);
	KUNIT_EXPECT_TRUE(test, found.checked);
	KUNIT_EXPECT_EQ(test, found.wrong, 0);
	KUNIT_EXPECT_MEMEQ(test, &out, &wire, sizeof(out));
	adapter_pi_block(&attrs, false, 7, data, &wire, &out, &found);
	KUNIT_EXPECT_EQ(test, found.wrong, 0);
	KUNIT_EXPECT_MEMEQ(test, &out, &mem, sizeof(out));
	adapter_pi_block(&attrs, true, 7, data, NULL, &out, &found);
	KUNIT_EXPECT_FALSE(test, found.checked);
	KUNIT_EXPECT_MEMEQ(test, &out, &wire, sizeof(out));
	adapter_pi_block(&attrs, false, 7, data, NULL, &out, &found);
	KUNIT_EXPECT_MEMEQ(test, &out, &mem, sizeof(out));
	adapter_pi_block(&attrs, true, 7, data, &mem, NULL, &found);
	KUNIT_EXPECT_TRUE(test, found.checked);
	KUNIT_EXPECT_EQ(test, found.wrong, 0);
}

/* Each part of a tuple is found if it is wrong, and only it. */
static void block_bad(struct kunit *test)
{
	const struct format *row = test->param_value;
	struct ib_sig_attrs attrs = {
		.check_mask = ALL,
		.mem = t10(row->interval, row->mem),
		.wire = t10(row->interval, row->wire),
	};
	u8 *data = kunit_kzalloc(test, row->interval, GFP_KERNEL);
	struct t10_pi_tuple good, in, out;
	struct adapter_pi_found found;
	int bit, type, sends;

	KUNIT_ASSERT_NOT_NULL(test, data);
	fill_data(data, row->interval);
	for (sends = 0; sends < 2; sends++) {
		good = tuple_of(data, row->interval,
				sends ? row->mem : row->wire, 1);
		for (bit = 0; bit < 64; bit++) {
			type = bit < 16 ? IB_SIG_BAD_GUARD :
			       bit < 32 ? IB_SIG_BAD_APPTAG :
					  IB_SIG_BAD_REFTAG;
			in = good;
			((u8 *)&in)[bit / 8] ^= BIT(bit % 8);
			adapter_pi_block(&attrs, sends, 1, data, &in, &out,
					 &found);
			KUNIT_EXPECT_EQ_MSG(test, found.wrong, BIT(type),
					    "bit %d", bit);
		}
		data[row->interval - 1] ^= 0x80;
		adapter_pi_block(&attrs, sends, 1, data, &good, &out, &found);
		KUNIT_EXPECT_EQ(test, found.wrong, BIT(IB_SIG_BAD_GUARD));
		KUNIT_EXPECT_EQ(test, found.expected[IB_SIG_BAD_GUARD],
				be16_to_cpu(good.guard_tag));
		KUNIT_EXPECT_NE(test, found.actual[IB_SIG_BAD_GUARD],
				be16_to_cpu(good.guard_tag));
		data[row->interval - 1] ^= 0x80;
	}
}

/* Masks select the bytes that are checked. */
static void block_masks(struct kunit *test)
{
	struct ib_sig_attrs attrs = { .mem = t10(512, IB_T10DIF_CRC) };
	struct t10_pi_tuple good, in;
	u8 data[512];
	struct adapter_pi_found found;
	int byte;

	fill_data(data, sizeof(data));
	good = tuple_of(data, sizeof(data), IB_T10DIF_CRC, 0);
	for (byte = 0; byte < 8; byte++) {
		in = good;
		((u8 *)&in)[byte] ^= 0x10;
		attrs.check_mask = ~BIT(7 - byte);
		adapter_pi_block(&attrs, true, 0, data, &in, NULL, &found);
		KUNIT_EXPECT_EQ_MSG(test, found.wrong, 0, "byte %d", byte);
		attrs.check_mask = BIT(7 - byte);
		adapter_pi_block(&attrs, true, 0, data, &in, NULL, &found);
		KUNIT_EXPECT_NE_MSG(test, found.wrong, 0, "byte %d", byte);
		KUNIT_EXPECT_TRUE(test, found.checked);
	}
	in = good;
	in.app_tag ^= cpu_to_be16(0x0100);
	attrs.check_mask = IB_SIG_CHECK_APPTAG;
	attrs.mem.sig.dif.apptag_check_mask = 0xfeff;
	adapter_pi_block(&attrs, true, 0, data, &in, NULL, &found);
	KUNIT_EXPECT_EQ(test, found.wrong, 0);
	attrs.mem.sig.dif.apptag_check_mask = 0x0100;
	adapter_pi_block(&attrs, true, 0, data, &in, NULL, &found);
	KUNIT_EXPECT_EQ(test, found.wrong, BIT(IB_SIG_BAD_APPTAG));
	attrs.check_mask = 0;
	adapter_pi_block(&attrs, true, 0, data, &in, NULL, &found);
	KUNIT_EXPECT_FALSE(test, found.checked);
}

/* A block whose tags are escapes has nothing to check. */
static void block_escapes(struct kunit *test)
{
	static const struct {
		bool app, ref;		/* attributes */
		u16 app_tag;
		u32 ref_tag;
		bool escaped;
	} rows[] = {
		{ true, false, 0xffff, 5, true },
		{ true, false, 0xffff, 0xffffffff, true },
		{ true, true, 0xffff, 5, false },
		{ true, true, 0xffff, 0xffffffff, true },
		{ true, true, 5, 0xffffffff, false },
		{ false, true, 0xffff, 0xffffffff, false },
		{ false, false, 0xffff, 0xffffffff, false },
	};
	struct ib_sig_attrs attrs = {
		.check_mask = ALL,
		.mem = t10(512, IB_T10DIF_CRC),
		.wire = t10(512, IB_T10DIF_CRC),
	};
	struct t10_pi_tuple in = { }, out;
	struct adapter_pi_found found;
	u8 data[512];
	int i;

	fill_data(data, sizeof(data));
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		attrs.mem.sig.dif.app_escape = rows[i].app;
		attrs.mem.sig.dif.ref_escape = rows[i].ref;
		in.app_tag = cpu_to_be16(rows[i].app_tag);
		in.ref_tag = cpu_to_be32(rows[i].ref_tag);
		adapter_pi_block(&attrs, true, 0, data, &in, &out, &found);
		KUNIT_EXPECT_EQ_MSG(test, found.escaped, rows[i].escaped,
				    "row %d", i);
		KUNIT_EXPECT_EQ_MSG(test, !!found.wrong, !rows[i].escaped,
				    "row %d", i);
		KUNIT_EXPECT_MEMEQ(test, &in, &out, sizeof(out));
	}
}

/* What the domains do not agree about is made anew. */
static void block_differs(struct kunit *test)
{
	struct ib_sig_attrs attrs = {
		.mem = t10(512, IB_T10DIF_CRC),
		.wire = t10(512, IB_T10DIF_CRC),
	};
	struct t10_pi_tuple in = { 1, 2, 3 }, out;
	struct adapter_pi_found found;
	u8 data[512];

	fill_data(data, sizeof(data));
	attrs.wire.sig.dif.app_tag = 0x5678;
	adapter_pi_block(&attrs, true, 9, data, &in, &out, &found);
	KUNIT_EXPECT_EQ(test, be16_to_cpu(out.app_tag), 0x5678);
	KUNIT_EXPECT_TRUE(test, out.guard_tag == in.guard_tag);
	KUNIT_EXPECT_TRUE(test, out.ref_tag == in.ref_tag);
	attrs.wire.sig.dif.ref_tag = 100;
	adapter_pi_block(&attrs, true, 9, data, &in, &out, &found);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(out.ref_tag), 109);
	attrs.wire.sig.dif.ref_remap = false;
	adapter_pi_block(&attrs, true, 9, data, &in, &out, &found);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(out.ref_tag), 100);
}

static struct kunit_case block_cases[] = {
	KUNIT_CASE(guard_known),
	KUNIT_CASE_PARAM(block_good, format_gen_params),
	KUNIT_CASE_PARAM(block_bad, format_gen_params),
	KUNIT_CASE(block_masks),
	KUNIT_CASE(block_escapes),
	KUNIT_CASE(block_differs),
	{ }
};

static struct kunit_suite block_suite = {
	.name = "adapter_pi_blocks",
	.test_cases = block_cases,
};

kunit_test_suite(block_suite);
