// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the rules for memory regions and their keys: each function breaks the
 * rule that it is named after.
 */
#include "test.h"

static void send_key(struct pair *pair, u32 length, u32 key)
{
	KUNIT_ASSERT_EQ(pair->test, 0,
			post(&pair->end[0], IB_WR_SEND, IB_SEND_SIGNALED,
			     length, key, 0, 0));
	expect_wc(pair, &pair->end[0], IB_WC_LOC_PROT_ERR);
}

static void key_unknown(struct pair *pair)
{
	connect(pair);
	send_key(pair, 8, 0xabcdef00);
}

static void key_invalid(struct pair *pair)
{
	connect(pair);
	send_key(pair, 8, pair->end[0].mr->lkey);
}

static void remote_key_invalid(struct pair *pair)
{
	struct end *a = &pair->end[0], *b = &pair->end[1];

	connect(pair);
	reg(pair, b, RIGHTS);
	KUNIT_ASSERT_EQ(pair->test, 0,
			post(b, IB_WR_LOCAL_INV, IB_SEND_SIGNALED, 0, 0, 0,
			     b->mr->rkey));
	expect_wc(pair, b, IB_WC_SUCCESS);
	KUNIT_ASSERT_EQ(pair->test, 0,
			post(a, IB_WR_RDMA_WRITE, IB_SEND_SIGNALED, 8,
			     a->pd->local_dma_lkey, b->mr->iova, b->mr->rkey));
	expect_wc(pair, a, IB_WC_REM_ACCESS_ERR);
}

static void key_pd(struct pair *pair)
{
	struct end *a = &pair->end[0];
	struct ib_pd *other = ib_alloc_pd(a->dev, 0);

	KUNIT_ASSERT_FALSE(pair->test, IS_ERR(other));
	ib_dereg_mr(a->mr);
	a->mr = ib_alloc_mr(other, IB_MR_TYPE_MEM_REG, 4);
	connect(pair);
	KUNIT_ASSERT_EQ(pair->test, map(a), 1);
	KUNIT_ASSERT_EQ(pair->test, 0, post_reg(a, RIGHTS, a->mr->rkey));
	expect_wc(pair, a, IB_WC_MW_BIND_ERR);
	ib_dereg_mr(a->mr);
	a->mr = NULL;
	ib_dealloc_pd(other);
}

static void key_range(struct pair *pair)
{
	connect(pair);
	reg(pair, &pair->end[0], IB_ACCESS_LOCAL_WRITE);
	send_key(pair, SIZE + 1, pair->end[0].mr->lkey);
}

static void key_rights(struct pair *pair)
{
	struct end *a = &pair->end[0], *b = &pair->end[1];

	connect(pair);
	reg(pair, b, IB_ACCESS_REMOTE_READ);
	KUNIT_ASSERT_EQ(pair->test, 0,
			post_recv(b, b->mr->iova, 8, b->mr->lkey));
	KUNIT_ASSERT_EQ(pair->test, 0, post_send(a, 8));
	expect_wc(pair, a, IB_WC_REM_OP_ERR);
	expect_wc(pair, b, IB_WC_LOC_PROT_ERR);
}

static void remote_key_rights(struct pair *pair)
{
	struct end *a = &pair->end[0], *b = &pair->end[1];

	connect(pair);
	reg(pair, b, IB_ACCESS_REMOTE_READ);
	KUNIT_ASSERT_EQ(pair->test, 0,
			post(a, IB_WR_RDMA_WRITE, IB_SEND_SIGNALED, 8,
			     a->pd->local_dma_lkey, b->mr->iova, b->mr->rkey));
	expect_wc(pair, a, IB_WC_REM_ACCESS_ERR);
}

static void bad_reg(struct pair *pair, int access, u32 key)
{
	KUNIT_ASSERT_EQ(pair->test, 0, post_reg(&pair->end[0], access, key));
	expect_wc(pair, &pair->end[0], IB_WC_MW_BIND_ERR);
}

static void reg_valid(struct pair *pair)
{
	connect(pair);
	reg(pair, &pair->end[0], RIGHTS);
	bad_reg(pair, RIGHTS, pair->end[0].mr->rkey);
}

static void reg_key(struct pair *pair)
{
	connect(pair);
	KUNIT_ASSERT_EQ(pair->test, map(&pair->end[0]), 1);
	bad_reg(pair, RIGHTS, pair->end[0].mr->rkey ^ 0x100);
}

static void reg_access(struct pair *pair)
{
	connect(pair);
	KUNIT_ASSERT_EQ(pair->test, map(&pair->end[0]), 1);
	bad_reg(pair, IB_ACCESS_REMOTE_WRITE, pair->end[0].mr->rkey);
}

static void reg_empty(struct pair *pair)
{
	connect(pair);
	bad_reg(pair, RIGHTS, pair->end[0].mr->rkey);
}

/* The peer has no receive for the first Send, so the registration waits. */
static void post_late_reg(struct pair *pair)
{
	struct end *a = &pair->end[0];

	connect(pair);
	KUNIT_ASSERT_EQ(pair->test, map(a), 1);
	KUNIT_ASSERT_EQ(pair->test, 0, post_send(a, 8));
	KUNIT_ASSERT_EQ(pair->test, 0, post_reg(a, RIGHTS, a->mr->rkey));
}

static void map_posted(struct pair *pair)
{
	post_late_reg(pair);
	KUNIT_EXPECT_EQ(pair->test, map(&pair->end[0]), 1);
}

static void mr_busy(struct pair *pair)
{
	post_late_reg(pair);
	ib_dereg_mr(pair->end[0].mr);
	pair->end[0].mr = NULL;
}

static void dma(struct pair *pair)
{
	struct end *a = &pair->end[0];
	struct ib_sge sge = { .addr = 0x0ffffffffffff000, .length = 8,
			      .lkey = a->pd->local_dma_lkey };
	struct ib_send_wr wr = { .opcode = IB_WR_SEND, .sg_list = &sge,
				 .num_sge = 1 };

	connect(pair);
	KUNIT_ASSERT_EQ(pair->test, 0,
			post_recv(&pair->end[1], pair->end[1].dma, 8,
				  pair->end[1].pd->local_dma_lkey));
	KUNIT_ASSERT_EQ(pair->test, 0, ib_post_send(a->qp, &wr, NULL));
	expect_wc(pair, a, IB_WC_LOC_PROT_ERR);
}

/* A new region can be written to, or not. */
static void write_region(struct pair *pair, enum ib_wc_status status)
{
	struct end *a = &pair->end[0], *b = &pair->end[1];

	reg(pair, b, RIGHTS);
	KUNIT_ASSERT_EQ(pair->test, 0,
			post(a, IB_WR_RDMA_WRITE, IB_SEND_SIGNALED, 8,
			     a->pd->local_dma_lkey, b->mr->iova, b->mr->rkey));
	expect_wc(pair, a, status);
}

/*
 * As irdma: of a region for more pages than its table has, the adapter finds none that
 * is memory.  It finds all of a smaller one.
 */
static void table_limit(struct pair *pair)
{
	struct end *b = &pair->end[1];
	struct adapter_profile *profile = own_profile(b);

	connect(pair);
	profile->max_table = 4;
	write_region(pair, IB_WC_SUCCESS);
	KUNIT_ASSERT_EQ(pair->test, 0,
			post(b, IB_WR_LOCAL_INV, IB_SEND_SIGNALED, 0, 0, 0,
			     b->mr->rkey));
	expect_wc(pair, b, IB_WC_SUCCESS);
	profile->max_table = 3;
	write_region(pair, IB_WC_REM_OP_ERR);
}

static const struct rule_test mr_rules[] = {
	{ RULE_KEY_UNKNOWN, false, key_unknown },
	{ RULE_KEY_INVALID, false, key_invalid },
	{ RULE_KEY_INVALID, true, remote_key_invalid },
	{ RULE_KEY_PD, false, key_pd },
	{ RULE_KEY_RANGE, false, key_range },
	{ RULE_KEY_RIGHTS, false, key_rights },
	{ RULE_KEY_RIGHTS, true, remote_key_rights },
	{ RULE_REG_VALID, false, reg_valid },
	{ RULE_REG_KEY, false, reg_key },
	{ RULE_REG_ACCESS, false, reg_access },
	{ RULE_REG_EMPTY, false, reg_empty },
	{ RULE_MAP_POSTED, false, map_posted },
	{ RULE_DMA, false, dma },
	{ RULE_DMA, false, table_limit },
	{ RULE_MR_BUSY, false, mr_busy },
};

static const void *next_mr(const void *last, char *name)
{
	return next_row(mr_rules, ARRAY_SIZE(mr_rules), last, name);
}

bool mr_tests_rule(enum adapter_rule rule)
{
	return has_row(mr_rules, ARRAY_SIZE(mr_rules), rule);
}

static struct kunit_case mr_cases[] = {
	KUNIT_CASE_PARAM(rules, next_mr),
	{ }
};

static struct kunit_suite mr_suite = {
	.name = "adapter_regions",
	.init = pair_up,
	.exit = pair_down,
	.test_cases = mr_cases,
};

kunit_test_suite(mr_suite);
