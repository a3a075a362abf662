// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of protection information: its transformation block by block, then
 * between two devices, and the rules for it.
 */
#include <linux/crc-t10dif.h>
#include <linux/bitops.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <net/checksum.h>
#include "test.h"

#define BLOCKS		8
#define BAD		5	/* the block that is spoilt */
#define ENTRIES		3	/* of a list */
#define REF		0xfffffffd	/* so that it wraps */
#define APP		0x1234
#define ALL		(IB_SIG_CHECK_GUARD | IB_SIG_CHECK_APPTAG | \
			 IB_SIG_CHECK_REFTAG)

/* An integrity region of an end, and its memory. */
struct region {
	struct end		*end;
	struct ib_mr		*mr;
	u32			interval;
	u8			*data;
	struct t10_pi_tuple	*meta;
	u64			data_dma;
	u64			meta_dma;
};

struct pi_pair {
	struct pair		pair;
	struct region		region[2];
};

static struct ib_sig_domain t10(u32 interval, enum ib_t10_dif_bg_type guard)
{
	return (struct ib_sig_domain){
		.sig_type = IB_SIG_TYPE_T10_DIF,
		.sig.dif.bg_type = guard,
		.sig.dif.pi_interval = interval,
		.sig.dif.app_tag = APP,
		.sig.dif.ref_tag = REF,
		.sig.dif.ref_remap = true,
		.sig.dif.apptag_check_mask = 0xffff,
	};
}

/* What a tuple should be, computed as the block layer does it. */
static struct t10_pi_tuple tuple_of(const u8 *data, u32 interval,
				    enum ib_t10_dif_bg_type guard, u32 number)
{
	return (struct t10_pi_tuple){
		.guard_tag = guard == IB_T10DIF_CRC ?
			cpu_to_be16(crc_t10dif(data, interval)) :
			(__force __be16)ip_compute_csum(data, interval),
		.app_tag = cpu_to_be16(APP),
		.ref_tag = cpu_to_be32(REF + number),
	};
}

static void fill(u8 *data, u32 length)
{
	u32 i;

	for (i = 0; i < length; i++)
		data[i] = i % 253 + i / 512;
}

/* The rows: the data of a block, and the guard on the wire and in memory */

struct format {
	u32			interval;
	enum ib_t10_dif_bg_type	wire;
	enum ib_t10_dif_bg_type	mem;
};

static const struct format formats[] = {
	{ 512, IB_T10DIF_CRC, IB_T10DIF_CRC },
	{ 512, IB_T10DIF_CRC, IB_T10DIF_CSUM },
	{ 512, IB_T10DIF_CSUM, IB_T10DIF_CRC },
	{ 512, IB_T10DIF_CSUM, IB_T10DIF_CSUM },
	{ 4096, IB_T10DIF_CRC, IB_T10DIF_CRC },
	{ 4096, IB_T10DIF_CRC, IB_T10DIF_CSUM },
	{ 4096, IB_T10DIF_CSUM, IB_T10DIF_CRC },
	{ 4096, IB_T10DIF_CSUM, IB_T10DIF_CSUM },
};

static void name_format(const struct format *row, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "%u-wire-%s-memory-%s",
		 row->interval, row->wire == IB_T10DIF_CRC ? "crc" : "ip",
		 row->mem == IB_T10DIF_CRC ? "crc" : "ip");
}

KUNIT_ARRAY_PARAM(format, formats, name_format);

/* Block by block */

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
	fill(data, row->interval);
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
	fill(data, row->interval);
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

	fill(data, sizeof(data));
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

	fill(data, sizeof(data));
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

	fill(data, sizeof(data));
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

/* Between two devices */

static void region_up(struct kunit *test, struct region *region,
		      struct end *end, u32 interval)
{
	region->end = end;
	region->interval = interval;
	region->mr = ib_alloc_mr_integrity(end->pd, ENTRIES, ENTRIES);
	KUNIT_ASSERT_FALSE(test, IS_ERR(region->mr));
	region->data = kunit_kzalloc(test, BLOCKS * interval, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, region->data);
	region->meta = kunit_kzalloc(test, BLOCKS * ADAPTER_TUPLE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, region->meta);
	region->data_dma = ib_dma_map_single(end->dev, region->data,
					     BLOCKS * interval,
					     DMA_BIDIRECTIONAL);
	region->meta_dma = ib_dma_map_single(end->dev, region->meta,
					     BLOCKS * ADAPTER_TUPLE,
					     DMA_BIDIRECTIONAL);
	KUNIT_ASSERT_FALSE(test, ib_dma_mapping_error(end->dev,
						      region->data_dma));
	KUNIT_ASSERT_FALSE(test, ib_dma_mapping_error(end->dev,
						      region->meta_dma));
}

static void region_down(struct region *region)
{
	if (IS_ERR_OR_NULL(region->mr))
		return;
	ib_dereg_mr(region->mr);
	ib_dma_unmap_single(region->end->dev, region->data_dma,
			    BLOCKS * region->interval, DMA_BIDIRECTIONAL);
	ib_dma_unmap_single(region->end->dev, region->meta_dma,
			    BLOCKS * ADAPTER_TUPLE, DMA_BIDIRECTIONAL);
}

/* Entries that begin and end anywhere */
static void entries(struct scatterlist *sg, u64 dma, u32 length, u32 first)
{
	u32 lengths[ENTRIES] = { first, first, length - 2 * first };
	int i;

	sg_init_table(sg, ENTRIES);
	for (i = 0; i < ENTRIES; i++) {
		sg_dma_address(&sg[i]) = dma;
		sg_dma_len(&sg[i]) = lengths[i];
		dma += lengths[i];
	}
}

static int map_region(struct region *region, bool meta)
{
	struct scatterlist data_sg[ENTRIES], meta_sg[ENTRIES];

	entries(data_sg, region->data_dma, BLOCKS * region->interval, 300);
	entries(meta_sg, region->meta_dma, BLOCKS * ADAPTER_TUPLE, 12);
	return ib_map_mr_sg_pi(region->mr, data_sg, ENTRIES, NULL, meta_sg,
			       meta ? ENTRIES : 0, NULL, SZ_4K);
}

static int post_region(struct region *region)
{
	struct ib_reg_wr wr = {
		.wr.opcode = IB_WR_REG_MR_INTEGRITY,
		.wr.send_flags = IB_SEND_SIGNALED,
		.mr = region->mr, .key = region->mr->rkey, .access = RIGHTS,
	};

	return ib_post_send(region->end->qp, &wr.wr, NULL);
}

static void reg_region(struct pair *pair, struct region *region,
		       const struct ib_sig_domain *mem,
		       const struct ib_sig_domain *wire)
{
	struct ib_sig_attrs *attrs = region->mr->sig_attrs;
	bool meta = mem->sig_type == IB_SIG_TYPE_T10_DIF;

	attrs->check_mask = ALL;
	attrs->mem = *mem;
	attrs->wire = *wire;
	KUNIT_ASSERT_EQ(pair->test, map_region(region, meta), 0);
	KUNIT_EXPECT_EQ(pair->test, region->mr->iova, 0);
	KUNIT_EXPECT_EQ(pair->test, region->mr->length,
			(u64)BLOCKS * (region->interval +
				       (meta ? ADAPTER_TUPLE : 0)));
	KUNIT_EXPECT_EQ(pair->test, attrs->meta_length,
			meta ? BLOCKS * ADAPTER_TUPLE : 0);
	KUNIT_ASSERT_EQ(pair->test, post_region(region), 0);
	expect_wc(pair, region->end, IB_WC_SUCCESS);
}

static void unreg(struct pair *pair, struct region *region)
{
	KUNIT_ASSERT_EQ(pair->test, 0,
			post(region->end, IB_WR_LOCAL_INV, IB_SEND_SIGNALED, 0,
			     0, 0, region->mr->rkey));
	expect_wc(pair, region->end, IB_WC_SUCCESS);
}

/* The first end writes to the second one, or reads from it. */
static void access(struct pi_pair *pi, bool reads, u32 offset, u32 length)
{
	struct region *a = &pi->region[0], *b = &pi->region[1];
	struct ib_sge sge = { .addr = offset, .length = length,
			      .lkey = a->mr->lkey };
	struct ib_rdma_wr wr = {
		.wr.opcode = reads ? IB_WR_RDMA_READ : IB_WR_RDMA_WRITE,
		.wr.send_flags = IB_SEND_SIGNALED,
		.wr.sg_list = &sge, .wr.num_sge = 1,
		.remote_addr = offset, .rkey = b->mr->rkey,
	};

	KUNIT_ASSERT_EQ(pi->pair.test, 0,
			ib_post_send(a->end->qp, &wr.wr, NULL));
	expect_wc(&pi->pair, a->end, IB_WC_SUCCESS);
}

/* type is negative if there was no error. */
static void expect_status(struct pi_pair *pi, struct region *region, int type,
			  u32 block)
{
	struct kunit *test = pi->pair.test;
	struct ib_mr_status status;

	KUNIT_ASSERT_EQ(test, 0, ib_check_mr_status(region->mr,
						    IB_MR_CHECK_SIG_STATUS,
						    &status));
	KUNIT_EXPECT_EQ(test, status.fail_status,
			type < 0 ? 0 : IB_MR_CHECK_SIG_STATUS);
	if (type < 0 || !status.fail_status)
		return;
	KUNIT_EXPECT_EQ(test, (int)status.sig_err.err_type, type);
	KUNIT_EXPECT_EQ(test, status.sig_err.sig_err_offset,
			(u64)block * (region->interval + ADAPTER_TUPLE));
	KUNIT_EXPECT_EQ(test, status.sig_err.key, region->mr->lkey);
	KUNIT_EXPECT_NE(test, status.sig_err.expected, status.sig_err.actual);
	/* It is told once. */
	KUNIT_ASSERT_EQ(test, 0, ib_check_mr_status(region->mr,
						    IB_MR_CHECK_SIG_STATUS,
						    &status));
	KUNIT_EXPECT_EQ(test, status.fail_status, 0);
}

static struct region *source(struct pi_pair *pi, bool reads)
{
	return &pi->region[reads];
}

static struct region *sink(struct pi_pair *pi, bool reads)
{
	return &pi->region[!reads];
}

static void pi_up(struct kunit *test, u32 interval)
{
	struct pi_pair *pi = test->priv;
	int i;

	for (i = 0; i < 2; i++) {
		struct end *end = &pi->pair.end[i];

		destroy_qp(end);
		end->create_flags = IB_QP_CREATE_INTEGRITY_EN;
		KUNIT_ASSERT_EQ(test, create_qp(end, DEPTH, SGES), 0);
		region_up(test, &pi->region[i], end, interval);
	}
	connect(&pi->pair);
}

/* Fills the source, with tuples of this guard, and clears the sink. */
static void prepare(struct pi_pair *pi, bool reads,
		    enum ib_t10_dif_bg_type guard)
{
	struct region *from = source(pi, reads), *to = sink(pi, reads);
	u32 i;

	fill(from->data, BLOCKS * from->interval);
	for (i = 0; i < BLOCKS; i++)
		from->meta[i] = tuple_of(from->data + i * from->interval,
					 from->interval, guard, i);
	memset(to->data, 0, BLOCKS * to->interval);
	memset(to->meta, 0, BLOCKS * ADAPTER_TUPLE);
}

static void expect_data(struct pi_pair *pi, bool reads, int guard)
{
	struct region *from = source(pi, reads), *to = sink(pi, reads);
	struct kunit *test = pi->pair.test;
	struct t10_pi_tuple tuple;
	u32 i;

	KUNIT_EXPECT_MEMEQ(test, to->data, from->data,
			   BLOCKS * to->interval);
	for (i = 0; i < BLOCKS; i++) {
		memset(&tuple, 0, sizeof(tuple));
		if (guard >= 0)
			tuple = tuple_of(from->data + i * from->interval,
					 from->interval, guard, i);
		KUNIT_EXPECT_MEMEQ(test, &to->meta[i], &tuple, sizeof(tuple));
	}
}

/*
 * Each side has protection in memory or not, and so has the wire: all that is
 * good arrives as it should be, and is reported as good.
 */
static void carries(struct kunit *test)
{
	const struct format *row = test->param_value;
	struct ib_sig_domain none = { .sig_type = IB_SIG_TYPE_NONE };
	struct ib_sig_domain mem = t10(row->interval, row->mem);
	struct ib_sig_domain wire = t10(row->interval, row->wire);
	struct pi_pair *pi = test->priv;
	int i;

	pi_up(test, row->interval);
	for (i = 0; i < 16; i++) {
		bool reads = i & 1, has_wire = i & 2;
		bool from = i & 4, to = i & 8;
		u32 length = BLOCKS * (row->interval +
				       (has_wire ? ADAPTER_TUPLE : 0));

		prepare(pi, reads, row->mem);
		reg_region(&pi->pair, source(pi, reads), from ? &mem : &none,
			   has_wire ? &wire : &none);
		reg_region(&pi->pair, sink(pi, reads), to ? &mem : &none,
			   has_wire ? &wire : &none);
		access(pi, reads, 0, length);
		expect_data(pi, reads, to ? row->mem : -1);
		expect_status(pi, source(pi, reads), -1, 0);
		expect_status(pi, sink(pi, reads), -1, 0);
		unreg(&pi->pair, &pi->region[0]);
		unreg(&pi->pair, &pi->region[1]);
	}
	expect_broken(&pi->pair, NR_RULES, false);
}

/* In pieces, as long as they are whole blocks in their order */
static void pieces(struct kunit *test)
{
	struct ib_sig_domain mem = t10(512, IB_T10DIF_CSUM);
	struct ib_sig_domain wire = t10(512, IB_T10DIF_CRC);
	struct pi_pair *pi = test->priv;

	pi_up(test, 512);
	prepare(pi, false, IB_T10DIF_CSUM);
	reg_region(&pi->pair, &pi->region[0], &mem, &wire);
	reg_region(&pi->pair, &pi->region[1], &mem, &wire);
	access(pi, false, 0, 520);
	access(pi, false, 520, 3 * 520);
	access(pi, false, 4 * 520, (BLOCKS - 4) * 520);
	expect_data(pi, false, IB_T10DIF_CSUM);
	expect_status(pi, &pi->region[0], -1, 0);
	expect_status(pi, &pi->region[1], -1, 0);
	expect_broken(&pi->pair, NR_RULES, false);
}

/* What a fault spoils, and the error that this is */
static const struct {
	int			spoils;
	enum ib_sig_err_type	type;
} spoils[] = {
	{ ADAPTER_SPOIL_GUARD, IB_SIG_BAD_GUARD },
	{ ADAPTER_SPOIL_APP, IB_SIG_BAD_APPTAG },
	{ ADAPTER_SPOIL_REF, IB_SIG_BAD_REFTAG },
	{ ADAPTER_SPOIL_DATA, IB_SIG_BAD_GUARD },
};

/*
 * One tuple is wrong: in the memory of the source, on the wire, or in that of
 * the sink.  Who is behind this place finds it, if what is wrong is not made
 * anew on the way.
 */
static void spoilt(struct kunit *test)
{
	static const enum adapter_fault places[2][3] = {
		{ FAULT_PI_REQUESTER, FAULT_PI_WIRE, FAULT_PI_RESPONDER },
		{ FAULT_PI_RESPONDER, FAULT_PI_WIRE, FAULT_PI_REQUESTER },
	};
	const struct format *row = test->param_value;
	struct ib_sig_domain mem = t10(row->interval, row->mem);
	struct ib_sig_domain wire = t10(row->interval, row->wire);
	u32 length = BLOCKS * (row->interval + ADAPTER_TUPLE);
	struct pi_pair *pi = test->priv;
	int i, place, reads;

	pi_up(test, row->interval);
	for (i = 0; i < 6 * ARRAY_SIZE(spoils); i++) {
		int what = spoils[i / 6].spoils, type = spoils[i / 6].type;
		bool anew = type == IB_SIG_BAD_GUARD && row->mem != row->wire;

		place = i % 6 / 2;
		reads = i % 2;
		prepare(pi, reads, row->mem);
		reg_region(&pi->pair, source(pi, reads), &mem, &wire);
		reg_region(&pi->pair, sink(pi, reads), &mem, &wire);
		adapter_fault_set(places[reads][place], BAD + 1, what);
		access(pi, reads, 0, length);
		KUNIT_EXPECT_EQ(test, injected(places[reads][place]), 1);
		expect_status(pi, source(pi, reads), place ? -1 : type, BAD);
		expect_status(pi, sink(pi, reads),
			      place == 2 || (!place && anew) ? -1 : type, BAD);
		adapter_fault_clear();
		unreg(&pi->pair, &pi->region[0]);
		unreg(&pi->pair, &pi->region[1]);
	}
	expect_broken(&pi->pair, NR_RULES, false);
}

/* The same where only the wire, or only one memory, has protection */
static void spoilt_alone(struct kunit *test)
{
	const struct format *row = test->param_value;
	struct ib_sig_domain none = { .sig_type = IB_SIG_TYPE_NONE };
	struct ib_sig_domain mem = t10(row->interval, row->mem);
	struct ib_sig_domain wire = t10(row->interval, row->wire);
	u32 length = BLOCKS * (row->interval + ADAPTER_TUPLE);
	struct pi_pair *pi = test->priv;
	int i;

	pi_up(test, row->interval);
	for (i = 0; i < ARRAY_SIZE(spoils); i++) {
		prepare(pi, false, row->mem);
		reg_region(&pi->pair, &pi->region[0], &none, &wire);
		reg_region(&pi->pair, &pi->region[1], &none, &wire);
		adapter_fault_set(FAULT_PI_WIRE, BAD + 1, spoils[i].spoils);
		access(pi, false, 0, length);
		adapter_fault_clear();
		expect_status(pi, &pi->region[0], -1, 0);
		expect_status(pi, &pi->region[1], spoils[i].type, BAD);
		unreg(&pi->pair, &pi->region[0]);
		unreg(&pi->pair, &pi->region[1]);

		reg_region(&pi->pair, &pi->region[0], &none, &none);
		reg_region(&pi->pair, &pi->region[1], &mem, &none);
		prepare(pi, true, row->mem);
		adapter_fault_set(FAULT_PI_RESPONDER, BAD + 1,
				  spoils[i].spoils);
		access(pi, true, 0, BLOCKS * row->interval);
		adapter_fault_clear();
		expect_status(pi, &pi->region[0], -1, 0);
		expect_status(pi, &pi->region[1], spoils[i].type, BAD);
		unreg(&pi->pair, &pi->region[0]);
		unreg(&pi->pair, &pi->region[1]);
	}
}

/* The first of many errors is kept, and its key. */
static void first_error(struct kunit *test)
{
	struct ib_sig_domain mem = t10(512, IB_T10DIF_CRC);
	struct pi_pair *pi = test->priv;
	struct region *b = &pi->region[1];
	struct ib_mr_status status;
	u32 key;

	pi_up(test, 512);
	prepare(pi, false, IB_T10DIF_CRC);
	reg_region(&pi->pair, &pi->region[0], &mem, &mem);
	reg_region(&pi->pair, b, &mem, &mem);
	/* A guard is wrong before a reference tag, this before the other. */
	adapter_fault_set(FAULT_PI_WIRE, FAULT_EACH,
			  ADAPTER_SPOIL_APP | ADAPTER_SPOIL_REF);
	access(pi, false, 0, BLOCKS * 520);
	expect_status(pi, b, IB_SIG_BAD_REFTAG, 0);
	unreg(&pi->pair, b);
	unreg(&pi->pair, &pi->region[0]);
	expect_status(pi, &pi->region[0], -1, 0);

	reg_region(&pi->pair, &pi->region[0], &mem, &mem);
	reg_region(&pi->pair, b, &mem, &mem);
	access(pi, false, 0, BLOCKS * 520);
	unreg(&pi->pair, b);
	key = b->mr->lkey;
	ib_update_fast_reg_key(b->mr, ib_inc_rkey(b->mr->rkey));
	KUNIT_ASSERT_EQ(test, 0, ib_check_mr_status(b->mr,
						    IB_MR_CHECK_SIG_STATUS,
						    &status));
	KUNIT_EXPECT_EQ(test, (int)status.sig_err.err_type,
			(int)IB_SIG_BAD_GUARD);
	KUNIT_EXPECT_EQ(test, status.sig_err.sig_err_offset, 0);
	KUNIT_EXPECT_EQ(test, status.sig_err.key, key);
}

static int count_of(struct end *end, enum adapter_pi_count what)
{
	return atomic_read(&to_adapter(end->dev, dev)->pi.n[what]);
}

static void counts(struct kunit *test)
{
	static const int expected[2][NR_ADAPTER_PI] = {
		{ [ADAPTER_PI_REGISTRATIONS] = 1,
		  [ADAPTER_PI_INSERT] = BLOCKS },
		{ [ADAPTER_PI_REGISTRATIONS] = 1, [ADAPTER_PI_PASS] = BLOCKS,
		  [ADAPTER_PI_CHECKED] = BLOCKS, [ADAPTER_PI_GUARD] = BLOCKS,
		  [ADAPTER_PI_REF] = BLOCKS, [ADAPTER_PI_STATUSES] = 2,
		  [ADAPTER_PI_FAILED] = 1 },
	};
	struct ib_sig_domain none = { .sig_type = IB_SIG_TYPE_NONE };
	struct ib_sig_domain mem = t10(512, IB_T10DIF_CRC);
	struct pi_pair *pi = test->priv;
	int i, j, before[2][NR_ADAPTER_PI];

	pi_up(test, 512);
	for (i = 0; i < 2; i++) {
		for (j = 0; j < NR_ADAPTER_PI; j++)
			before[i][j] = count_of(&pi->pair.end[i], j);
	}
	prepare(pi, false, IB_T10DIF_CRC);
	reg_region(&pi->pair, &pi->region[0], &none, &mem);
	reg_region(&pi->pair, &pi->region[1], &mem, &mem);
	adapter_fault_set(FAULT_PI_WIRE, FAULT_EACH,
			  ADAPTER_SPOIL_GUARD | ADAPTER_SPOIL_REF);
	access(pi, false, 0, BLOCKS * 520);
	expect_status(pi, &pi->region[1], IB_SIG_BAD_GUARD, 0);
	for (i = 0; i < 2; i++) {
		for (j = 0; j < NR_ADAPTER_PI; j++)
			KUNIT_EXPECT_EQ_MSG(test, expected[i][j],
					    count_of(&pi->pair.end[i], j) -
						    before[i][j],
					    "end %d, count %d", i, j);
	}
}

/* Devices without it refuse it as their drivers do. */
static void absent(struct kunit *test)
{
	struct pi_pair *pi = test->priv;
	struct end *a = &pi->pair.end[0];

	destroy_qp(a);
	own_profile(a)->max_pi_entries = 0;
	a->create_flags = IB_QP_CREATE_INTEGRITY_EN;
	KUNIT_EXPECT_NE(test, create_qp(a, DEPTH, SGES), 0);
	a->create_flags = 0;
	KUNIT_EXPECT_EQ(test, create_qp(a, DEPTH, SGES), 0);
}

/* A limit that the device does not tell */
static void depth(struct kunit *test)
{
	struct pi_pair *pi = test->priv;
	struct end *a = &pi->pair.end[0];

	destroy_qp(a);
	own_profile(a)->max_pi_qp_wr = DEPTH - 1;
	a->create_flags = IB_QP_CREATE_INTEGRITY_EN;
	KUNIT_EXPECT_NE(test, create_qp(a, DEPTH, SGES), 0);
	KUNIT_EXPECT_EQ(test, create_qp(a, DEPTH - 1, SGES), 0);
	expect_broken(&pi->pair, NR_RULES, false);
}

static int pi_init(struct kunit *test)
{
	return pair_up_on(test, sizeof(struct pi_pair), "adapter0", "adapter1");
}

static void pi_exit(struct kunit *test)
{
	struct pi_pair *pi = test->priv;

	region_down(&pi->region[0]);
	region_down(&pi->region[1]);
	pair_down(test);
}

static struct kunit_case pi_cases[] = {
	KUNIT_CASE_PARAM(carries, format_gen_params),
	KUNIT_CASE(pieces),
	KUNIT_CASE_PARAM(spoilt, format_gen_params),
	KUNIT_CASE_PARAM(spoilt_alone, format_gen_params),
	KUNIT_CASE(first_error),
	KUNIT_CASE(counts),
	KUNIT_CASE(absent),
	KUNIT_CASE(depth),
	{ }
};

static struct kunit_suite pi_suite = {
	.name = "adapter_pi",
	.init = pi_init,
	.exit = pi_exit,
	.test_cases = pi_cases,
};

/* The rules */

static const struct ib_sig_domain no_domain = { .sig_type = IB_SIG_TYPE_NONE };

static struct pi_pair *pi_of(struct pair *pair)
{
	return container_of(pair, struct pi_pair, pair);
}

/* The first end's region is mapped, with these domains. */
static struct region *mapped(struct pair *pair, const struct ib_sig_domain *mem,
			     const struct ib_sig_domain *wire)
{
	struct region *a = &pi_of(pair)->region[0];

	pi_up(pair->test, 512);
	a->mr->sig_attrs->mem = *mem;
	a->mr->sig_attrs->wire = *wire;
	KUNIT_ASSERT_EQ(pair->test, 0,
			map_region(a, mem->sig_type == IB_SIG_TYPE_T10_DIF));
	return a;
}

static struct region *good(struct pair *pair)
{
	struct ib_sig_domain mem = t10(512, IB_T10DIF_CRC);

	return mapped(pair, &mem, &mem);
}

/* The queue pair of the first end is replaced by one without protection. */
static void plain_qp(struct pair *pair)
{
	struct end *a = &pair->end[0], *b = &pair->end[1];

	destroy_qp(a);
	destroy_qp(b);
	a->create_flags = 0;
	KUNIT_ASSERT_EQ(pair->test, create_qp(a, DEPTH, SGES), 0);
	KUNIT_ASSERT_EQ(pair->test, create_qp(b, DEPTH, SGES), 0);
	connect(pair);
}

static void sig_qp(struct pair *pair)
{
	struct region *a = good(pair);

	plain_qp(pair);
	KUNIT_EXPECT_EQ(pair->test, post_region(a), -EINVAL);
}

static void send_region(struct pair *pair, u64 addr, u32 length)
{
	struct region *a = &pi_of(pair)->region[0];
	struct ib_sge sge = { .addr = addr, .length = length,
			      .lkey = a->mr->lkey };
	struct ib_send_wr wr = { .opcode = IB_WR_SEND, .sg_list = &sge,
				 .num_sge = 1 };

	KUNIT_ASSERT_EQ(pair->test, 0, ib_post_send(a->end->qp, &wr, NULL));
	expect_wc(pair, a->end, IB_WC_LOC_PROT_ERR);
}

static void sig_qp_key(struct pair *pair)
{
	struct region *a = good(pair);

	KUNIT_ASSERT_EQ(pair->test, post_region(a), 0);
	expect_wc(pair, a->end, IB_WC_SUCCESS);
	plain_qp(pair);
	send_region(pair, 0, BLOCKS * 520);
}

static void sig_type_integrity(struct pair *pair)
{
	struct region *a = good(pair);
	struct ib_reg_wr wr = { .wr.opcode = IB_WR_REG_MR, .mr = a->mr,
				.key = a->mr->rkey, .access = RIGHTS };

	KUNIT_EXPECT_EQ(pair->test, ib_post_send(a->end->qp, &wr.wr, NULL),
			-EINVAL);
}

static void sig_type_plain(struct pair *pair)
{
	struct region *a = good(pair);
	struct ib_reg_wr wr = { .wr.opcode = IB_WR_REG_MR_INTEGRITY,
				.mr = a->end->mr, .key = a->end->mr->rkey,
				.access = RIGHTS };

	KUNIT_EXPECT_EQ(pair->test, map(a->end), 1);
	KUNIT_EXPECT_EQ(pair->test, ib_post_send(a->end->qp, &wr.wr, NULL),
			-EINVAL);
}

static void sig_type_map(struct pair *pair)
{
	struct region *a = good(pair);
	struct scatterlist sg;

	sg_init_table(&sg, 1);
	sg_dma_address(&sg) = a->data_dma;
	sg_dma_len(&sg) = 512;
	KUNIT_EXPECT_EQ(pair->test, -EINVAL,
			ib_map_mr_sg(a->mr, &sg, 1, NULL, SZ_4K));
}

static void sig_type_status(struct pair *pair)
{
	struct ib_mr_status status;

	KUNIT_EXPECT_EQ(pair->test, -EINVAL,
			ib_check_mr_status(pair->end[0].mr,
					   IB_MR_CHECK_SIG_STATUS, &status));
}

static void sig_unchecked(struct pair *pair)
{
	struct region *a = good(pair);

	KUNIT_ASSERT_EQ(pair->test, post_region(a), 0);
	expect_wc(pair, a->end, IB_WC_SUCCESS);
	unreg(pair, a);
	KUNIT_EXPECT_EQ(pair->test, map_region(a, true), 0);
	KUNIT_EXPECT_EQ(pair->test, post_region(a), -EINVAL);
}

static void bad_attrs(struct pair *pair, const struct ib_sig_domain *mem,
		      const struct ib_sig_domain *wire)
{
	KUNIT_EXPECT_EQ(pair->test, post_region(mapped(pair, mem, wire)),
			-EINVAL);
}

static void sig_attrs_type(struct pair *pair)
{
	struct ib_sig_domain wire = t10(512, IB_T10DIF_CRC);

	wire.sig_type = IB_SIG_TYPE_T10_DIF + 1;
	bad_attrs(pair, &no_domain, &wire);
}

static void sig_attrs_interval(struct pair *pair)
{
	struct ib_sig_domain wire = t10(520, IB_T10DIF_CRC);

	bad_attrs(pair, &no_domain, &wire);
}

static void sig_attrs_intervals(struct pair *pair)
{
	struct ib_sig_domain mem = t10(512, IB_T10DIF_CRC);
	struct ib_sig_domain wire = t10(4096, IB_T10DIF_CRC);

	bad_attrs(pair, &mem, &wire);
}

static void sig_attrs_guard(struct pair *pair)
{
	struct ib_sig_domain wire = t10(512, IB_T10DIF_CSUM + 1);

	bad_attrs(pair, &no_domain, &wire);
}

static void sig_attrs_seed(struct pair *pair)
{
	struct ib_sig_domain wire = t10(512, IB_T10DIF_CRC);

	wire.sig.dif.bg = 1;
	bad_attrs(pair, &no_domain, &wire);
}

static void sig_blocks(struct pair *pair)
{
	struct ib_sig_domain wire = t10(512, IB_T10DIF_CRC);
	struct region *a = mapped(pair, &no_domain, &wire);
	struct scatterlist sg;

	sg_init_table(&sg, 1);
	sg_dma_address(&sg) = a->data_dma;
	sg_dma_len(&sg) = 513;
	KUNIT_ASSERT_EQ(pair->test, 0,
			ib_map_mr_sg_pi(a->mr, &sg, 1, NULL, NULL, 0, NULL,
					SZ_4K));
	KUNIT_EXPECT_EQ(pair->test, post_region(a), -EINVAL);
}

/* Of one block, with so much metadata */
static void map_meta(struct pair *pair, struct region *a, u32 length)
{
	struct scatterlist data, meta;

	sg_init_table(&data, 1);
	sg_dma_address(&data) = a->data_dma;
	sg_dma_len(&data) = 512;
	sg_init_table(&meta, 1);
	sg_dma_address(&meta) = a->meta_dma;
	sg_dma_len(&meta) = length;
	KUNIT_ASSERT_EQ(pair->test, 0,
			ib_map_mr_sg_pi(a->mr, &data, 1, NULL, &meta, !!length,
					NULL, SZ_4K));
}

static void sig_meta_short(struct pair *pair)
{
	struct region *a = good(pair);

	map_meta(pair, a, 7);
	KUNIT_EXPECT_EQ(pair->test, post_region(a), -EINVAL);
}

static void sig_meta_none(struct pair *pair)
{
	struct region *a = good(pair);

	map_meta(pair, a, 0);
	KUNIT_EXPECT_EQ(pair->test, post_region(a), -EINVAL);
}

static void sig_meta_left(struct pair *pair)
{
	struct region *a = good(pair);

	map_meta(pair, a, 8);
	a->mr->sig_attrs->mem.sig_type = IB_SIG_TYPE_NONE;
	KUNIT_EXPECT_EQ(pair->test, post_region(a), -EINVAL);
}

static void map_long(struct pair *pair, int data, int meta)
{
	struct region *a = good(pair);
	struct scatterlist sg[ENTRIES + 1];
	int i;

	sg_init_table(sg, ENTRIES + 1);
	for (i = 0; i <= ENTRIES; i++) {
		sg_dma_address(&sg[i]) = a->data_dma;
		sg_dma_len(&sg[i]) = 512;
	}
	KUNIT_EXPECT_EQ(pair->test, -ENOMEM,
			ib_map_mr_sg_pi(a->mr, sg, data, NULL, sg, meta, NULL,
					SZ_4K));
}

static void sig_list_data(struct pair *pair)
{
	map_long(pair, ENTRIES + 1, 1);
}

static void sig_list_meta(struct pair *pair)
{
	map_long(pair, 1, ENTRIES + 1);
}

static void registered(struct pair *pair)
{
	struct region *a = good(pair);

	KUNIT_ASSERT_EQ(pair->test, post_region(a), 0);
	expect_wc(pair, a->end, IB_WC_SUCCESS);
}

/* The length in memory instead of that on the wire */
static void sig_length(struct pair *pair)
{
	registered(pair);
	send_region(pair, 0, BLOCKS * 512);
}

static void sig_length_skips(struct pair *pair)
{
	registered(pair);
	send_region(pair, 520, 520);
}

static void sig_length_remote(struct pair *pair)
{
	struct region *a = &pi_of(pair)->region[0];
	struct end *b = &pair->end[1];

	registered(pair);
	KUNIT_ASSERT_EQ(pair->test, 0,
			post(b, IB_WR_RDMA_READ, IB_SEND_SIGNALED, 512,
			     b->pd->local_dma_lkey, 0, a->mr->rkey));
	expect_wc(pair, b, IB_WC_REM_ACCESS_ERR);
}

/* There is no more behind the last block. */
static void sig_key_range(struct pair *pair)
{
	registered(pair);
	send_region(pair, 0, (BLOCKS + 1) * 520);
}

static void sig_reg_empty(struct pair *pair)
{
	struct pi_pair *pi = pi_of(pair);

	pi_up(pair->test, 512);
	KUNIT_ASSERT_EQ(pair->test, post_region(&pi->region[0]), 0);
	expect_wc(pair, &pair->end[0], IB_WC_MW_BIND_ERR);
}

/* The metadata too have to be mapped. */
static void sig_dma(struct pair *pair)
{
	struct region *a = good(pair);

	a->meta_dma ^= 0x0ffff00000000000;
	KUNIT_ASSERT_EQ(pair->test, map_region(a, true), 0);
	a->meta_dma ^= 0x0ffff00000000000;
	KUNIT_ASSERT_EQ(pair->test, post_region(a), 0);
	expect_wc(pair, a->end, IB_WC_SUCCESS);
	KUNIT_ASSERT_EQ(pair->test, 0,
			post_recv(&pair->end[1], pair->end[1].dma, SIZE,
				  pair->end[1].pd->local_dma_lkey));
	send_region(pair, 0, 520);
}

/* A profile without protection */
static void sig_opcode(struct pair *pair)
{
	struct region *a = good(pair);

	own_profile(a->end)->max_pi_entries = 0;
	KUNIT_EXPECT_EQ(pair->test, post_region(a), -EINVAL);
}

static const struct rule_test pi_rule_tests[] = {
	{ RULE_SIG_QP, false, sig_qp },
	{ RULE_SIG_QP, false, sig_qp_key },
	{ RULE_SIG_TYPE, false, sig_type_integrity },
	{ RULE_SIG_TYPE, false, sig_type_plain },
	{ RULE_SIG_TYPE, false, sig_type_map },
	{ RULE_SIG_TYPE, false, sig_type_status },
	{ RULE_SIG_UNCHECKED, false, sig_unchecked },
	{ RULE_SIG_ATTRS, false, sig_attrs_type },
	{ RULE_SIG_ATTRS, false, sig_attrs_interval },
	{ RULE_SIG_ATTRS, false, sig_attrs_intervals },
	{ RULE_SIG_ATTRS, false, sig_attrs_guard },
	{ RULE_SIG_ATTRS, false, sig_attrs_seed },
	{ RULE_SIG_BLOCKS, false, sig_blocks },
	{ RULE_SIG_META, false, sig_meta_short },
	{ RULE_SIG_META, false, sig_meta_none },
	{ RULE_SIG_META, false, sig_meta_left },
	{ RULE_SIG_LIST, false, sig_list_data },
	{ RULE_SIG_LIST, false, sig_list_meta },
	{ RULE_SIG_LENGTH, false, sig_length },
	{ RULE_SIG_LENGTH, false, sig_length_skips },
	{ RULE_SIG_LENGTH, true, sig_length_remote },
	{ RULE_KEY_RANGE, false, sig_key_range },
	{ RULE_REG_EMPTY, false, sig_reg_empty },
	{ RULE_DMA, false, sig_dma },
	{ RULE_OPCODE, false, sig_opcode },
};

static const void *next_pi_rule(const void *last, char *name)
{
	const struct rule_test *row = last ? last + sizeof(*row) :
					     pi_rule_tests;

	if (row == pi_rule_tests + ARRAY_SIZE(pi_rule_tests))
		return NULL;
	return name_rule(row, name);
}

bool pi_tests_rule(enum adapter_rule rule)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(pi_rule_tests); i++) {
		if (pi_rule_tests[i].rule == rule)
			return true;
	}
	return false;
}

static struct kunit_case pi_rule_cases[] = {
	KUNIT_CASE_PARAM(rules, next_pi_rule),
	{ }
};

static struct kunit_suite pi_rule_suite = {
	.name = "adapter_pi_rules",
	.init = pi_init,
	.exit = pi_exit,
	.test_cases = pi_rule_cases,
};

kunit_test_suites(&block_suite, &pi_suite, &pi_rule_suite);
