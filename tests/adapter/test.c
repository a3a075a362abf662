// SPDX-License-Identifier: GPL-2.0-only
/* What the tests share. */
#include <linux/delay.h>
#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <rdma/ib_cache.h>
#include "test.h"

bool wait_wc(struct end *end, struct ib_wc *wc)
{
	int i;

	for (i = 0; i < 10000; i++) {
		if (ib_poll_cq(end->cq, 1, wc) == 1)
			return true;
		usleep_range(500, 1000);
	}
	return false;
}

/* The next completion of end has this status. */
void expect_wc(struct pair *pair, struct end *end, int status)
{
	struct ib_wc wc;

	KUNIT_ASSERT_TRUE(pair->test, wait_wc(end, &wc));
	KUNIT_EXPECT_EQ(pair->test, (int)wc.status, status);
}

void note_event(struct ib_event *event, void *context)
{
	set_bit(event->event, &((struct end *)context)->async);
}

int create_qp(struct end *end, u32 depth, u32 sges)
{
	struct ib_qp_init_attr init = {
		.event_handler = note_event,
		.qp_context = end,
		.send_cq = end->cq,
		.recv_cq = end->cq,
		.cap.max_send_wr = depth,
		.cap.max_recv_wr = depth,
		.cap.max_send_sge = sges,
		.cap.max_recv_sge = SGES,
		.qp_type = IB_QPT_RC,
		.sq_sig_type = IB_SIGNAL_REQ_WR,
		.create_flags = end->create_flags,
		.port_num = 1,
	};

	end->qp = ib_create_qp(end->pd, &init);
	if (!IS_ERR(end->qp))
		return 0;
	end->qp = NULL;
	return -EINVAL;
}

static void count_event(struct ib_cq *cq, void *context)
{
	atomic_inc(&((struct end *)context)->events);
}

void create_cq(struct end *end, u32 size)
{
	struct ib_cq_init_attr attr = { .cqe = size };

	end->cq = ib_create_cq(end->dev, count_event, note_event, end, &attr);
}

static void end_up(struct pair *pair, struct end *end, const char *name)
{
	struct kunit *test = pair->test;

	end->dev = ib_device_get_by_name(name, ADAPTER_DRIVER_ID);
	KUNIT_ASSERT_NOT_NULL(test, end->dev);
	end->pd = ib_alloc_pd(end->dev, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(end->pd));
	create_cq(end, 4 * DEPTH);
	KUNIT_ASSERT_FALSE(test, IS_ERR(end->cq));
	KUNIT_ASSERT_EQ(test, create_qp(end, DEPTH, SGES), 0);
	end->mr = ib_alloc_mr(end->pd, IB_MR_TYPE_MEM_REG, 4);
	KUNIT_ASSERT_FALSE(test, IS_ERR(end->mr));
	end->buf = (u8 *)get_zeroed_page(GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, end->buf);
	end->dma = ib_dma_map_single(end->dev, end->buf, SIZE,
				     DMA_BIDIRECTIONAL);
	KUNIT_ASSERT_FALSE(test, ib_dma_mapping_error(end->dev, end->dma));
	end->profile = to_adapter(end->dev, dev)->profile;
	memset(&to_adapter(end->dev, dev)->counts, 0,
	       sizeof(struct adapter_counts));
}

/* The device has a profile of its own until the test ends. */
struct adapter_profile *own_profile(struct end *end)
{
	end->changed = *end->profile;
	to_adapter(end->dev, dev)->profile = &end->changed;
	return &end->changed;
}

void destroy_qp(struct end *end)
{
	struct ib_qp_attr attr = { .qp_state = IB_QPS_RESET };
	struct ib_wc wc;

	if (!end->qp)
		return;
	ib_modify_qp(end->qp, &attr, IB_QP_STATE);
	while (ib_poll_cq(end->cq, 1, &wc) == 1)
		;
	ib_destroy_qp(end->qp);
	end->qp = NULL;
}

static void end_down(struct end *end)
{
	if (!end->dev)
		return;
	if (end->profile)
		to_adapter(end->dev, dev)->profile = end->profile;
	destroy_qp(end);
	if (end->mr)
		ib_dereg_mr(end->mr);
	ib_dma_unmap_single(end->dev, end->dma, SIZE, DMA_BIDIRECTIONAL);
	free_page((unsigned long)end->buf);
	ib_destroy_cq(end->cq);
	ib_dealloc_pd(end->pd);
	ib_device_put(end->dev);
}

int modify(struct end *end, struct end *peer, enum ib_qp_state state,
	   u8 reads)
{
	struct adapter_dev *to = to_adapter(peer->dev, dev);
	struct ib_qp_attr attr = {
		.qp_state = state,
		.port_num = 1,
		.qp_access_flags = RIGHTS,
		.path_mtu = IB_MTU_1024,
		.dest_qp_num = peer->qp->qp_num,
		.rq_psn = PSN,
		.sq_psn = PSN,
		.max_rd_atomic = reads,
		.max_dest_rd_atomic = 1,
		.min_rnr_timer = 1,
		.timeout = 10,
		.retry_cnt = 3,
		.rnr_retry = 7,
	};
	union ib_gid gid;
	int mask = IB_QP_STATE;

	switch (state) {
	case IB_QPS_INIT:
		mask |= IB_QP_PKEY_INDEX | IB_QP_PORT | IB_QP_ACCESS_FLAGS;
		break;
	case IB_QPS_RTR:
		mask |= IB_QP_AV | IB_QP_PATH_MTU | IB_QP_DEST_QPN |
			IB_QP_RQ_PSN | IB_QP_MAX_DEST_RD_ATOMIC |
			IB_QP_MIN_RNR_TIMER;
		attr.ah_attr.type = RDMA_AH_ATTR_TYPE_ROCE;
		rdma_query_gid(peer->dev, 1, 0, &gid);
		rdma_ah_set_grh(&attr.ah_attr, &gid, 0, 0, 64, 0);
		rdma_ah_set_port_num(&attr.ah_attr, 1);
		ether_addr_copy(attr.ah_attr.roce.dmac, to->netdev->dev_addr);
		break;
	case IB_QPS_RTS:
		mask |= IB_QP_TIMEOUT | IB_QP_RETRY_CNT | IB_QP_RNR_RETRY |
			IB_QP_SQ_PSN | IB_QP_MAX_QP_RD_ATOMIC;
		break;
	default:
		break;
	}
	return ib_modify_qp(end->qp, &attr, mask);
}

void connect_reads(struct pair *pair, u8 reads)
{
	static const enum ib_qp_state states[] = {
		IB_QPS_INIT, IB_QPS_RTR, IB_QPS_RTS,
	};
	int i, j;

	for (i = 0; i < ARRAY_SIZE(states); i++) {
		for (j = 0; j < 2; j++)
			KUNIT_ASSERT_EQ(pair->test, 0,
					modify(&pair->end[j],
					       &pair->end[1 - j], states[i],
					       reads));
	}
}

void connect(struct pair *pair)
{
	connect_reads(pair, 1);
}

int post_recv(struct end *end, u64 addr, u32 length, u32 key)
{
	struct ib_sge sge = { .addr = addr, .length = length, .lkey = key };
	struct ib_recv_wr wr = { .sg_list = &sge, .num_sge = 1 };

	return ib_post_recv(end->qp, &wr, NULL);
}

/* Posts an RDMA Write, Read or Send of length bytes from the start of buf. */
int post(struct end *end, enum ib_wr_opcode opcode, int flags, u32 length,
	 u32 lkey, u64 remote, u32 rkey)
{
	struct ib_sge sge = { .addr = end->dma, .length = length,
			      .lkey = lkey };
	struct ib_rdma_wr wr = {
		.wr.opcode = opcode, .wr.send_flags = flags,
		.wr.sg_list = &sge, .wr.num_sge = 1,
		.remote_addr = remote, .rkey = rkey,
	};

	if (opcode == IB_WR_SEND_WITH_INV || opcode == IB_WR_LOCAL_INV) {
		wr.wr.ex.invalidate_rkey = rkey;
		wr.wr.num_sge = opcode == IB_WR_LOCAL_INV ? 0 : 1;
	}
	return ib_post_send(end->qp, &wr.wr, NULL);
}

int post_send(struct end *end, u32 length)
{
	return post(end, IB_WR_SEND, IB_SEND_SIGNALED, length,
		    end->pd->local_dma_lkey, 0, 0);
}

void post_nothing(struct pair *pair, struct end *end)
{
	KUNIT_ASSERT_EQ(pair->test, 0, post(end, IB_WR_RDMA_WRITE,
					    IB_SEND_SIGNALED, 0, 0, 0, 0));
}

/* Returns when all has completed, and the events for it have come. */
int settled(struct end *end)
{
	struct adapter_cq *cq = to_adapter(end->cq, cq);

	flush_delayed_work(&to_adapter(end->qp, qp)->work);
	while (hrtimer_active(&cq->timer))
		usleep_range(50, 100);
	flush_work(&cq->work);
	return atomic_read(&end->events);
}

/* Reads 8 bytes of the peer's region to the buffer, both at this offset. */
void post_read(struct pair *pair, u32 at, int flags)
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
void post_write(struct pair *pair, u32 from, u32 to, int flags)
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

int post_sges(struct end *end, enum ib_wr_opcode opcode, int n, u32 length)
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

bool told(struct end *end, enum ib_event_type type)
{
	int i;

	for (i = 0; i < 1000; i++) {
		if (test_bit(type, &end->async))
			return true;
		usleep_range(500, 1000);
	}
	return false;
}

int map(struct end *end)
{
	struct scatterlist sg;

	sg_init_one(&sg, end->buf, SIZE);
	sg_dma_address(&sg) = end->dma;
	sg_dma_len(&sg) = SIZE;
	return ib_map_mr_sg(end->mr, &sg, 1, NULL, SIZE);
}

int post_reg(struct end *end, int access, u32 key)
{
	struct ib_reg_wr wr = {
		.wr.opcode = IB_WR_REG_MR, .wr.send_flags = IB_SEND_SIGNALED,
		.mr = end->mr, .key = key, .access = access,
	};

	return ib_post_send(end->qp, &wr.wr, NULL);
}

void reg(struct pair *pair, struct end *end, int access)
{
	KUNIT_ASSERT_EQ(pair->test, map(end), 1);
	KUNIT_ASSERT_EQ(pair->test, post_reg(end, access, end->mr->rkey), 0);
	expect_wc(pair, end, IB_WC_SUCCESS);
}

static int total(int rule, bool remote)
{
	return atomic_read(remote ? &adapter_total.remote[rule] :
				    &adapter_total.local[rule]);
}

static int broken(struct pair *pair, int rule, bool remote)
{
	int i, n = 0;

	for (i = 0; i < 2; i++) {
		struct adapter_counts *counts;

		counts = &to_adapter(pair->end[i].dev, dev)->counts;
		n += atomic_read(remote ? &counts->remote[rule] :
					  &counts->local[rule]);
	}
	return n;
}

void expect_broken(struct pair *pair, int rule, bool remote)
{
	int i, j;

	for (i = 0; i < NR_RULES; i++) {
		for (j = 0; j < 2; j++)
			KUNIT_EXPECT_EQ_MSG(pair->test,
					    total(i, j) - pair->before[j][i],
					    broken(pair, i, j),
					    "all devices, rule %s",
					    adapter_rule_name(i));
		KUNIT_EXPECT_EQ_MSG(pair->test, broken(pair, i, false),
				    i == rule && !remote, "rule %s",
				    adapter_rule_name(i));
		KUNIT_EXPECT_EQ_MSG(pair->test, broken(pair, i, true),
				    i == rule && remote, "rule %s, remote",
				    adapter_rule_name(i));
	}
}

void rules(struct kunit *test)
{
	const struct rule_test *row = test->param_value;
	struct pair *pair = test->priv;

	row->breaks(pair);
	expect_broken(pair, row->rule, row->remote);
}

/* The pair may be the beginning of something larger. */
int pair_up_on(struct kunit *test, size_t size, const char *first,
	       const char *second)
{
	struct pair *pair = kunit_kzalloc(test, size, GFP_KERNEL);
	int i, j;

	KUNIT_ASSERT_NOT_NULL(test, pair);
	test->priv = pair;
	pair->test = test;
	for (i = 0; i < NR_RULES; i++) {
		for (j = 0; j < 2; j++)
			pair->before[j][i] = total(i, j);
	}
	end_up(pair, &pair->end[0], first);
	end_up(pair, &pair->end[1], second);
	return 0;
}

int pair_up(struct kunit *test)
{
	return pair_up_on(test, sizeof(struct pair), "adapter0", "adapter1");
}

void pair_down(struct kunit *test)
{
	struct pair *pair = test->priv;

	adapter_fault_clear();
	end_down(&pair->end[0]);
	end_down(&pair->end[1]);
}

int injected(enum adapter_fault fault)
{
	return atomic_read(&adapter_fault_states[fault].injected);
}

const void *next_row(const struct rule_test *rows, int n,
		     const struct rule_test *last, char *name)
{
	const struct rule_test *row = last ? last + 1 : rows;

	if (row == rows + n)
		return NULL;
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "%s%s",
		 row->remote ? "remote-" : "", adapter_rule_name(row->rule));
	return row;
}

bool has_row(const struct rule_test *rows, int n, enum adapter_rule rule)
{
	int i;

	for (i = 0; i < n; i++) {
		if (rows[i].rule == rule)
			return true;
	}
	return false;
}

/* No rule without a test */
static void all_rules(struct kunit *test)
{
	int i;

	for (i = 0; i < NR_RULES; i++)
		KUNIT_EXPECT_TRUE_MSG(test, queue_tests_rule(i) ||
				      mr_tests_rule(i) || iwarp_tests_rule(i) ||
				      pi_tests_rule(i),
				      "rule %s", adapter_rule_name(i));
}

static struct kunit_case rule_cases[] = {
	KUNIT_CASE(all_rules),
	{ }
};

static struct kunit_suite rule_suite = {
	.name = "adapter_rules",
	.test_cases = rule_cases,
};

kunit_test_suite(rule_suite);

MODULE_DESCRIPTION("KUnit tests of rdma_adapter");
MODULE_LICENSE("GPL");
