// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the adapter, between the devices adapter0 and adapter1, and for
 * iWARP adapter2 and adapter3: what it carries, and each rule, which one function
 * breaks.
 */
#include <linux/delay.h>
#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <rdma/ib_cache.h>
#include "test.h"

/* What the adapter carries */

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

static void post_nothing(struct pair *pair, struct end *end)
{
	KUNIT_ASSERT_EQ(pair->test, 0, post(end, IB_WR_RDMA_WRITE,
					    IB_SEND_SIGNALED, 0, 0, 0, 0));
}

/* Returns when all has completed, and the events for it have come. */
static int settled(struct end *end)
{
	struct adapter_cq *cq = to_adapter(end->cq, cq);

	flush_delayed_work(&to_adapter(end->qp, qp)->work);
	while (hrtimer_active(&cq->timer))
		usleep_range(50, 100);
	flush_work(&cq->work);
	return atomic_read(&end->events);
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

/* Reads 8 bytes of the peer's region to the buffer, both at this offset. */
static void post_read(struct pair *pair, u32 at, int flags)
{
	struct end *a = &pair->end[0], *b = &pair->end[1];
	struct ib_sge sge = { a->dma + at, 8, a->pd->local_dma_lkey };
	struct ib_rdma_wr wr = {
		.wr.opcode = IB_WR_RDMA_READ,
		.wr.send_flags = IB_SEND_SIGNALED | flags,
		.wr.sg_list = &sge, .wr.num_sge = 1,
		.remote_addr = b->mr->iova + at, .rkey = b->mr->rkey,
	};

	KUNIT_ASSERT_EQ(pair->test, 0, ib_post_send(a->qp, &wr.wr, NULL));
}

/* Writes 8 bytes at an offset of the buffer to one of the peer's region. */
static void post_write(struct pair *pair, u32 from, u32 to, int flags)
{
	struct end *a = &pair->end[0], *b = &pair->end[1];
	struct ib_sge sge = { a->dma + from, 8, a->pd->local_dma_lkey };
	struct ib_rdma_wr wr = {
		.wr.opcode = IB_WR_RDMA_WRITE,
		.wr.send_flags = IB_SEND_SIGNALED | flags,
		.wr.sg_list = &sge, .wr.num_sge = 1,
		.remote_addr = b->mr->iova + to, .rkey = b->mr->rkey,
	};

	KUNIT_ASSERT_EQ(pair->test, 0, ib_post_send(a->qp, &wr.wr, NULL));
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

/* The rules: each function breaks the one that it is named after. */

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

static int post_sges(struct end *end, enum ib_wr_opcode opcode, int n,
		     u32 length)
{
	struct ib_sge sge[ADAPTER_MAX_SGE] = { };
	struct ib_rdma_wr wr = {
		.wr.opcode = opcode, .wr.sg_list = sge, .wr.num_sge = n,
	};
	int i;

	for (i = 0; i < n; i++)
		sge[i].length = length;
	return ib_post_send(end->qp, &wr.wr, NULL);
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

/* They succeed, but each of them may fail and then completes. */
static void cq_overrun(struct pair *pair)
{
	struct end *a = &pair->end[0];
	struct ib_cq *large = a->cq;
	int i;

	destroy_qp(a);
	create_cq(a, 2);
	KUNIT_ASSERT_FALSE(pair->test, IS_ERR(a->cq));
	KUNIT_ASSERT_EQ(pair->test, create_qp(a, DEPTH, SGES), 0);
	connect(pair);
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
	struct ib_cq *large = a->cq;
	int i;

	destroy_qp(a);
	create_cq(a, 3);
	KUNIT_ASSERT_FALSE(pair->test, IS_ERR(a->cq));
	KUNIT_ASSERT_EQ(pair->test, create_qp(a, DEPTH, SGES), 0);
	connect(pair);
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

static const struct rule_test rule_tests[] = {
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
	{ RULE_CQ_OVERRUN, false, cq_overrun },
	{ RULE_CQ_OVERRUN, false, cq_overrun_receives },
	{ RULE_CQ_LEFT, false, cq_left },
	{ RULE_QP_STATE, false, qp_state },
	{ RULE_QP_LIMIT, false, qp_limit },
	{ RULE_QP_BUSY, false, qp_busy },
	{ RULE_MR_BUSY, false, mr_busy },
	{ RULE_PD_BUSY, false, pd_busy },
	{ RULE_CQ_BUSY, false, cq_busy },
	{ RULE_SRQ_BUSY, false, srq_busy },
	{ RULE_READ_DEPTH, false, read_depth },
	{ RULE_READ_DEPTH, true, remote_read_depth },
	{ RULE_RECV_LENGTH, true, recv_length },
};

static const void *next_rule(const void *last, char *name)
{
	const struct rule_test *row = last ? last + sizeof(*row) : rule_tests;

	if (row == rule_tests + ARRAY_SIZE(rule_tests))
		return NULL;
	return name_rule(row, name);
}

/* Faults on demand */

static void verb_fails(struct kunit *test)
{
	struct pair *pair = test->priv;
	struct end *a = &pair->end[0];

	destroy_qp(a);
	adapter_fault_set(FAULT_CREATE_QP, 2, -EIO);
	KUNIT_EXPECT_EQ(test, create_qp(a, DEPTH, SGES), 0);
	destroy_qp(a);
	KUNIT_EXPECT_NE(test, create_qp(a, DEPTH, SGES), 0);
	KUNIT_EXPECT_EQ(test, create_qp(a, DEPTH, SGES), 0);
	KUNIT_EXPECT_EQ(test, injected(FAULT_CREATE_QP), 1);
	connect(pair);
	adapter_fault_set(FAULT_POST_SEND, FAULT_EACH, -EAGAIN);
	KUNIT_EXPECT_EQ(test, post_send(a, 8), -EAGAIN);
	KUNIT_EXPECT_EQ(test, post_send(a, 8), -EAGAIN);
	KUNIT_EXPECT_EQ(test, injected(FAULT_POST_SEND), 2);
}

/*
 * The second Send completes with an error, and either has not reached the peer
 * or has.
 */
static void send_fails(struct kunit *test, enum adapter_fault fault, int received)
{
	struct pair *pair = test->priv;
	struct end *a = &pair->end[0], *b = &pair->end[1];
	struct ib_wc wc[3];
	int i;

	connect(pair);
	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_EQ(test, 0, post_recv(b, b->dma + 8 * i, 8,
						   b->pd->local_dma_lkey));
	adapter_fault_set(fault, 2, IB_WC_RETRY_EXC_ERR);
	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_EQ(test, 0, post_send(a, 8));
	expect_wc(pair, a, IB_WC_SUCCESS);
	expect_wc(pair, a, IB_WC_RETRY_EXC_ERR);
	expect_wc(pair, a, IB_WC_WR_FLUSH_ERR);
	KUNIT_EXPECT_EQ(test, ib_poll_cq(b->cq, 3, wc), received);
}

static void status(struct kunit *test)
{
	send_fails(test, FAULT_SEND, 1);
}

static void status_done(struct kunit *test)
{
	send_fails(test, FAULT_SEND_DONE, 2);
}

static void status_recv(struct kunit *test)
{
	struct pair *pair = test->priv;
	struct end *a = &pair->end[0], *b = &pair->end[1];

	connect(pair);
	KUNIT_ASSERT_EQ(test, 0, post_recv(b, b->dma, 8,
					   b->pd->local_dma_lkey));
	adapter_fault_set(FAULT_RECV, 1, IB_WC_FATAL_ERR);
	KUNIT_ASSERT_EQ(test, 0, post_send(a, 8));
	expect_wc(pair, a, IB_WC_REM_OP_ERR);
	expect_wc(pair, b, IB_WC_FATAL_ERR);
}

static void late(struct kunit *test)
{
	struct pair *pair = test->priv;
	struct end *a = &pair->end[0];
	ktime_t start = ktime_get();

	connect(pair);
	adapter_fault_set(FAULT_LATE, 1, 50);
	post_nothing(pair, a);
	expect_wc(pair, a, IB_WC_SUCCESS);
	KUNIT_EXPECT_GE(test, ktime_ms_delta(ktime_get(), start), 50);
}

static void more_events(struct kunit *test)
{
	struct pair *pair = test->priv;
	struct end *a = &pair->end[0];

	connect(pair);
	adapter_fault_set(FAULT_EVENT_TWICE, 1, 1);
	ib_req_notify_cq(a->cq, IB_CQ_NEXT_COMP);
	post_nothing(pair, a);
	KUNIT_EXPECT_EQ(test, settled(a), 2);
	adapter_fault_set(FAULT_EVENT_SPURIOUS, 1, 1);
	post_nothing(pair, a);
	KUNIT_EXPECT_EQ(test, settled(a), 3);
	post_nothing(pair, a);
	KUNIT_EXPECT_EQ(test, settled(a), 3);
}

static void note_device_event(struct ib_event_handler *handler,
			      struct ib_event *event)
{
	note_event(event, container_of(handler, struct end, handler));
}

static bool told(struct end *end, enum ib_event_type type)
{
	int i;

	for (i = 0; i < 1000; i++) {
		if (test_bit(type, &end->async))
			return true;
		usleep_range(500, 1000);
	}
	return false;
}

/* A request raises an event, and is flushed if its queue pair fails with that. */
static void raise(struct pair *pair, enum adapter_fault fault,
		  enum ib_event_type type, int status)
{
	struct end *a = &pair->end[0];

	destroy_qp(a);
	destroy_qp(&pair->end[1]);
	KUNIT_ASSERT_EQ(pair->test, create_qp(a, DEPTH, SGES), 0);
	KUNIT_ASSERT_EQ(pair->test, create_qp(&pair->end[1], DEPTH, SGES), 0);
	connect(pair);
	adapter_fault_set(fault, 1, 1);
	post_nothing(pair, a);
	KUNIT_EXPECT_TRUE_MSG(pair->test, told(a, type), "event %d", type);
	if (status >= 0)
		expect_wc(pair, a, status);
}

static void async(struct kunit *test)
{
	struct pair *pair = test->priv;
	struct end *a = &pair->end[0];
	struct ib_wc wc;

	INIT_IB_EVENT_HANDLER(&a->handler, a->dev, note_device_event);
	ib_register_event_handler(&a->handler);
	raise(pair, FAULT_QP_FATAL, IB_EVENT_QP_FATAL, IB_WC_WR_FLUSH_ERR);
	raise(pair, FAULT_PORT_ERR, IB_EVENT_PORT_ERR, IB_WC_SUCCESS);
	KUNIT_EXPECT_TRUE(test, told(a, IB_EVENT_PORT_ACTIVE));
	raise(pair, FAULT_DEVICE_FATAL, IB_EVENT_DEVICE_FATAL,
	      IB_WC_WR_FLUSH_ERR);
	raise(pair, FAULT_CQ_ERR, IB_EVENT_CQ_ERR, -1);
	settled(a);
	KUNIT_EXPECT_EQ(test, ib_poll_cq(a->cq, 1, &wc), 0);
	ib_unregister_event_handler(&a->handler);
}

static void async_srq(struct kunit *test)
{
	struct ib_srq_init_attr attr = {
		.attr.max_wr = DEPTH, .attr.max_sge = SGES,
		.srq_type = IB_SRQT_BASIC, .event_handler = note_event,
	};
	struct pair *pair = test->priv;
	struct end *a = &pair->end[0];
	struct ib_qp_init_attr init = {
		.send_cq = a->cq, .recv_cq = a->cq, .qp_type = IB_QPT_RC,
		.cap.max_send_wr = DEPTH, .cap.max_send_sge = SGES,
	};

	attr.srq_context = a;
	init.srq = ib_create_srq(a->pd, &attr);
	KUNIT_ASSERT_FALSE(test, IS_ERR(init.srq));
	destroy_qp(a);
	a->qp = ib_create_qp(a->pd, &init);
	KUNIT_ASSERT_FALSE(test, IS_ERR(a->qp));
	connect(pair);
	adapter_fault_set(FAULT_SRQ_ERR, 1, 1);
	post_nothing(pair, a);
	KUNIT_EXPECT_TRUE(test, told(a, IB_EVENT_SRQ_ERR));
	expect_wc(pair, a, IB_WC_WR_FLUSH_ERR);
	destroy_qp(a);
	ib_destroy_srq(init.srq);
}

static struct kunit_case fault_cases[] = {
	KUNIT_CASE(verb_fails),
	KUNIT_CASE(status),
	KUNIT_CASE(status_done),
	KUNIT_CASE(status_recv),
	KUNIT_CASE(late),
	KUNIT_CASE(more_events),
	KUNIT_CASE(async),
	KUNIT_CASE(async_srq),
	{ }
};

static struct kunit_suite fault_suite = {
	.name = "adapter_faults",
	.init = pair_up,
	.exit = pair_down,
	.test_cases = fault_cases,
};

static struct kunit_case carry_cases[] = {
	KUNIT_CASE(messages),
	KUNIT_CASE(memory),
	KUNIT_CASE(undefined),
	KUNIT_CASE(flushed),
	KUNIT_CASE(polled),
	KUNIT_CASE(lost),
	KUNIT_CASE(arming),
	KUNIT_CASE(reads),
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

/* iWARP */

static int (*iwcm_event)(struct iw_cm_id *id, struct iw_cm_event *event);

static void note(struct end *end, const struct iw_cm_event *event)
{
	if (end->nr_told == ARRAY_SIZE(end->told))
		return;
	end->told[end->nr_told] = *event;
	if (event->private_data_len &&
	    event->private_data_len <= sizeof(end->private))
		memcpy(end->private, event->private_data,
		       event->private_data_len);
	/* Pairs with the acquire of who waits for it. */
	smp_store_release(&end->nr_told, end->nr_told + 1);
}

/* Sees what the adapter tells, before the connection manager does. */
static int note_cm(struct iw_cm_id *id, struct iw_cm_event *event)
{
	note(id->context, event);
	return iwcm_event(id, event);
}

static int ignore_cm(struct iw_cm_id *id, struct iw_cm_event *event)
{
	return 0;
}

static int note_request(struct iw_cm_id *id, struct iw_cm_event *event)
{
	struct pair *pair = id->context;
	struct end *b = &pair->end[1];

	id->event_handler = note_cm;
	id->cm_handler = ignore_cm;
	id->context = b;
	b->id = id;
	note(b, event);
	return 0;
}

/* The n-th event of end, counted from 1, is this one, and there are no more. */
static void expect_told(struct pair *pair, struct end *end, int n,
			enum iw_cm_event_type type, int status)
{
	int i;

	/* Pairs with the release in note(). */
	for (i = 0; i < 2000 && smp_load_acquire(&end->nr_told) < n; i++)
		usleep_range(500, 1000);
	KUNIT_ASSERT_EQ(pair->test, end->nr_told, n);
	KUNIT_EXPECT_EQ(pair->test, (int)end->told[n - 1].event, (int)type);
	KUNIT_EXPECT_EQ(pair->test, end->told[n - 1].status, status);
}

static void set_address(struct sockaddr_storage *addr, int end, u16 port)
{
	struct sockaddr_in *in = (struct sockaddr_in *)addr;

	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(0xc0000202 + end);
	in->sin_port = htons(port);
}

static void iwarp_listen(struct pair *pair)
{
	struct iw_cm_id *id;

	id = iw_create_cm_id(pair->end[1].dev, note_request, pair);
	KUNIT_ASSERT_FALSE(pair->test, IS_ERR(id));
	pair->listener = id;
	set_address(&id->local_addr, 1, 3260);
	KUNIT_ASSERT_EQ(pair->test, iw_cm_listen(id, 4), 0);
}

static int iwarp_connect(struct pair *pair, u32 ord)
{
	struct iw_cm_conn_param param = {
		.private_data = "ask", .private_data_len = 3,
		.ord = ord, .ird = 3,
	};
	struct end *a = &pair->end[0];

	if (!a->id) {
		a->id = iw_create_cm_id(a->dev, ignore_cm, a);
		KUNIT_ASSERT_FALSE(pair->test, IS_ERR(a->id));
		iwcm_event = a->id->event_handler;
		a->id->event_handler = note_cm;
		set_address(&a->id->local_addr, 0, 1000);
		set_address(&a->id->remote_addr, 1, 3260);
	}
	param.qpn = a->qp->qp_num;
	return iw_cm_connect(a->id, &param);
}

static void iwarp_ask(struct pair *pair)
{
	int i;

	for (i = 0; i < 2; i++)
		KUNIT_ASSERT_EQ(pair->test, 0,
				modify(&pair->end[i], &pair->end[1 - i],
				       IB_QPS_INIT, 0));
	iwarp_listen(pair);
	KUNIT_ASSERT_EQ(pair->test, iwarp_connect(pair, 2), 0);
	expect_told(pair, &pair->end[1], 1, IW_CM_EVENT_CONNECT_REQUEST, 0);
}

static int iwarp_accept(struct pair *pair)
{
	struct end *b = &pair->end[1];
	struct iw_cm_conn_param param = {
		.private_data = "answer", .private_data_len = 6,
		.ord = 4, .ird = 1, .qpn = b->qp->qp_num,
	};

	return iw_cm_accept(b->id, &param);
}

static void iwarp_pair(struct pair *pair)
{
	iwarp_ask(pair);
	KUNIT_ASSERT_EQ(pair->test, iwarp_accept(pair), 0);
	expect_told(pair, &pair->end[1], 2, IW_CM_EVENT_ESTABLISHED, 0);
	expect_told(pair, &pair->end[0], 1, IW_CM_EVENT_CONNECT_REPLY, 0);
}

/* The end that has connected sends its first message. */
static void iwarp_begin(struct pair *pair)
{
	struct end *a = &pair->end[0], *b = &pair->end[1];

	iwarp_pair(pair);
	KUNIT_ASSERT_EQ(pair->test, 0, post_recv(b, b->dma, 8,
						 b->pd->local_dma_lkey));
	KUNIT_ASSERT_EQ(pair->test, 0, post_send(a, 8));
	expect_wc(pair, a, IB_WC_SUCCESS);
	expect_wc(pair, b, IB_WC_SUCCESS);
}

static void expect_state(struct pair *pair, struct end *end,
			 enum ib_qp_state state)
{
	struct ib_qp_init_attr init;
	struct ib_qp_attr attr;

	KUNIT_ASSERT_EQ(pair->test, 0,
			ib_query_qp(end->qp, &attr, IB_QP_STATE, &init));
	KUNIT_EXPECT_EQ(pair->test, (int)attr.qp_state, (int)state);
}

static void iwarp_accepted(struct kunit *test)
{
	struct pair *pair = test->priv;
	struct end *a = &pair->end[0], *b = &pair->end[1];
	struct sockaddr_in *in;

	own_profile(a)->depths_swapped = false;
	own_profile(b)->depths_swapped = false;
	iwarp_ask(pair);
	KUNIT_EXPECT_EQ(test, b->told[0].private_data_len, 3);
	KUNIT_EXPECT_EQ(test, memcmp(b->private, "ask", 3), 0);
	/* What the peer offers: how many Reads it answers, and how many it asks for */
	KUNIT_EXPECT_EQ(test, b->told[0].ird, 3);
	KUNIT_EXPECT_EQ(test, b->told[0].ord, 2);
	in = (struct sockaddr_in *)&b->told[0].remote_addr;
	KUNIT_EXPECT_EQ(test, ntohl(in->sin_addr.s_addr), 0xc0000202);
	KUNIT_EXPECT_EQ(test, ntohs(in->sin_port), 1000);
	in = (struct sockaddr_in *)&b->told[0].local_addr;
	KUNIT_EXPECT_EQ(test, ntohl(in->sin_addr.s_addr), 0xc0000203);
	KUNIT_EXPECT_EQ(test, ntohs(in->sin_port), 3260);
	KUNIT_ASSERT_EQ(test, iwarp_accept(pair), 0);
	expect_told(pair, b, 2, IW_CM_EVENT_ESTABLISHED, 0);
	expect_told(pair, a, 1, IW_CM_EVENT_CONNECT_REPLY, 0);
	KUNIT_EXPECT_EQ(test, a->told[0].private_data_len, 6);
	KUNIT_EXPECT_EQ(test, memcmp(a->private, "answer", 6), 0);
	KUNIT_EXPECT_EQ(test, b->told[1].private_data_len, 0);
	/* The accepting end offers fewer Reads than the other asked for. */
	KUNIT_EXPECT_EQ(test, a->told[0].ird, 3);
	KUNIT_EXPECT_EQ(test, a->told[0].ord, 1);
	KUNIT_EXPECT_EQ(test, b->told[1].ird, 1);
	KUNIT_EXPECT_EQ(test, b->told[1].ord, 3);
	expect_state(pair, a, IB_QPS_RTS);
	expect_state(pair, b, IB_QPS_RTS);
}

/* As cxgb4 tells them; in a request they are where all have them. */
static void iwarp_swapped(struct kunit *test)
{
	struct pair *pair = test->priv;
	struct end *a = &pair->end[0], *b = &pair->end[1];

	own_profile(a)->depths_swapped = true;
	own_profile(b)->depths_swapped = true;
	iwarp_pair(pair);
	KUNIT_EXPECT_EQ(test, b->told[0].ird, 3);
	KUNIT_EXPECT_EQ(test, b->told[0].ord, 2);
	KUNIT_EXPECT_EQ(test, a->told[0].ird, 1);
	KUNIT_EXPECT_EQ(test, a->told[0].ord, 3);
	KUNIT_EXPECT_EQ(test, b->told[1].ird, 3);
	KUNIT_EXPECT_EQ(test, b->told[1].ord, 1);
}

static void iwarp_carries(struct kunit *test)
{
	struct pair *pair = test->priv;
	struct end *a = &pair->end[0], *b = &pair->end[1];
	u32 key = a->pd->local_dma_lkey;

	iwarp_begin(pair);
	reg(pair, b, RIGHTS);
	KUNIT_ASSERT_EQ(test, 0, post_recv(a, a->dma, 8, key));
	memset(b->buf, 3, SIZE);
	KUNIT_ASSERT_EQ(test, 0, post_send(b, 8));
	expect_wc(pair, b, IB_WC_SUCCESS);
	expect_wc(pair, a, IB_WC_SUCCESS);
	KUNIT_EXPECT_EQ(test, a->buf[7], 3);
	reg(pair, a, IB_ACCESS_LOCAL_WRITE | IB_ACCESS_REMOTE_WRITE);
	KUNIT_ASSERT_EQ(test, 0, post(a, IB_WR_RDMA_READ, IB_SEND_SIGNALED, 64,
				      a->mr->lkey, b->mr->iova, b->mr->rkey));
	expect_wc(pair, a, IB_WC_SUCCESS);
	KUNIT_EXPECT_EQ(test, a->buf[63], 3);
	/* Of no bytes, it writes to nothing. */
	KUNIT_ASSERT_EQ(test, 0, post(a, IB_WR_RDMA_READ, IB_SEND_SIGNALED, 0,
				      key, b->mr->iova, b->mr->rkey));
	expect_wc(pair, a, IB_WC_SUCCESS);
	KUNIT_ASSERT_EQ(test, 0, post(a, IB_WR_RDMA_WRITE, IB_SEND_SIGNALED, 8,
				      key, b->mr->iova, b->mr->rkey));
	expect_wc(pair, a, IB_WC_SUCCESS);
}

/* A Read that invalidates its sink, which can then be registered again */
static void iwarp_read_inv(struct kunit *test)
{
	struct pair *pair = test->priv;
	struct end *a = &pair->end[0], *b = &pair->end[1];
	struct ib_sge sge = { .length = 8 };
	struct ib_rdma_wr wr = {
		.wr.opcode = IB_WR_RDMA_READ_WITH_INV,
		.wr.send_flags = IB_SEND_SIGNALED,
		.wr.sg_list = &sge, .wr.num_sge = 1,
	};

	iwarp_begin(pair);
	reg(pair, a, RIGHTS);
	reg(pair, b, RIGHTS);
	sge.addr = a->mr->iova;
	sge.lkey = a->mr->lkey;
	wr.remote_addr = b->mr->iova;
	wr.rkey = b->mr->rkey;
	KUNIT_ASSERT_EQ(test, 0, ib_post_send(a->qp, &wr.wr, NULL));
	expect_wc(pair, a, IB_WC_SUCCESS);
	reg(pair, a, RIGHTS);
}

/* Who closes hears of it once, and so does the peer, after its own notice. */
static void iwarp_closed(struct kunit *test)
{
	struct pair *pair = test->priv;
	struct end *a = &pair->end[0], *b = &pair->end[1];

	iwarp_begin(pair);
	KUNIT_ASSERT_EQ(test, 0, post_recv(b, b->dma, 8,
					   b->pd->local_dma_lkey));
	KUNIT_ASSERT_EQ(test, iw_cm_disconnect(a->id, 0), 0);
	expect_told(pair, a, 2, IW_CM_EVENT_CLOSE, 0);
	expect_told(pair, b, 4, IW_CM_EVENT_CLOSE, 0);
	KUNIT_EXPECT_EQ(test, (int)b->told[2].event,
			(int)IW_CM_EVENT_DISCONNECT);
	expect_wc(pair, b, IB_WC_WR_FLUSH_ERR);
	expect_state(pair, a, IB_QPS_ERR);
	/* The other end does so too, and nothing follows. */
	iw_cm_disconnect(b->id, 0);
	KUNIT_EXPECT_EQ(test, 0, modify(a, b, IB_QPS_ERR, 0));
	msleep(20);
	expect_told(pair, a, 2, IW_CM_EVENT_CLOSE, 0);
	expect_told(pair, b, 4, IW_CM_EVENT_CLOSE, 0);
}

static void iwarp_aborted(struct kunit *test)
{
	struct pair *pair = test->priv;

	iwarp_begin(pair);
	KUNIT_ASSERT_EQ(test, 0, modify(&pair->end[1], &pair->end[0],
					IB_QPS_ERR, 0));
	expect_told(pair, &pair->end[1], 3, IW_CM_EVENT_CLOSE, 0);
	expect_told(pair, &pair->end[0], 2, IW_CM_EVENT_CLOSE, -ECONNRESET);
	expect_state(pair, &pair->end[0], IB_QPS_ERR);
}

/* An error of the peer ends the connection, behind a request that has left. */
static void iwarp_terminated(struct kunit *test)
{
	struct pair *pair = test->priv;
	struct end *a = &pair->end[0], *b = &pair->end[1];

	iwarp_begin(pair);
	reg(pair, a, RIGHTS);
	adapter_fault_set(FAULT_RECV, 1, IB_WC_FATAL_ERR);
	KUNIT_ASSERT_EQ(test, 0, post_recv(b, b->dma, 8,
					   b->pd->local_dma_lkey));
	KUNIT_ASSERT_EQ(test, 0, post_send(a, 8));
	expect_wc(pair, a, IB_WC_SUCCESS);
	expect_wc(pair, b, IB_WC_FATAL_ERR);
	expect_told(pair, a, 2, IW_CM_EVENT_CLOSE, -ECONNRESET);
	expect_told(pair, b, 3, IW_CM_EVENT_CLOSE, 0);
}

/* What is sent over a link that is down arrives when it is up again. */
static void iwarp_cut(struct kunit *test)
{
	struct pair *pair = test->priv;
	struct end *a = &pair->end[0], *b = &pair->end[1];
	bool *link = &to_adapter(b->dev, dev)->link;
	struct ib_wc wc;

	iwarp_begin(pair);
	KUNIT_ASSERT_EQ(test, 0, post_recv(b, b->dma, 8,
					   b->pd->local_dma_lkey));
	WRITE_ONCE(*link, false);
	KUNIT_EXPECT_EQ(test, 0, post_send(a, 8));
	msleep(100);
	KUNIT_EXPECT_EQ(test, ib_poll_cq(a->cq, 1, &wc), 0);
	WRITE_ONCE(*link, true);
	expect_wc(pair, a, IB_WC_SUCCESS);
	expect_wc(pair, b, IB_WC_SUCCESS);
	WRITE_ONCE(*link, false);
	KUNIT_EXPECT_EQ(test, 0, modify(b, a, IB_QPS_ERR, 0));
	expect_told(pair, b, 3, IW_CM_EVENT_CLOSE, 0);
	msleep(300);
	KUNIT_EXPECT_EQ(test, a->nr_told, 1);
	expect_state(pair, a, IB_QPS_RTS);
	WRITE_ONCE(*link, true);
	expect_told(pair, a, 2, IW_CM_EVENT_CLOSE, -ECONNRESET);
}

/* The queue pair goes, and with it the connection. */
static void iwarp_destroyed(struct kunit *test)
{
	struct pair *pair = test->priv;

	iwarp_begin(pair);
	destroy_qp(&pair->end[0]);
	expect_told(pair, &pair->end[0], 2, IW_CM_EVENT_CLOSE, 0);
	expect_told(pair, &pair->end[1], 3, IW_CM_EVENT_CLOSE, -ECONNRESET);
}

static void iwarp_refused(struct kunit *test)
{
	struct pair *pair = test->priv;
	struct end *a = &pair->end[0];

	KUNIT_ASSERT_EQ(test, modify(a, a, IB_QPS_INIT, 0), 0);
	KUNIT_ASSERT_EQ(test, iwarp_connect(pair, 2), 0);
	expect_told(pair, a, 1, IW_CM_EVENT_CONNECT_REPLY, -ECONNREFUSED);
	KUNIT_EXPECT_EQ(test, a->told[0].private_data_len, 0);
	expect_state(pair, a, IB_QPS_INIT);
}

static void iwarp_rejected(struct kunit *test)
{
	struct pair *pair = test->priv;
	struct end *a = &pair->end[0];

	iwarp_ask(pair);
	KUNIT_ASSERT_EQ(test, iw_cm_reject(pair->end[1].id, "no", 2), 0);
	expect_told(pair, a, 1, IW_CM_EVENT_CONNECT_REPLY, -ECONNREFUSED);
	KUNIT_EXPECT_EQ(test, a->told[0].private_data_len, 2);
	KUNIT_EXPECT_EQ(test, memcmp(a->private, "no", 2), 0);
	expect_state(pair, a, IB_QPS_INIT);
}

/* The queue pair fails while the listener's consumer has not answered. */
static void iwarp_given_up(struct kunit *test)
{
	struct pair *pair = test->priv;
	struct end *a = &pair->end[0];

	iwarp_ask(pair);
	KUNIT_ASSERT_EQ(test, modify(a, a, IB_QPS_ERR, 0), 0);
	expect_told(pair, a, 1, IW_CM_EVENT_CONNECT_REPLY, -ECONNABORTED);
	KUNIT_EXPECT_EQ(test, iwarp_accept(pair), -ECONNRESET);
}

/* The listener's consumer answers too late. */
static void iwarp_unanswered(struct kunit *test)
{
	struct pair *pair = test->priv;
	struct end *a = &pair->end[0];

	WRITE_ONCE(adapter_connect_timeout, 200);
	iwarp_ask(pair);
	expect_told(pair, a, 1, IW_CM_EVENT_CONNECT_REPLY, -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, iwarp_accept(pair), -ECONNRESET);
	KUNIT_EXPECT_EQ(test, pair->end[1].nr_told, 1);
}

/* No device has the address. */
static void iwarp_unreachable(struct kunit *test)
{
	struct pair *pair = test->priv;
	struct end *a = &pair->end[0];

	WRITE_ONCE(adapter_connect_timeout, 200);
	KUNIT_ASSERT_EQ(test, modify(a, a, IB_QPS_INIT, 0), 0);
	a->id = iw_create_cm_id(a->dev, ignore_cm, a);
	KUNIT_ASSERT_FALSE(test, IS_ERR(a->id));
	iwcm_event = a->id->event_handler;
	a->id->event_handler = note_cm;
	set_address(&a->id->remote_addr, 9, 3260);
	KUNIT_ASSERT_EQ(test, iwarp_connect(pair, 2), 0);
	expect_told(pair, a, 1, IW_CM_EVENT_CONNECT_REPLY, -ETIMEDOUT);
}

/* iWARP's rules */

static void iwarp_no_imm(struct pair *pair)
{
	iwarp_begin(pair);
	KUNIT_EXPECT_EQ(pair->test, -EINVAL,
			post(&pair->end[0], IB_WR_SEND_WITH_IMM, 0, 8, 0, 0, 0));
}

static void iwarp_no_write_imm(struct pair *pair)
{
	iwarp_begin(pair);
	KUNIT_EXPECT_EQ(pair->test, -EINVAL,
			post(&pair->end[0], IB_WR_RDMA_WRITE_WITH_IMM, 0, 8, 0,
			     0, 0));
}

static void iwarp_no_atomic(struct pair *pair)
{
	iwarp_begin(pair);
	KUNIT_EXPECT_EQ(pair->test, -EINVAL,
			post(&pair->end[0], IB_WR_ATOMIC_FETCH_AND_ADD, 0, 8, 0,
			     0, 0));
}

static void iwarp_read_sges(struct pair *pair)
{
	iwarp_begin(pair);
	KUNIT_EXPECT_EQ(pair->test, -EINVAL,
			post_sges(&pair->end[0], IB_WR_RDMA_READ, 2, 8));
}

static void mpa_first(struct pair *pair)
{
	iwarp_pair(pair);
	/* What does not leave is allowed. */
	reg(pair, &pair->end[1], RIGHTS);
	KUNIT_EXPECT_EQ(pair->test, -EINVAL, post_send(&pair->end[1], 8));
}

static void read_to(struct pair *pair, u32 key)
{
	struct end *a = &pair->end[0], *b = &pair->end[1];

	reg(pair, b, RIGHTS);
	KUNIT_ASSERT_EQ(pair->test, 0,
			post(a, IB_WR_RDMA_READ, IB_SEND_SIGNALED, 8, key,
			     b->mr->iova, b->mr->rkey));
	expect_wc(pair, a, IB_WC_LOC_PROT_ERR);
}

static void read_sink(struct pair *pair)
{
	iwarp_begin(pair);
	read_to(pair, pair->end[0].pd->local_dma_lkey);
}

static void read_sink_rights(struct pair *pair)
{
	iwarp_begin(pair);
	reg(pair, &pair->end[0], IB_ACCESS_LOCAL_WRITE);
	read_to(pair, pair->end[0].mr->lkey);
}

static void recv_missing(struct pair *pair)
{
	iwarp_pair(pair);
	KUNIT_ASSERT_EQ(pair->test, 0, post_send(&pair->end[0], 8));
	expect_wc(pair, &pair->end[0], IB_WC_SUCCESS);
	expect_told(pair, &pair->end[0], 2, IW_CM_EVENT_CLOSE, -ECONNRESET);
	KUNIT_EXPECT_TRUE(pair->test, told(&pair->end[1], IB_EVENT_QP_FATAL));
}

static void iwarp_state(struct pair *pair)
{
	struct end *a = &pair->end[0];

	KUNIT_ASSERT_EQ(pair->test, modify(a, a, IB_QPS_INIT, 0), 0);
	KUNIT_EXPECT_EQ(pair->test, -EINVAL, modify(a, a, IB_QPS_RTS, 1));
}

/* A queue pair that is not idle gets no connection. */
static void iwarp_not_idle(struct pair *pair)
{
	KUNIT_EXPECT_EQ(pair->test, iwarp_connect(pair, 2), -EINVAL);
}

static void iwarp_limit(struct pair *pair)
{
	struct end *a = &pair->end[0];

	KUNIT_ASSERT_EQ(pair->test, modify(a, a, IB_QPS_INIT, 0), 0);
	KUNIT_EXPECT_EQ(pair->test, -EINVAL, iwarp_connect(pair, 200));
}

static const struct rule_test iwarp_tests[] = {
	{ RULE_OPCODE, false, iwarp_no_imm },
	{ RULE_OPCODE, false, iwarp_no_write_imm },
	{ RULE_OPCODE, false, iwarp_no_atomic },
	{ RULE_READ_SGES, false, iwarp_read_sges },
	{ RULE_MPA_FIRST, false, mpa_first },
	{ RULE_READ_SINK, false, read_sink },
	{ RULE_READ_SINK, false, read_sink_rights },
	{ RULE_QP_STATE, false, iwarp_state },
	{ RULE_QP_STATE, false, iwarp_not_idle },
	{ RULE_QP_LIMIT, false, iwarp_limit },
	{ RULE_RECV_MISSING, true, recv_missing },
};

static const void *next_iwarp(const void *last, char *name)
{
	const struct rule_test *row = last ? last + sizeof(*row) : iwarp_tests;

	if (row == iwarp_tests + ARRAY_SIZE(iwarp_tests))
		return NULL;
	return name_rule(row, name);
}

/* No rule without a test */
static void all_rules(struct kunit *test)
{
	bool tested[NR_RULES] = { };
	int i;

	for (i = 0; i < ARRAY_SIZE(rule_tests); i++)
		tested[rule_tests[i].rule] = true;
	for (i = 0; i < ARRAY_SIZE(iwarp_tests); i++)
		tested[iwarp_tests[i].rule] = true;
	for (i = 0; i < NR_RULES; i++)
		KUNIT_EXPECT_TRUE_MSG(test, tested[i] || pi_tests_rule(i),
				      "rule %s", adapter_rule_name(i));
}

static int iwarp_up(struct kunit *test)
{
	int ret = pair_up_on(test, sizeof(struct pair), "adapter2",
			     "adapter3");

	((struct pair *)test->priv)->connect_timeout = adapter_connect_timeout;
	return ret;
}

/* What a case has not broken is not broken by its end either. */
static void iwarp_down(struct kunit *test)
{
	struct pair *pair = test->priv;
	int i;

	for (i = 0; i < 2; i++) {
		if (!IS_ERR_OR_NULL(pair->end[i].id))
			iw_destroy_cm_id(pair->end[i].id);
	}
	if (pair->listener)
		iw_destroy_cm_id(pair->listener);
	if (pair->connect_timeout)
		WRITE_ONCE(adapter_connect_timeout, pair->connect_timeout);
	if (!test->param_value)
		expect_broken(pair, NR_RULES, false);
	pair_down(test);
}

static struct kunit_case iwarp_cases[] = {
	KUNIT_CASE(iwarp_accepted),
	KUNIT_CASE(iwarp_swapped),
	KUNIT_CASE(iwarp_carries),
	KUNIT_CASE(iwarp_read_inv),
	KUNIT_CASE(iwarp_closed),
	KUNIT_CASE(iwarp_aborted),
	KUNIT_CASE(iwarp_terminated),
	KUNIT_CASE(iwarp_cut),
	KUNIT_CASE(iwarp_destroyed),
	KUNIT_CASE(iwarp_refused),
	KUNIT_CASE(iwarp_rejected),
	KUNIT_CASE(iwarp_given_up),
	KUNIT_CASE(iwarp_unanswered),
	KUNIT_CASE(iwarp_unreachable),
	KUNIT_CASE_PARAM(rules, next_iwarp),
	{ }
};

static struct kunit_suite iwarp_suite = {
	.name = "adapter_iwarp",
	.init = iwarp_up,
	.exit = iwarp_down,
	.test_cases = iwarp_cases,
};

static struct kunit_case rule_cases[] = {
	KUNIT_CASE_PARAM(rules, next_rule),
	KUNIT_CASE(all_rules),
	{ }
};

static struct kunit_suite rule_suite = {
	.name = "adapter_rules",
	.init = pair_up,
	.exit = pair_down,
	.test_cases = rule_cases,
};

kunit_test_suites(&carry_suite, &fault_suite, &iwarp_suite, &rule_suite);
