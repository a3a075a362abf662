// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verbs objects of a connection: protection domain, queues, queue pair.
 *
 * A domain for each connection: an STag of one is worth nothing on another.
 * Connections that share receives share theirs; they have no STags.
 */
#include "core.h"

/* A Login PDU, a Hello, a drain, and one that iWARP adapters use. */
#define ISER_SPARE_SENDS	4

/* What iSCSI and the data path have to know of the device. */
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
	conn->sink_mr = conn->role == ISER_TARGET &&
		rdma_protocol_iwarp(conn->dev, conn->id->port_num);
	conn->param.recv_depth = min(conn->param.recv_depth, limits->queue - 2);
	conn->info.recv_depth = conn->param.recv_depth;
}

/* Under setup_lock, against end_work, which lets the device go. */
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
 * What goes into a send queue of @queue work requests.
 *
 * A task of an initiator takes at most three slots at a time: register,
 * Send, invalidate.  Unsignaled ones keep two for longer than their task.
 * At a target slots are counted and waited for, but for those.
 * Return: work requests, without the ISER_SPARE_SENDS of the queue.
 */
static u32 iser_size_sends(struct iser_conn *conn, u32 queue)
{
	u32 sends;

	if (conn->role == ISER_INITIATOR) {
		u32 rest = ISER_DATA_OUTS + 2 * ISER_QUIET_SENDS;
		u32 fit = (queue - rest - ISER_SPARE_SENDS) / 3;

		conn->param.tasks = min(conn->param.tasks, fit);
		conn->info.tasks = conn->param.tasks;
		sends = 3 * conn->param.tasks + rest;
		conn->quiet.nr = ISER_QUIET_SENDS;
		conn->max_sge = min_t(u32, conn->max_sge, ISER_COMMAND_SGES);
	} else {
		sends = min(conn->param.send_depth, queue - ISER_SPARE_SENDS);
		conn->quiet.nr = min_t(u32, ISER_QUIET_SENDS,
				       rounddown(sends / 2, 3));
		conn->slots.size = sends - conn->quiet.nr;
	}
	conn->max_sge_rd = min(conn->max_sge_rd, conn->max_sge);
	conn->info.gather_max = conn->max_sge - 1;
	conn->info.send_depth = sends;
	return sends;
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
	};

	if (conn->pool) {
		attr.srq = conn->pool->srq;
	} else {
		attr.cap.max_recv_wr = conn->param.recv_depth + 2;
		attr.cap.max_recv_sge = iser_rx_whole(conn) ? 1 : ISER_RX_SGES;
	}
	return rdma_create_qp(conn->id, conn->pd, &attr);
}

/*
 * The number of work requests that a device names may be for those with few
 * SGEs.  So where it has no room, fewer SGEs are tried, then fewer requests.
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
		iser_conn_warn(conn, "the device has no send queue of %u work requests with %u SGEs: it has %u with %u",
			       sends, sges, conn->info.send_depth,
			       conn->max_sge);
	return ret;
}

/*
 * iser_verbs_create - make the queue pair of conn->id
 *
 * From the handler of conn->id, or its connect work.  May sleep.  Return: 0 or negative errno, with
 * nothing left behind but what iser_verbs_destroy() takes away.
 */
int iser_verbs_create(struct iser_conn *conn)
{
	u32 sends, receives;
	int ret;

	/* Without its id a connection would not keep the device from going. */
	if (!ib_device_try_get(conn->id->device))
		return -ENODEV;
	conn->dev = conn->id->device;
	iser_read_device(conn);
	/* A target needs an STag of its own for the sinks of iWARP only. */
	ret = iser_check_limits(conn, conn->role == ISER_INITIATOR ||
				conn->sink_mr);
	if (ret)
		return ret;

	sends = iser_size_sends(conn, conn->limits.queue);
	if (conn->role == ISER_TARGET)
		iser_pool_join(conn);
	if (!conn->pool) {
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
	receives = conn->pool ? conn->pool->room : conn->param.recv_depth;
	ret = iser_poll_init(conn, sends + ISER_SPARE_SENDS, receives + 3);
	if (ret)
		return ret;

	ret = iser_create_qp(conn);
	if (ret)
		return ret;
	conn->qp = conn->id->qp;
	return 0;
}

/*
 * iser_verbs_close - take away the queue pair and what completes for it
 *
 * After iser_verbs_drain().  The id goes first: its handler uses the rest.
 * From here on no memory of the connection is reached by the device.  Under
 * setup_lock; sleeps; not from the id's own handler.
 */
void iser_verbs_close(struct iser_conn *conn)
{
	struct ib_qp *qp;

	/* Waits for the handler. */
	if (conn->id && !iser_park(conn))
		rdma_destroy_id(conn->id);
	conn->id = NULL;
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
	/* No event any more. */
	cancel_delayed_work_sync(&conn->event_work);
}

/*
 * iser_verbs_destroy - take away all that the device knows of a connection
 *
 * After the last completion, and when all data are unmapped.  Under
 * setup_lock, or with the last reference; sleeps.
 */
void iser_verbs_destroy(struct iser_conn *conn)
{
	struct iser_ring *ring;

	iser_verbs_close(conn);
	if (conn->dev) {
		iser_tasks_unmap(conn);
		for (ring = conn->ring; ring; ring = ring->next)
			iser_ring_unmap(conn->dev, ring);
		iser_login_unmap(conn);
	}
	if (conn->pd && conn->pool)
		iser_pool_leave(conn);
	else if (conn->pd)
		ib_dealloc_pd(conn->pd);
	conn->pd = NULL;
	if (conn->dev)
		ib_device_put(conn->dev);
	conn->dev = NULL;
}
