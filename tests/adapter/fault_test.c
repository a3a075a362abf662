// SPDX-License-Identifier: GPL-2.0-only
/* KUnit tests of faults on demand. */
#include "test.h"

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

kunit_test_suite(fault_suite);
