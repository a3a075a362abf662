// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verbs objects of a connection: protection domain, queues, queue pair.
 *
 * Each connection has a protection domain of its own, so that an STag is valid
 * on one connection only.  Connections that share receives share their domain,
 * which is safe because they have no STags.
 */
#include "conn.h"
#include "device.h"
#include "cq.h"
#include "qp.h"
#include "recv.h"
#include "login.h"
#include "pi.h"
#include "table.h"
#include "unsig.h"
#include "initiator/send.h"
#include "target/rx_pool.h"
#include "target/send.h"

/* A Login PDU, a Hello, a drain, and one that iWARP adapters use. */
#define ISER_SPARE_SENDS	4

/* Copy what iSCSI and the data path need to know of the device. */
static void iser_read_device(struct iser_conn *conn)
{
	const struct iser_device_limits *limits = &conn->limits;

	iser_read_limits(conn->dev, &conn->limits);
	/* Not dev_name(), which is freed when the device gets another name. */
	strscpy(conn->info.device, conn->dev->name, sizeof(conn->info.device));
	conn->info.recv_ahs = conn->role == ISER_INITIATOR ?
		ISER_AHS_ROOM_INITIATOR : ISER_AHS_ROOM;
	conn->info.max_pages = limits->pages;
	conn->info.max_mapping = limits->mapping;
	conn->info.sg_gaps = limits->gaps;
	conn->max_sge = limits->send_sges;
	conn->max_sge_rd = limits->read_sges;
	conn->sq.sink_mr = conn->role == ISER_TARGET &&
		iser_conn_iwarp(conn);
	conn->info.pi_asked = conn->param.pi;
	conn->info.pi = iser_pi_wanted(conn);
	if (conn->info.pi) {
		conn->info.max_pages = min(limits->pages, limits->pi_pages);
		conn->info.pi_type1 = limits->pi_types & IB_PROT_T10DIF_TYPE_1;
		conn->info.pi_type3 = limits->pi_types & IB_PROT_T10DIF_TYPE_3;
		conn->info.pi_crc = limits->pi_guards & IB_GUARD_T10DIF_CRC;
		conn->info.pi_ip = limits->pi_guards & IB_GUARD_T10DIF_CSUM;
	}
	conn->param.recv_depth = min(conn->param.recv_depth, limits->queue - 2);
	conn->info.recv_depth = conn->param.recv_depth;
}

/* Takes setup_lock, because end_work drops the device. */
struct device *iser_get_dma_device(struct iser_conn *conn)
{
	struct device *dma = NULL;

	mutex_lock(&conn->setup_lock);
	if (conn->dev)
		dma = get_device(conn->dev->dma_device ?: conn->dev->dev.parent);
	mutex_unlock(&conn->setup_lock);
	return dma;
}
EXPORT_SYMBOL_ISER(iser_get_dma_device);

/*
 * Size what goes into a send queue of @queue work requests.
 *
 * A task of an initiator needs at most three work requests at a time: register,
 * Send, invalidate.  Unsignaled ones hold two for longer than their task lives.
 * At a target all but unsignaled Sends take a credit, and wait for one.
 * Return: work requests, without the ISER_SPARE_SENDS of the queue.
 */
static u32 iser_size_sends(struct iser_conn *conn, u32 queue)
{
	u32 sends;

	if (conn->role == ISER_INITIATOR) {
		u32 rest = ISER_DATA_OUTS + 2 * ISER_UNSIG_SENDS;
		u32 fit = (queue - rest - ISER_SPARE_SENDS) / 3;

		conn->param.tasks = min(conn->param.tasks, fit);
		conn->info.tasks = conn->param.tasks;
		sends = 3 * conn->param.tasks + rest;
		conn->unsig.nr = ISER_UNSIG_SENDS;
		conn->max_sge = min_t(u32, conn->max_sge, ISER_COMMAND_SGES);
	} else {
		sends = min(conn->param.send_depth, queue - ISER_SPARE_SENDS);
		conn->unsig.nr = min_t(u32, ISER_UNSIG_SENDS,
				       rounddown(sends / 2, 3));
		conn->sq.credits.size = sends - conn->unsig.nr;
	}
	conn->max_sge_rd = min(conn->max_sge_rd, conn->max_sge);
	conn->info.gather_max = conn->max_sge - 1;
	conn->info.send_depth = sends;
	return sends;
}

/*
 * iser_qp_event - handler of the queue pair.  Any context.
 *
 * With shared receives no receive is flushed, so nothing wakes the poller when a
 * queue pair fails.  While the connection lives, IB_EVENT_QP_LAST_WQE_REACHED is
 * the only sign of it.  Every other event that is not known to be harmless ends
 * the connection, also that of a device that has failed.
 */
static void iser_qp_event(struct ib_event *event, void *context)
{
	struct iser_conn *conn = context;

	switch (event->event) {
	case IB_EVENT_COMM_EST:
	case IB_EVENT_SQ_DRAINED:
	case IB_EVENT_PATH_MIG:
	case IB_EVENT_PATH_MIG_ERR:
		return;
	case IB_EVENT_QP_LAST_WQE_REACHED:
		/* Receives of its own are drained when the last one has completed. */
		if (conn->rx.pool)
			complete_all(&conn->receives_drained.done);
		break;
	default:
		break;
	}
	iser_event_note(conn, event->event);
}

static int iser_try_qp(struct iser_conn *conn)
{
	struct ib_qp_init_attr attr = {
		.event_handler = iser_qp_event,
		.qp_context = conn,
		.send_cq = conn->poll.sends,
		.recv_cq = conn->poll.receives,
		.cap.max_send_wr = conn->info.send_depth + ISER_SPARE_SENDS,
		.cap.max_send_sge = conn->max_sge,
		.sq_sig_type = IB_SIGNAL_REQ_WR,
		.qp_type = IB_QPT_RC,
		.create_flags = conn->info.pi ? IB_QP_CREATE_INTEGRITY_EN : 0,
	};

	if (conn->rx.pool) {
		attr.srq = conn->rx.pool->srq;
	} else {
		attr.cap.max_recv_wr = conn->param.recv_depth + 2;
		attr.cap.max_recv_sge = iser_rx_whole(conn) ? 1 : ISER_RX_SGES;
	}
	return rdma_create_qp(conn->cm.id, conn->pd, &attr);
}

/*
 * The number of work requests that a device reports may hold only for requests
 * with few SGEs.  So if it has no room, try fewer SGEs, then fewer requests.
 */
static int iser_create_qp(struct iser_conn *conn)
{
	u32 sges = conn->max_sge, sends = conn->info.send_depth, queue;
	int ret;

	for (;;) {
		ret = iser_try_qp(conn);
		if (ret != -ENOMEM)
			break;
		queue = conn->info.send_depth + ISER_SPARE_SENDS;
		if (conn->max_sge > ISER_MIN_SEND_SGES)
			conn->max_sge = max_t(u32, conn->max_sge / 2,
					      ISER_MIN_SEND_SGES);
		else if (queue > ISER_MIN_QUEUE)
			queue = max_t(u32, queue / 2, ISER_MIN_QUEUE);
		else
			break;
		iser_size_sends(conn, queue);
	}
	if (!ret && (sges != conn->max_sge || sends != conn->info.send_depth) &&
	    iser_device_note(conn->dev, ISER_SMALL_SENDS))
		iser_conn_warn(conn, "the device can't create a send queue of %u work requests with %u SGEs, using %u with %u",
			       sends, sges, conn->info.send_depth,
			       conn->max_sge);
	return ret;
}

/*
 * iser_verbs_create - make the queue pair of conn->cm.id
 *
 * From the handler of conn->cm.id, or its connect work.  May sleep.
 * Return: 0 or negative errno; iser_verbs_destroy() cleans up in both cases.
 */
int iser_verbs_create(struct iser_conn *conn)
{
	u32 sends, receives;
	int ret;

	/* Only this reference keeps the device once the id is gone. */
	if (!ib_device_try_get(conn->cm.id->device))
		return -ENODEV;
	conn->dev = conn->cm.id->device;
	iser_read_device(conn);
	/* A target needs STags only for the sinks of RDMA Reads on iWARP. */
	ret = iser_check_limits(conn, conn->role == ISER_INITIATOR ||
				conn->sq.sink_mr);
	if (ret)
		return ret;

	sends = iser_size_sends(conn, conn->limits.queue);
	if (conn->role == ISER_TARGET)
		iser_rx_pool_join(conn);
	if (!conn->rx.pool) {
		struct ib_pd *pd = ib_alloc_pd(conn->dev, 0);

		if (IS_ERR(pd))
			return PTR_ERR(pd);
		conn->pd = pd;
	}
	if (conn->role == ISER_INITIATOR) {
		ret = iser_stags_try(conn);
		if (ret)
			return ret;
	}

	/* Two Login PDUs and a drain. */
	receives = conn->rx.pool ? conn->rx.pool->room : conn->param.recv_depth;
	ret = iser_poll_init(conn, sends + ISER_SPARE_SENDS, receives + 3);
	if (ret)
		return ret;

	ret = iser_create_qp(conn);
	if (ret)
		return ret;
	conn->qp = conn->cm.id->qp;
	return 0;
}

/*
 * iser_verbs_close - destroy the queue pair and its completion queues
 *
 * After iser_verbs_drain().  The id goes first, because its handler uses the
 * rest.  When this returns, the device reaches no memory of the connection.
 * Under setup_lock; sleeps; not from the id's own handler.
 */
void iser_verbs_close(struct iser_conn *conn)
{
	struct ib_qp *qp;

	/* Waits for the handler. */
	if (conn->cm.id && !iser_park(conn))
		rdma_destroy_id(conn->cm.id);
	conn->cm.id = NULL;
	qp = conn->qp;
	iser_stags_free(conn);
	if (qp) {
		iser_sinks_free(conn);
		conn->qp = NULL;
		if (iser_parked_id(conn))
			rdma_destroy_qp(iser_parked_id(conn));
		else
			ib_destroy_qp(qp);
	}
	if (iser_parked_id(conn))
		iser_park_done(conn);
	iser_poll_destroy(conn);
	/* No event follows. */
	cancel_delayed_work_sync(&conn->poll.event_work);
}

/*
 * iser_verbs_destroy - remove all that the device knows of a connection
 *
 * After the last completion, and when all data are unmapped.  Under
 * setup_lock, or with the last reference; sleeps.
 */
void iser_verbs_destroy(struct iser_conn *conn)
{
	struct iser_rx_chunk *chunk;

	iser_verbs_close(conn);
	if (conn->dev) {
		iser_table_unmap(&conn->table);
		iser_hdr_pages_unmap(&conn->data_out.heads);
		iser_hdr_pages_unmap(&conn->unsig.heads);
		for (chunk = conn->rx.chunks; chunk; chunk = chunk->next)
			iser_rx_chunk_unmap(conn->dev, chunk);
		iser_login_unmap(conn);
	}
	if (conn->pd && conn->rx.pool)
		iser_rx_pool_leave(conn);
	else if (conn->pd)
		ib_dealloc_pd(conn->pd);
	conn->pd = NULL;
	if (conn->dev)
		ib_device_put(conn->dev);
	conn->dev = NULL;
}

/*
 * The end of a queue pair's work requests.
 *
 * ib_drain_qp() does not serve here: it needs completion queues of ib_alloc_cq(),
 * and it waits without limit.  Adapters that are being reset may refuse the work
 * requests of a drain, or take them and never complete them.  So the wait has a
 * limit.  What has not completed by then is ended when the queue pair is gone
 * (core/target/send.c, core/initiator/task.c), and only then unmapped.
 */

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
 * iser_drain_begin - have the queue pair complete all it holds, with errors
 * May sleep.  Return: 0 or negative errno.
 */
int iser_drain_begin(struct iser_conn *conn)
{
	struct ib_qp_attr attr = { .qp_state = IB_QPS_ERR };

	return ib_modify_qp(conn->qp, &attr, IB_QP_STATE);
}

/* Post the last work requests.  When they complete, nothing is outstanding. */
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

	if (!ret && !conn->rx.pool)
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
 * iser_verbs_drain - end the queue pair's work requests, and the polling
 *
 * When this returns, the completion queues have been polled until they were
 * empty, because adapters drop what is left there when the queue pair goes, and
 * they are polled no longer.  Shared receives do not come back: an event says
 * that the device has taken its last one, which not every provider raises.
 * From end_work; sleeps.
 */
void iser_verbs_drain(struct iser_conn *conn)
{
	unsigned long limit;
	int ret;

	iser_send_cq_arm(conn);
	ret = iser_drain_begin(conn) ?: iser_drain_post(conn);
	limit = jiffies + (ret ? ISER_DRAIN_BLIND : ISER_DRAIN_LIMIT);
	iser_drain_wait(conn, &conn->sends_drained, limit);
	if (conn->rx.pool)
		limit = jiffies + ISER_DRAIN_BLIND;
	iser_drain_wait(conn, &conn->receives_drained, limit);
	iser_poll_stop(conn);
	if (!completion_done(&conn->sends_drained.done) ||
	    !(conn->rx.pool || completion_done(&conn->receives_drained.done)))
		iser_conn_warn(conn, "the device has not completed all work requests, error %d: no longer waiting for them",
			       ret ?: -ETIMEDOUT);
}
