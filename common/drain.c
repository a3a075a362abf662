// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of a queue pair's work requests.
 *
 * Not by ib_drain_qp(): that is for completion queues of ib_alloc_cq(), which
 * ours are not, and waits without limit.  Adapters that are being reset may
 * refuse what it needs, or take it and never complete it.  So it is waited for
 * a while.  What has not completed then is ended when the queue pair is gone
 * (job.c, task.c), and only then unmapped.
 */
#include "core.h"

#define ISER_DRAIN_LIMIT	(5 * HZ)
#define ISER_DRAIN_POLL		(HZ / 10)	/* should no event come */
#define ISER_DRAIN_BLIND	(HZ / 10)	/* where nothing says when it is over */

static void iser_drain_done(struct ib_cq *cq, struct ib_wc *wc)
{
	complete_all(&container_of(wc->wr_cqe, struct iser_drain, cqe)->done);
}

/* iser_drain_init - once, for any connection */
void iser_drain_init(struct iser_drain *drain)
{
	drain->cqe.done = iser_drain_done;
	init_completion(&drain->done);
}

/*
 * iser_drain_begin - the queue pair completes all it has, with errors
 * May sleep.  Return: 0 or negative errno.
 */
int iser_drain_begin(struct iser_conn *conn)
{
	struct ib_qp_attr attr = { .qp_state = IB_QPS_ERR };

	return ib_modify_qp(conn->qp, &attr, IB_QP_STATE);
}

/* The last work requests: behind them nothing is outstanding. */
static int iser_drain_post(struct iser_conn *conn)
{
	struct ib_rdma_wr last = {
		.wr.opcode = IB_WR_RDMA_WRITE,
		.wr.send_flags = IB_SEND_SIGNALED,
		.wr.wr_cqe = &conn->sends_drained.cqe,
	};
	struct ib_recv_wr receive = {
		.wr_cqe = &conn->receives_drained.cqe,
	};
	int ret = ib_post_send(conn->qp, &last.wr, NULL);

	if (!ret && !conn->pool)
		ret = ib_post_recv(conn->qp, &receive, NULL);
	return ret;
}

static void iser_drain_wait(struct iser_conn *conn, struct iser_drain *drain,
			    unsigned long limit)
{
	while (!wait_for_completion_timeout(&drain->done, ISER_DRAIN_POLL) &&
	       time_before(jiffies, limit))
		iser_poll_kick(conn);
}

/*
 * iser_verbs_drain - end the queue pair's work requests, and what polls
 *
 * When this returns nothing of the connection is polled any more, and it has
 * been to the end: adapters drop what is left in the completion queues when
 * the queue pair goes.  Shared receives do not come back; an event says that
 * the device has taken its last, which not every provider has.
 * From end_work; sleeps.
 */
void iser_verbs_drain(struct iser_conn *conn)
{
	unsigned long limit;
	int ret;

	iser_send_await(conn);
	ret = iser_drain_begin(conn) ?: iser_drain_post(conn);
	limit = jiffies + (ret ? ISER_DRAIN_BLIND : ISER_DRAIN_LIMIT);
	iser_drain_wait(conn, &conn->sends_drained, limit);
	if (conn->pool)
		limit = jiffies + ISER_DRAIN_BLIND;
	iser_drain_wait(conn, &conn->receives_drained, limit);
	iser_poll_stop(conn);
	if (!completion_done(&conn->sends_drained.done) ||
	    !(conn->pool || completion_done(&conn->receives_drained.done)))
		iser_conn_warn(conn, "the device does not complete what was posted, error %d: it is ended without it",
			       ret ?: -ETIMEDOUT);
}
