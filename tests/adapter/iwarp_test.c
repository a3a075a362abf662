// SPDX-License-Identifier: GPL-2.0-only
/* KUnit tests of iWARP, between adapter2 and adapter3: connections, and its rules. */
#include <linux/delay.h>
#include "test.h"

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

static const struct rule_test iwarp_rules[] = {
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
	return next_row(iwarp_rules, ARRAY_SIZE(iwarp_rules), last, name);
}

bool iwarp_tests_rule(enum adapter_rule rule)
{
	return has_row(iwarp_rules, ARRAY_SIZE(iwarp_rules), rule);
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

kunit_test_suite(iwarp_suite);
