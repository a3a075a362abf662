// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of protection information between two devices, and of the rules
 * for it.
 */
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include "pi_test.h"

KUNIT_ARRAY_PARAM(format, formats, name_format);

#define BAD		5	/* the block that is spoilt */

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

int map_region(struct region *region, bool meta)
{
	struct scatterlist data_sg[ENTRIES], meta_sg[ENTRIES];

	entries(data_sg, region->data_dma, BLOCKS * region->interval, 300);
	entries(meta_sg, region->meta_dma, BLOCKS * ADAPTER_TUPLE, 12);
	return ib_map_mr_sg_pi(region->mr, data_sg, ENTRIES, NULL, meta_sg,
			       meta ? ENTRIES : 0, NULL, SZ_4K);
}

int post_region(struct region *region)
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

void unreg(struct pair *pair, struct region *region)
{
	KUNIT_ASSERT_EQ(pair->test, 0,
			post(region->end, IB_WR_LOCAL_INV, IB_SEND_SIGNALED, 0,
			     0, 0, region->mr->rkey));
	expect_wc(pair, region->end, IB_WC_SUCCESS);
}

/* So many bytes of the wire, as the owner of a region names them */
static u32 owner_part(const struct region *region, u32 bytes)
{
	const struct ib_sig_attrs *attrs = region->mr->sig_attrs;

	if (attrs->mem.sig_type == IB_SIG_TYPE_T10_DIF ||
	    attrs->wire.sig_type != IB_SIG_TYPE_T10_DIF)
		return bytes;
	return bytes / (region->interval + ADAPTER_TUPLE) * region->interval;
}

/* The first end writes to the second one, or reads from it. */
static void access(struct pi_pair *pi, bool reads, u32 offset, u32 length)
{
	struct region *a = &pi->region[0], *b = &pi->region[1];
	struct ib_sge sge = { .addr = owner_part(a, offset),
			      .length = owner_part(a, length),
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

void pi_up(struct kunit *test, u32 interval)
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

	fill_data(from->data, BLOCKS * from->interval);
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

	/* KUNIT_EXPECT_MEMEQ() would print all of them. */
	KUNIT_EXPECT_EQ(test, 0, memcmp(to->data, from->data,
					BLOCKS * to->interval));
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

/* What the device says that it has */
static void limits(struct kunit *test)
{
	struct pi_pair *pi = test->priv;
	struct end *a = &pi->pair.end[0];
	const struct ib_device_attr *attrs = &a->dev->attrs;
	u32 most = a->profile->max_pi_entries;
	struct ib_mr *mr;

	KUNIT_EXPECT_TRUE(test, attrs->kernel_cap_flags &
					IBK_INTEGRITY_HANDOVER);
	KUNIT_EXPECT_EQ(test, attrs->sig_prot_cap, 7);
	KUNIT_EXPECT_EQ(test, attrs->sig_guard_cap, 3);
	KUNIT_EXPECT_EQ(test, attrs->max_pi_fast_reg_page_list_len, most);
	KUNIT_EXPECT_EQ(test, most, attrs->max_fast_reg_page_list_len / 2);
	mr = ib_alloc_mr_integrity(a->pd, most, most);
	KUNIT_ASSERT_FALSE(test, IS_ERR(mr));
	ib_dereg_mr(mr);
	mr = ib_alloc_mr_integrity(a->pd, most + 1, 1);
	KUNIT_EXPECT_PTR_EQ(test, mr, ERR_PTR(-EINVAL));
	mr = ib_alloc_mr_integrity(a->pd, 1, most + 1);
	KUNIT_EXPECT_PTR_EQ(test, mr, ERR_PTR(-EINVAL));
}

/* Devices without it refuse it as their drivers do. */
static void absent(struct kunit *test)
{
	struct pi_pair *pi = test->priv;
	struct end *a = &pi->pair.end[0];
	struct ib_device *other;
	struct ib_pd *pd;
	struct ib_mr *mr;

	other = ib_device_get_by_name("adapter2", ADAPTER_DRIVER_ID);
	KUNIT_ASSERT_NOT_NULL(test, other);
	KUNIT_EXPECT_FALSE(test, other->attrs.kernel_cap_flags &
					 IBK_INTEGRITY_HANDOVER);
	KUNIT_EXPECT_EQ(test, other->attrs.max_pi_fast_reg_page_list_len, 0);
	pd = ib_alloc_pd(other, 0);
	mr = ib_alloc_mr_integrity(pd, 1, 1);
	KUNIT_EXPECT_PTR_EQ(test, mr, ERR_PTR(-EOPNOTSUPP));
	ib_dealloc_pd(pd);
	ib_device_put(other);

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

/* Its verbs fail on demand too, and the registration. */
static void faults(struct kunit *test)
{
	struct pi_pair *pi = test->priv;
	struct region *a = &pi->region[0];
	struct ib_mr_status status;

	adapter_fault_set(FAULT_ALLOC_MR_PI, 1, -EMFILE);
	KUNIT_EXPECT_PTR_EQ(test, ib_alloc_mr_integrity(pi->pair.end[0].pd, 1,
							1),
			    ERR_PTR(-EMFILE));
	pi_up(test, 512);
	adapter_fault_set(FAULT_MAP_MR_SG_PI, 1, -EMFILE);
	KUNIT_EXPECT_EQ(test, map_region(a, false), -EMFILE);
	KUNIT_EXPECT_EQ(test, map_region(a, false), 0);
	adapter_fault_set(FAULT_CHECK_MR, 1, -EMFILE);
	KUNIT_EXPECT_EQ(test, -EMFILE,
			ib_check_mr_status(a->mr, IB_MR_CHECK_SIG_STATUS,
					   &status));
	adapter_fault_set(FAULT_REG_MR_PI, 1, IB_WC_MW_BIND_ERR);
	KUNIT_EXPECT_EQ(test, post_region(a), 0);
	expect_wc(&pi->pair, a->end, IB_WC_MW_BIND_ERR);
	expect_broken(&pi->pair, NR_RULES, false);
}

int pi_init(struct kunit *test)
{
	return pair_up_on(test, sizeof(struct pi_pair), "adapter0", "adapter1");
}

void pi_exit(struct kunit *test)
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
	KUNIT_CASE(limits),
	KUNIT_CASE(absent),
	KUNIT_CASE(faults),
	KUNIT_CASE(depth),
	{ }
};

static struct kunit_suite pi_suite = {
	.name = "adapter_pi",
	.init = pi_init,
	.exit = pi_exit,
	.test_cases = pi_cases,
};

kunit_test_suite(pi_suite);
