// SPDX-License-Identifier: GPL-2.0-only
/* KUnit tests of what the adapter carries, between adapter0 and adapter1. */
#include <linux/delay.h>
#include <linux/scatterlist.h>
#include <linux/sched/mm.h>
#include "test.h"

static void messages(struct kunit *test)
{
	struct pair *pair = test->priv;
	struct end *a = &pair->end[0], *b = &pair->end[1];
	struct ib_wc wc;
	int i;

	connect(pair);
	for (i = 0; i < SIZE; i++)
		a->buf[i] = i % 251;
	for (i = 0; i < 2 * DEPTH; i++) {
		memset(b->buf, 0, SIZE);
		KUNIT_ASSERT_EQ(test, 0, post_send(a, SIZE - i));
		/* The first attempt gets an RNR NAK now and then. */
		KUNIT_ASSERT_EQ(test, 0, post_recv(b, b->dma, SIZE,
						   b->pd->local_dma_lkey));
		KUNIT_ASSERT_TRUE(test, wait_wc(b, &wc));
		KUNIT_EXPECT_EQ(test, (int)wc.status, (int)IB_WC_SUCCESS);
		KUNIT_EXPECT_EQ(test, (int)wc.opcode, (int)IB_WC_RECV);
		KUNIT_EXPECT_EQ(test, wc.byte_len, (u32)SIZE - i);
		expect_wc(pair, a, IB_WC_SUCCESS);
		KUNIT_EXPECT_EQ(test, 0, memcmp(a->buf, b->buf, SIZE - i));
	}
}

static void memory(struct kunit *test)
{
	struct pair *pair = test->priv;
	struct end *a = &pair->end[0], *b = &pair->end[1];
	u32 key = a->pd->local_dma_lkey;
	struct ib_wc wc;

	connect(pair);
	reg(pair, b, RIGHTS);
	memset(a->buf, 1, SIZE);
	KUNIT_ASSERT_EQ(test, 0, post(a, IB_WR_RDMA_WRITE, IB_SEND_SIGNALED,
				      512, key, b->mr->iova + 512,
				      b->mr->rkey));
	expect_wc(pair, a, IB_WC_SUCCESS);
	KUNIT_EXPECT_EQ(test, 0, memcmp(a->buf, b->buf + 512, 512));
	KUNIT_EXPECT_EQ(test, b->buf[511] + b->buf[1024], 0);
	memset(b->buf, 2, SIZE);
	KUNIT_ASSERT_EQ(test, 0, post(a, IB_WR_RDMA_READ, IB_SEND_SIGNALED,
				      512, key, b->mr->iova, b->mr->rkey));
	expect_wc(pair, a, IB_WC_SUCCESS);
	KUNIT_EXPECT_EQ(test, a->buf[0], 2);
	KUNIT_EXPECT_EQ(test, a->buf[511], 2);
	KUNIT_EXPECT_EQ(test, a->buf[512], 1);
	KUNIT_ASSERT_EQ(test, 0, post_recv(b, b->dma, SIZE,
					   b->pd->local_dma_lkey));
	KUNIT_ASSERT_EQ(test, 0, post(a, IB_WR_SEND_WITH_INV,
				      IB_SEND_SIGNALED, 8, key, 0,
				      b->mr->rkey));
	expect_wc(pair, a, IB_WC_SUCCESS);
	KUNIT_ASSERT_TRUE(test, wait_wc(b, &wc));
	KUNIT_EXPECT_EQ(test, (int)wc.status, (int)IB_WC_SUCCESS);
	KUNIT_EXPECT_TRUE(test, wc.wc_flags & IB_WC_WITH_INVALIDATE);
	KUNIT_EXPECT_EQ(test, wc.ex.invalidate_rkey, b->mr->rkey);
	/* Invalidated, it can be registered again. */
	reg(pair, b, RIGHTS);
	KUNIT_ASSERT_EQ(test, 0, post(b, IB_WR_LOCAL_INV, IB_SEND_SIGNALED, 0,
				      0, 0, b->mr->rkey));
	expect_wc(pair, b, IB_WC_SUCCESS);
}

/* Whether it is poison, as what a completion does not define. */
#define EXPECT_POISON(test, field)					\
	KUNIT_EXPECT_NULL_MSG(test,					\
		memchr_inv(&(field), ADAPTER_POISON, sizeof(field)), #field)

/* A completion tells what the verbs define for it, and nothing else. */
static void undefined(struct kunit *test)
{
	struct pair *pair = test->priv;
	struct end *a = &pair->end[0], *b = &pair->end[1];
	struct ib_wc wc;

	connect(pair);
	KUNIT_ASSERT_EQ(test, 0, post_recv(b, b->dma, SIZE,
					   b->pd->local_dma_lkey));
	KUNIT_ASSERT_EQ(test, 0, post_send(a, 8));
	KUNIT_ASSERT_TRUE(test, wait_wc(a, &wc));
	KUNIT_EXPECT_EQ(test, (int)wc.opcode, (int)IB_WC_SEND);
	EXPECT_POISON(test, wc.byte_len);
	EXPECT_POISON(test, wc.ex);
	KUNIT_ASSERT_TRUE(test, wait_wc(b, &wc));
	KUNIT_EXPECT_EQ(test, wc.byte_len, 8);
	KUNIT_EXPECT_EQ(test, wc.wc_flags, 0);
	EXPECT_POISON(test, wc.ex);
	EXPECT_POISON(test, wc.src_qp);
	KUNIT_ASSERT_EQ(test, 0, modify(a, b, IB_QPS_ERR, 0));
	KUNIT_ASSERT_EQ(test, 0, post_send(a, 8));
	KUNIT_ASSERT_TRUE(test, wait_wc(a, &wc));
	KUNIT_EXPECT_EQ(test, (int)wc.status, (int)IB_WC_WR_FLUSH_ERR);
	KUNIT_EXPECT_PTR_EQ(test, wc.qp, a->qp);
	EXPECT_POISON(test, wc.opcode);
	EXPECT_POISON(test, wc.byte_len);
	EXPECT_POISON(test, wc.wc_flags);
}

static void flushed(struct kunit *test)
{
	struct pair *pair = test->priv;
	struct end *a = &pair->end[0], *b = &pair->end[1];
	int i;

	connect(pair);
	for (i = 0; i < 3; i++) {
		KUNIT_ASSERT_EQ(test, 0, post_send(a, 8));
		KUNIT_ASSERT_EQ(test, 0, post_recv(a, a->dma + 64 * i, 64,
						   a->pd->local_dma_lkey));
	}
	KUNIT_ASSERT_EQ(test, 0, modify(a, b, IB_QPS_ERR, 0));
	for (i = 0; i < 6; i++)
		expect_wc(pair, a, IB_WC_WR_FLUSH_ERR);
	KUNIT_ASSERT_EQ(test, 0, post_send(a, 8));
	expect_wc(pair, a, IB_WC_WR_FLUSH_ERR);
}

/* The peer is gone: no answer comes, and the retries end. */
static void lost(struct kunit *test)
{
	struct pair *pair = test->priv;
	struct end *a = &pair->end[0];

	connect(pair);
	destroy_qp(&pair->end[1]);
	KUNIT_ASSERT_EQ(test, 0, post_send(a, 8));
	expect_wc(pair, a, IB_WC_RETRY_EXC_ERR);
}

/* As hns: nothing is flushed before the error has been polled. */
static void polled(struct kunit *test)
{
	struct pair *pair = test->priv;
	struct end *a = &pair->end[0];
	struct adapter_cq *cq = to_adapter(a->cq, cq);

	own_profile(a)->polled_flush = true;
	connect(pair);
	KUNIT_ASSERT_EQ(test, 0, post_recv(a, a->dma, 64, a->pd->local_dma_lkey));
	destroy_qp(&pair->end[1]);
	KUNIT_ASSERT_EQ(test, 0, post_send(a, 8));
	while (to_adapter(a->qp, qp)->state != IB_QPS_ERR)
		usleep_range(500, 1000);
	flush_delayed_work(&to_adapter(a->qp, qp)->work);
	KUNIT_EXPECT_EQ(test, cq->head - cq->tail, 1);
	expect_wc(pair, a, IB_WC_RETRY_EXC_ERR);
	expect_wc(pair, a, IB_WC_WR_FLUSH_ERR);
}

/*
 * A completion waits when the queue is armed, and another one follows: what each
 * kind of adapter answers, and how many events there have been before and after.
 */
static void arming(struct kunit *test)
{
	static const struct {
		enum adapter_arm arm;
		int answer, before, after;
	} kinds[] = {
		{ ADAPTER_ARM_MISSED, 1, 0, 1 },
		{ ADAPTER_ARM_SILENT, 0, 1, 1 },
		{ ADAPTER_ARM_REFUSED, 1, 0, 0 },
	};
	struct pair *pair = test->priv;
	struct end *a = &pair->end[0];
	struct adapter_profile *profile = own_profile(a);
	int i;

	connect(pair);
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		profile->arm = kinds[i].arm;
		atomic_set(&a->events, 0);
		post_nothing(pair, a);
		KUNIT_EXPECT_EQ(test, settled(a), 0);
		KUNIT_EXPECT_EQ(test, kinds[i].answer,
				ib_req_notify_cq(a->cq, IB_CQ_NEXT_COMP |
						 IB_CQ_REPORT_MISSED_EVENTS));
		KUNIT_EXPECT_EQ(test, settled(a), kinds[i].before);
		post_nothing(pair, a);
		KUNIT_EXPECT_EQ(test, settled(a), kinds[i].after);
		expect_wc(pair, a, IB_WC_SUCCESS);
		expect_wc(pair, a, IB_WC_SUCCESS);
	}
}

/* What a Read uses may be used behind a fence, or when its completion is polled. */
static void reads(struct kunit *test)
{
	struct pair *pair = test->priv;
	struct end *a = &pair->end[0];
	int i;

	/* More than the peer answers at a time, if they were in flight together */
	connect_reads(pair, 2);
	reg(pair, &pair->end[1], RIGHTS);
	post_read(pair, 0, 0);
	post_write(pair, 8, 64, 0);
	post_write(pair, 0, 0, IB_SEND_FENCE);
	post_read(pair, 0, 0);
	post_read(pair, 0, IB_SEND_FENCE);
	for (i = 0; i < 5; i++)
		expect_wc(pair, a, IB_WC_SUCCESS);
	post_write(pair, 0, 0, 0);
	expect_wc(pair, a, IB_WC_SUCCESS);
}

/* Pieces of the buffer, in any order, and what is before and after each of them. */
static const struct {
	u32 at, length;
} pieces[] = { { 1000, 3 }, { 100, 50 }, { 2048, 512 } };

#define PIECES		ARRAY_SIZE(pieces)
#define PIECES_LENGTH	(3 + 50 + 512)

/* The second end's region is for gaps, with room for all pieces. */
static void gaps_up(struct pair *pair, struct scatterlist *sg)
{
	struct end *b = &pair->end[1];
	struct ib_mr *mr;
	int i;

	own_profile(b)->sg_gaps = true;
	mr = ib_alloc_mr(b->pd, IB_MR_TYPE_SG_GAPS, PIECES);
	KUNIT_ASSERT_FALSE(pair->test, IS_ERR(mr));
	ib_dereg_mr(b->mr);
	b->mr = mr;
	sg_init_table(sg, PIECES + 1);
	for (i = 0; i <= PIECES; i++) {
		sg_dma_address(&sg[i]) = b->dma + pieces[i % PIECES].at;
		sg_dma_len(&sg[i]) = pieces[i % PIECES].length;
	}
}

/* One region has pieces with gaps between them, which nothing is written to. */
static void gaps(struct kunit *test)
{
	struct scatterlist sg[PIECES + 1];
	struct pair *pair = test->priv;
	struct end *a = &pair->end[0], *b = &pair->end[1];
	u32 key = a->pd->local_dma_lkey, done = 0;
	int i;

	gaps_up(pair, sg);
	connect(pair);
	KUNIT_ASSERT_EQ(test, (int)PIECES, ib_map_mr_sg(b->mr, sg, PIECES, NULL, SIZE));
	KUNIT_EXPECT_EQ(test, b->mr->length, (u64)PIECES_LENGTH);
	KUNIT_ASSERT_EQ(test, 0, post_reg(b, RIGHTS, b->mr->rkey));
	expect_wc(pair, b, IB_WC_SUCCESS);
	for (i = 0; i < SIZE; i++)
		a->buf[i] = 1 + i % 251;
	KUNIT_ASSERT_EQ(test, 0, post(a, IB_WR_RDMA_WRITE, IB_SEND_SIGNALED,
				      PIECES_LENGTH, key, b->mr->iova,
				      b->mr->rkey));
	expect_wc(pair, a, IB_WC_SUCCESS);
	for (i = 0; i < PIECES; i++) {
		u8 *at = b->buf + pieces[i].at;

		KUNIT_EXPECT_EQ(test, 0, memcmp(at, a->buf + done, pieces[i].length));
		KUNIT_EXPECT_EQ(test, at[-1] + at[pieces[i].length], 0);
		done += pieces[i].length;
	}
	/* From the end of the first piece to the beginning of the last one */
	memset(a->buf, 0, SIZE);
	KUNIT_ASSERT_EQ(test, 0, post(a, IB_WR_RDMA_READ, IB_SEND_SIGNALED, 60,
				      key, b->mr->iova + 2, b->mr->rkey));
	expect_wc(pair, a, IB_WC_SUCCESS);
	for (i = 0; i < 60; i++)
		KUNIT_EXPECT_EQ(test, (int)a->buf[i], 1 + (2 + i) % 251);
	KUNIT_EXPECT_EQ(test, a->buf[60], 0);
}

/* The first entry may begin later; more entries than there is room for are left out. */
static void gaps_limits(struct kunit *test)
{
	struct scatterlist sg[PIECES + 1];
	struct pair *pair = test->priv;
	struct end *a = &pair->end[0], *b = &pair->end[1];
	u8 *at = b->buf + pieces[0].at;
	unsigned int offset = 1;

	gaps_up(pair, sg);
	connect(pair);
	KUNIT_EXPECT_EQ(test, (int)PIECES, ib_map_mr_sg(b->mr, sg, PIECES + 1, &offset, SIZE));
	KUNIT_EXPECT_EQ(test, b->mr->length, (u64)PIECES_LENGTH - 1);
	KUNIT_EXPECT_EQ(test, b->mr->iova, b->dma + pieces[0].at + 1);
	KUNIT_EXPECT_EQ(test, offset, 0);
	KUNIT_ASSERT_EQ(test, 0, post_reg(b, RIGHTS, b->mr->rkey));
	expect_wc(pair, b, IB_WC_SUCCESS);
	memset(a->buf, 1, SIZE);
	KUNIT_ASSERT_EQ(test, 0, post(a, IB_WR_RDMA_WRITE, IB_SEND_SIGNALED, 1,
				      a->pd->local_dma_lkey, b->mr->iova,
				      b->mr->rkey));
	expect_wc(pair, a, IB_WC_SUCCESS);
	KUNIT_EXPECT_EQ(test, at[0], 0);
	KUNIT_EXPECT_EQ(test, at[1], 1);
	KUNIT_EXPECT_EQ(test, at[2], 0);
}

/* Who asks is told which devices have such regions; others have none. */
static void gaps_told(struct kunit *test)
{
	struct pair *pair = test->priv;
	struct end *a = &pair->end[0];
	struct adapter_profile *profile = own_profile(a);
	struct ib_device_attr attr;
	struct ib_udata udata = { };
	int i;

	for (i = 0; i < 2; i++) {
		struct ib_mr *mr;

		profile->sg_gaps = i;
		memset(&attr, 0, sizeof(attr));
		KUNIT_ASSERT_EQ(test, 0, a->dev->ops.query_device(a->dev, &attr, &udata));
		KUNIT_EXPECT_EQ(test, !!(attr.kernel_cap_flags & IBK_SG_GAPS_REG), i);
		mr = ib_alloc_mr(a->pd, IB_MR_TYPE_SG_GAPS, 4);
		KUNIT_EXPECT_EQ(test, !IS_ERR(mr), i);
		if (!IS_ERR(mr))
			ib_dereg_mr(mr);
	}
}

/*
 * How often this task has given up the CPU in some calls of ib_map_mr_sg().  In one of
 * them the time may be over before it does.
 */
static unsigned long map_waits(struct kunit *test, struct end *a)
{
	unsigned long before = current->nvcsw;
	int i;

	for (i = 0; i < 10; i++)
		KUNIT_ASSERT_EQ(test, map(a), 1);
	return current->nvcsw - before;
}

/* As hns: registering waits for memory, unless the consumer says that it must not. */
static void map_sleeps(struct kunit *test)
{
	struct pair *pair = test->priv;
	struct end *a = &pair->end[0];
	struct adapter_profile *profile = own_profile(a);
	unsigned int flags;

	profile->map_sleeps = false;
	KUNIT_EXPECT_EQ(test, map_waits(test, a), 0);
	profile->map_sleeps = true;
	KUNIT_EXPECT_GT(test, map_waits(test, a), 0);
	flags = memalloc_noreclaim_save();
	KUNIT_EXPECT_EQ(test, map_waits(test, a), 0);
	memalloc_noreclaim_restore(flags);
}

/* As bnxt_re may: the consumer is told of an error state that it has asked for. */
static void fatal_on_error(struct kunit *test)
{
	struct pair *pair = test->priv;
	struct end *a = &pair->end[0], *b = &pair->end[1];

	own_profile(a)->fatal_on_error = true;
	connect(pair);
	KUNIT_ASSERT_EQ(test, 0, modify(a, b, IB_QPS_ERR, 0));
	KUNIT_ASSERT_EQ(test, 0, modify(b, a, IB_QPS_ERR, 0));
	KUNIT_EXPECT_TRUE(test, told(a, IB_EVENT_QP_FATAL));
	KUNIT_EXPECT_FALSE(test, test_bit(IB_EVENT_QP_FATAL, &b->async));
}

/* adapter4 has the profile few: it says that it has no vector, and yet has completions. */
static void no_vectors(struct kunit *test)
{
	struct pair *pair = test->priv;
	struct ib_device *dev = ib_device_get_by_name("adapter4", ADAPTER_DRIVER_ID);
	struct ib_cq_init_attr attr = { .cqe = DEPTH };
	struct ib_cq *cq;

	KUNIT_ASSERT_NOT_NULL(test, dev);
	KUNIT_EXPECT_EQ(test, dev->num_comp_vectors, 0);
	KUNIT_EXPECT_GT(test, pair->end[0].dev->num_comp_vectors, 0);
	cq = ib_create_cq(dev, NULL, NULL, NULL, &attr);
	KUNIT_EXPECT_FALSE(test, IS_ERR(cq));
	if (!IS_ERR(cq))
		ib_destroy_cq(cq);
	ib_device_put(dev);
}

/* adapter5 has the profile hns, and is known by the number of that driver. */
static void driver_id(struct kunit *test)
{
	struct ib_device *dev = ib_device_get_by_name("adapter5", RDMA_DRIVER_HNS);

	KUNIT_ASSERT_NOT_NULL(test, dev);
	KUNIT_EXPECT_EQ(test, (u32)dev->ops.driver_id, (u32)RDMA_DRIVER_HNS);
	ib_device_put(dev);
	dev = ib_device_get_by_name("adapter5", ADAPTER_DRIVER_ID);
	KUNIT_EXPECT_NULL(test, dev);
	if (dev)
		ib_device_put(dev);
}

static struct kunit_case carry_cases[] = {
	KUNIT_CASE(messages),
	KUNIT_CASE(memory),
	KUNIT_CASE(undefined),
	KUNIT_CASE(flushed),
	KUNIT_CASE(polled),
	KUNIT_CASE(lost),
	KUNIT_CASE(arming),
	KUNIT_CASE(reads),
	KUNIT_CASE(gaps),
	KUNIT_CASE(gaps_limits),
	KUNIT_CASE(gaps_told),
	KUNIT_CASE(map_sleeps),
	KUNIT_CASE(fatal_on_error),
	KUNIT_CASE(no_vectors),
	KUNIT_CASE(driver_id),
	{ }
};

/* What is allowed breaks no rule. */
static void carry_down(struct kunit *test)
{
	expect_broken(test->priv, NR_RULES, false);
	pair_down(test);
}

static struct kunit_suite carry_suite = {
	.name = "adapter_carries",
	.init = pair_up,
	.exit = carry_down,
	.test_cases = carry_cases,
};

kunit_test_suite(carry_suite);
