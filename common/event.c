// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a device tells of a queue pair and of its completion queues.
 *
 * Such an event comes in any context: some adapters raise it in a hard
 * interrupt, some while they hold a lock of their own.  So the handlers take no
 * lock and print nothing.  The first event is noted, the completion queues are
 * polled, as a completion with an error says more than an event, and a work
 * ends the connection if none has done so.  No event comes any more when the
 * queue pair and the completion queues are gone: then the work is cancelled.
 */
#include "core.h"

#define ISER_EVENT_DELAY	(HZ / 10)

static void iser_event_unknown(struct iser_conn *conn)
{
	iser_conn_warn(conn, "the queue pair has failed, the device does not say why, ending the connection");
}

static void iser_event_note(struct iser_conn *conn, enum ib_event_type event)
{
	/* Once the end has begun, an error is its echo. */
	if (READ_ONCE(conn->state) >= ISER_ENDING ||
	    atomic_cmpxchg(&conn->event, 0, event + 1))
		return;
	iser_poll_kick(conn);
	queue_delayed_work(iser_wq, &conn->event_work, ISER_EVENT_DELAY);
}

static void iser_event_work(struct work_struct *work)
{
	struct iser_conn *conn = container_of(to_delayed_work(work),
					      struct iser_conn, event_work);
	enum ib_event_type event = atomic_read(&conn->event) - 1;

	if (!iser_conn_end(conn, -EIO, event == IB_EVENT_QP_LAST_WQE_REACHED))
		return;
	if (event == IB_EVENT_CQ_ERR)
		iser_conn_warn(conn, "completion queue error: %s, ending the connection",
			       ib_event_msg(event));
	else if (event == IB_EVENT_QP_LAST_WQE_REACHED)
		iser_event_unknown(conn);
	else
		iser_conn_warn(conn, "queue pair error: %s, ending the connection",
			       ib_event_msg(event));
}

/*
 * iser_event_flushed - all is polled; has nothing but a flush said why it ends?
 *
 * A peer that closes is known by the connection manager, before anything is
 * flushed; on iWARP the two come in any order.  From end_work.
 */
void iser_event_flushed(struct iser_conn *conn)
{
	if (READ_ONCE(conn->reason) == -ECONNRESET &&
	    !rdma_protocol_iwarp(conn->dev, conn->id->port_num) &&
	    iser_conn_end(conn, -EIO, false))
		iser_event_unknown(conn);
}

/* iser_event_init - once, for any connection */
void iser_event_init(struct iser_conn *conn)
{
	INIT_DELAYED_WORK(&conn->event_work, iser_event_work);
}

/* iser_cq_event - handler of both completion queues.  Any context. */
void iser_cq_event(struct ib_event *event, void *context)
{
	iser_event_note(context, event->event);
}

/*
 * iser_qp_event - handler of the queue pair.  Any context.
 *
 * With shared receives the last one is told of, and nothing is flushed that
 * would wake: while the connection lives that is how its failure shows.
 * Whatever else is not known to be harmless, also a device that has failed,
 * ends the connection.
 */
void iser_qp_event(struct ib_event *event, void *context)
{
	struct iser_conn *conn = context;

	switch (event->event) {
	case IB_EVENT_COMM_EST:
	case IB_EVENT_SQ_DRAINED:
	case IB_EVENT_PATH_MIG:
	case IB_EVENT_PATH_MIG_ERR:
		return;
	case IB_EVENT_QP_LAST_WQE_REACHED:
		complete_all(&conn->receives_drained.done);
		break;
	default:
		break;
	}
	iser_event_note(conn, event->event);
}
