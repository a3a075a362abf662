// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the rules for queues, their requests and completions: each function
 * breaks the rule that it is named after.
 */
#include "test.h"

static void send_state(struct pair *pair)
{
	KUNIT_EXPECT_EQ(pair->test, -EINVAL, post_send(&pair->end[0], 8));
}

static void recv_state(struct pair *pair)
{
	struct end *a = &pair->end[0];

	KUNIT_EXPECT_EQ(pair->test, -EINVAL,
			post_recv(a, a->dma, 8, a->pd->local_dma_lkey));
}

static void fill(struct pair *pair, int flags)
{
	struct end *a = &pair->end[0];
	int i;

	connect(pair);
	for (i = 0; i < DEPTH; i++)
		KUNIT_ASSERT_EQ(pair->test, 0,
				post(a, IB_WR_RDMA_WRITE, flags, 0, 0, 0, 0));
	KUNIT_EXPECT_EQ(pair->test, -ENOMEM, post_send(a, 8));
}

static void send_overflow(struct pair *pair)
{
	fill(pair, IB_SEND_SIGNALED);
}

static void unsignaled(struct pair *pair)
{
	fill(pair, 0);
}

static void recv_overflow(struct pair *pair)
{
	struct end *a = &pair->end[0];
	int i;

	connect(pair);
	for (i = 0; i < DEPTH; i++)
		KUNIT_ASSERT_EQ(pair->test, 0,
				post_recv(a, a->dma + 8 * i, 8,
					  a->pd->local_dma_lkey));
	KUNIT_EXPECT_EQ(pair->test, -ENOMEM,
			post_recv(a, a->dma + 8 * i, 8,
				  a->pd->local_dma_lkey));
}

static void sge_count(struct pair *pair)
{
	connect(pair);
	KUNIT_EXPECT_EQ(pair->test, -EINVAL,
			post_sges(&pair->end[0], IB_WR_SEND, SGES + 1, 8));
}

static void read_sges(struct pair *pair)
{
	struct end *a = &pair->end[0];
	int most = a->dev->attrs.max_sge_rd;

	destroy_qp(a);
	KUNIT_ASSERT_EQ(pair->test, 0, create_qp(a, DEPTH, most + 1));
	connect(pair);
	KUNIT_EXPECT_EQ(pair->test, -EINVAL,
			post_sges(a, IB_WR_RDMA_READ, most + 1, 8));
}

static void inline_data(struct pair *pair)
{
	connect(pair);
	KUNIT_EXPECT_EQ(pair->test, -EINVAL,
			post(&pair->end[0], IB_WR_SEND, IB_SEND_INLINE, 8, 0,
			     0, 0));
}

static void opcode(struct pair *pair)
{
	connect(pair);
	KUNIT_EXPECT_EQ(pair->test, -EINVAL,
			post(&pair->end[0], IB_WR_ATOMIC_CMP_AND_SWP, 0, 8, 0,
			     0, 0));
}

static void length(struct pair *pair)
{
	connect(pair);
	KUNIT_EXPECT_EQ(pair->test, -EINVAL,
			post_sges(&pair->end[0], IB_WR_SEND, 2,
				  ADAPTER_MAX_MESSAGE));
}

static void zero_sge(struct pair *pair)
{
	connect(pair);
	own_profile(&pair->end[0])->zero_is_2g = true;
	KUNIT_EXPECT_EQ(pair->test, -EINVAL,
			post_sges(&pair->end[0], IB_WR_SEND, 1, 0));
}

static void recv_twice(struct pair *pair)
{
	struct end *a = &pair->end[0];
	int i;

	connect(pair);
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_EQ(pair->test, 0,
				post_recv(a, a->dma + 8 * i, 16,
					  a->pd->local_dma_lkey));
}

/* They succeed, but each of them may fail and then completes. */
/* Connect with a completion queue of so many entries.  Return: the one it replaces. */
static struct ib_cq *small_cq(struct pair *pair, int entries)
{
	struct end *a = &pair->end[0];
	struct ib_cq *large = a->cq;

	destroy_qp(a);
	create_cq(a, entries);
	KUNIT_ASSERT_FALSE(pair->test, IS_ERR(a->cq));
	KUNIT_ASSERT_EQ(pair->test, create_qp(a, DEPTH, SGES), 0);
	connect(pair);
	return large;
}

static void cq_overrun(struct pair *pair)
{
	struct end *a = &pair->end[0];
	struct ib_cq *large = small_cq(pair, 2);
	int i;

	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_EQ(pair->test, 0,
				post(a, IB_WR_RDMA_WRITE, 0, 0, 0, 0, 0));
	flush_delayed_work(&to_adapter(a->qp, qp)->work);
	destroy_qp(a);
	ib_destroy_cq(a->cq);
	a->cq = large;
}

static void cq_overrun_receives(struct pair *pair)
{
	struct end *a = &pair->end[0];
	struct ib_cq *large = small_cq(pair, 3);
	int i;

	post_nothing(pair, a);
	expect_wc(pair, a, IB_WC_SUCCESS);
	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_EQ(pair->test, 0,
				post_recv(a, a->dma + 8 * i, 8,
					  a->pd->local_dma_lkey));
	KUNIT_ASSERT_EQ(pair->test, 0,
			post(a, IB_WR_RDMA_WRITE, 0, 0, 0, 0, 0));
	destroy_qp(a);
	KUNIT_EXPECT_EQ(pair->test, 0,
			atomic_read(&to_adapter(a->cq, cq)->pending));
	ib_destroy_cq(a->cq);
	a->cq = large;
}

static void cq_left(struct pair *pair)
{
	struct end *a = &pair->end[0];

	connect(pair);
	KUNIT_ASSERT_EQ(pair->test, 0,
			post(a, IB_WR_RDMA_WRITE, IB_SEND_SIGNALED, 0, 0, 0,
			     0));
	flush_delayed_work(&to_adapter(a->qp, qp)->work);
	ib_destroy_qp(a->qp);
	a->qp = NULL;
}

static void qp_state(struct pair *pair)
{
	KUNIT_EXPECT_EQ(pair->test, -EINVAL,
			modify(&pair->end[0], &pair->end[1], IB_QPS_RTS, 1));
}

static void qp_limit(struct pair *pair)
{
	destroy_qp(&pair->end[0]);
	KUNIT_EXPECT_EQ(pair->test, -EINVAL,
			create_qp(&pair->end[0], 1 << 20, SGES));
}

static void qp_busy(struct pair *pair)
{
	struct end *a = &pair->end[0];

	connect(pair);
	KUNIT_ASSERT_EQ(pair->test, 0,
			post_recv(a, a->dma, 8, a->pd->local_dma_lkey));
	ib_destroy_qp(a->qp);
	a->qp = NULL;
}

/* The RDMA core would warn by itself, so these call the adapter. */
static void pd_busy(struct pair *pair)
{
	struct end *a = &pair->end[0];

	KUNIT_EXPECT_EQ(pair->test, -EBUSY,
			a->dev->ops.dealloc_pd(a->pd, NULL));
}

static void cq_busy(struct pair *pair)
{
	struct end *a = &pair->end[0];

	KUNIT_EXPECT_EQ(pair->test, -EBUSY,
			a->dev->ops.destroy_cq(a->cq, NULL));
}

static void srq_busy(struct pair *pair)
{
	struct ib_srq_init_attr attr = {
		.attr.max_wr = DEPTH, .attr.max_sge = SGES,
		.srq_type = IB_SRQT_BASIC,
	};
	struct end *a = &pair->end[0];
	struct ib_qp_init_attr init = {
		.send_cq = a->cq, .recv_cq = a->cq, .qp_type = IB_QPT_RC,
		.cap.max_send_wr = 1,
	};
	struct ib_qp *qp;

	init.srq = ib_create_srq(a->pd, &attr);
	KUNIT_ASSERT_FALSE(pair->test, IS_ERR(init.srq));
	qp = ib_create_qp(a->pd, &init);
	KUNIT_ASSERT_FALSE(pair->test, IS_ERR(qp));
	KUNIT_EXPECT_EQ(pair->test, -EBUSY,
			a->dev->ops.destroy_srq(init.srq, NULL));
	ib_destroy_qp(qp);
	ib_destroy_srq(init.srq);
}

static void read_depth(struct pair *pair)
{
	struct end *a = &pair->end[0];

	connect_reads(pair, 0);
	KUNIT_ASSERT_EQ(pair->test, 0,
			post(a, IB_WR_RDMA_READ, IB_SEND_SIGNALED, 8,
			     a->pd->local_dma_lkey, 0, 0));
	expect_wc(pair, a, IB_WC_LOC_QP_OP_ERR);
}

static void recv_length(struct pair *pair)
{
	struct end *a = &pair->end[0], *b = &pair->end[1];

	connect(pair);
	KUNIT_ASSERT_EQ(pair->test, 0,
			post_recv(b, b->dma, 8, b->pd->local_dma_lkey));
	KUNIT_ASSERT_EQ(pair->test, 0, post_send(a, 9));
	expect_wc(pair, a, IB_WC_REM_INV_REQ_ERR);
	expect_wc(pair, b, IB_WC_LOC_LEN_ERR);
}

static void remote_read_depth(struct pair *pair)
{
	struct end *a = &pair->end[0], *b = &pair->end[1];
	int i;

	connect_reads(pair, 2);
	reg(pair, b, RIGHTS);
	for (i = 0; i < 2; i++)
		post_read(pair, i * 8, 0);
	expect_wc(pair, a, IB_WC_SUCCESS);
	expect_wc(pair, a, IB_WC_REM_INV_REQ_ERR);
}

/* What follows a Read without a fence uses the first 8 bytes that it writes to. */
static void fence(struct pair *pair)
{
	connect(pair);
	reg(pair, &pair->end[1], RIGHTS);
	post_read(pair, 0, 0);
	post_write(pair, 0, 64, 0);
}

/* It writes to what is read. */
static void fence_remote(struct pair *pair)
{
	connect(pair);
	reg(pair, &pair->end[1], RIGHTS);
	post_read(pair, 0, 0);
	post_write(pair, 64, 0, 0);
}

/* It invalidates the key by which the Read writes, or by which it reads. */
static void fence_key(struct pair *pair)
{
	struct end *a = &pair->end[0];

	connect(pair);
	reg(pair, a, RIGHTS);
	reg(pair, &pair->end[1], RIGHTS);
	KUNIT_ASSERT_EQ(pair->test, 0,
			post(a, IB_WR_RDMA_READ, IB_SEND_SIGNALED, 8,
			     a->mr->lkey, pair->end[1].mr->iova,
			     pair->end[1].mr->rkey));
	KUNIT_ASSERT_EQ(pair->test, 0, post(a, IB_WR_LOCAL_INV, 0, 0, 0, 0,
					    a->mr->lkey));
}

static void fence_remote_key(struct pair *pair)
{
	struct end *a = &pair->end[0];

	connect(pair);
	reg(pair, &pair->end[1], RIGHTS);
	post_read(pair, 0, 0);
	KUNIT_ASSERT_EQ(pair->test, 0,
			post(a, IB_WR_SEND_WITH_INV, 0, 0,
			     a->pd->local_dma_lkey, 0, pair->end[1].mr->rkey));
}

static const struct rule_test queue_rules[] = {
	{ RULE_SEND_STATE, false, send_state },
	{ RULE_RECV_STATE, false, recv_state },
	{ RULE_SEND_OVERFLOW, false, send_overflow },
	{ RULE_UNSIGNALED, false, unsignaled },
	{ RULE_RECV_OVERFLOW, false, recv_overflow },
	{ RULE_SGE_COUNT, false, sge_count },
	{ RULE_READ_SGES, false, read_sges },
	{ RULE_INLINE, false, inline_data },
	{ RULE_OPCODE, false, opcode },
	{ RULE_LENGTH, false, length },
	{ RULE_ZERO_SGE, false, zero_sge },
	{ RULE_RECV_TWICE, false, recv_twice },
	{ RULE_FENCE, false, fence },
	{ RULE_FENCE, false, fence_remote },
	{ RULE_FENCE, false, fence_key },
	{ RULE_FENCE, false, fence_remote_key },
	{ RULE_CQ_OVERRUN, false, cq_overrun },
	{ RULE_CQ_OVERRUN, false, cq_overrun_receives },
	{ RULE_CQ_LEFT, false, cq_left },
	{ RULE_QP_STATE, false, qp_state },
	{ RULE_QP_LIMIT, false, qp_limit },
	{ RULE_QP_BUSY, false, qp_busy },
	{ RULE_PD_BUSY, false, pd_busy },
	{ RULE_CQ_BUSY, false, cq_busy },
	{ RULE_SRQ_BUSY, false, srq_busy },
	{ RULE_READ_DEPTH, false, read_depth },
	{ RULE_READ_DEPTH, true, remote_read_depth },
	{ RULE_RECV_LENGTH, true, recv_length },
};

static const void *next_queue(const void *last, char *name)
{
	return next_row(queue_rules, ARRAY_SIZE(queue_rules), last, name);
}

bool queue_tests_rule(enum adapter_rule rule)
{
	return has_row(queue_rules, ARRAY_SIZE(queue_rules), rule);
}

static struct kunit_case queue_cases[] = {
	KUNIT_CASE_PARAM(rules, next_queue),
	{ }
};

static struct kunit_suite queue_suite = {
	.name = "adapter_queues",
	.init = pair_up,
	.exit = pair_down,
	.test_cases = queue_cases,
};

kunit_test_suite(queue_suite);
