// SPDX-License-Identifier: GPL-2.0-only
/* KUnit tests of the rules for protection information. */
#include <linux/scatterlist.h>
#include "pi_test.h"

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

/* The length on the wire, where only that has tuples */
static void sig_length_owner(struct pair *pair)
{
	struct ib_sig_domain none = { .sig_type = IB_SIG_TYPE_NONE };
	struct ib_sig_domain wire = t10(512, IB_T10DIF_CRC);
	struct region *a = mapped(pair, &none, &wire);

	KUNIT_ASSERT_EQ(pair->test, post_region(a), 0);
	expect_wc(pair, a->end, IB_WC_SUCCESS);
	send_region(pair, 0, 520);
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
	{ RULE_SIG_LENGTH, false, sig_length_owner },
	{ RULE_SIG_LENGTH, false, sig_length_skips },
	{ RULE_SIG_LENGTH, true, sig_length_remote },
	{ RULE_KEY_RANGE, false, sig_key_range },
	{ RULE_REG_EMPTY, false, sig_reg_empty },
	{ RULE_DMA, false, sig_dma },
	{ RULE_OPCODE, false, sig_opcode },
};

static const void *next_pi(const void *last, char *name)
{
	return next_row(pi_rule_tests, ARRAY_SIZE(pi_rule_tests), last, name);
}

bool pi_tests_rule(enum adapter_rule rule)
{
	return has_row(pi_rule_tests, ARRAY_SIZE(pi_rule_tests), rule);
}

static struct kunit_case pi_rule_cases[] = {
	KUNIT_CASE_PARAM(rules, next_pi),
	{ }
};

static struct kunit_suite pi_rule_suite = {
	.name = "adapter_pi_rules",
	.init = pi_init,
	.exit = pi_exit,
	.test_cases = pi_rule_cases,
};

kunit_test_suite(pi_rule_suite);
