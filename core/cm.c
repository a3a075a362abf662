// SPDX-License-Identifier: GPL-2.0-only
/*
 * The connection manager: events of a connection's id, and the initiator's
 * way to an established connection.
 */
#include <linux/sched/mm.h>
#include "conn.h"
#include "device.h"
#include "cm.h"
#include "qp.h"
#include "login.h"

#define ISER_CM_TIMEOUT_MS	1000
#define ISER_CM_RETRIES		7

/*
 * Read the private data of the peer.  RFC 7145 leaves them to the connection
 * manager; Documentation/protocol.md says what deployed peers send.
 */
static void iser_read_private(struct iser_conn *conn,
			      const struct rdma_conn_param *param)
{
	conn->info.remote_invalidate = conn->param.remote_invalidate &&
		iser_cm_may_invalidate(param->private_data,
				       param->private_data_len);
}

/*
 * The target may have asked for fewer RDMA Reads than were offered.  Then the
 * queue pair answers only so many.  iWARP's event has the two numbers swapped.
 */
static void iser_read_depth(struct iser_conn *conn,
			    const struct rdma_conn_param *param)
{
	u32 depth = rdma_protocol_iwarp(conn->dev, conn->id->port_num) ?
		param->initiator_depth : param->responder_resources;

	conn->ird = min(conn->ird, depth);
}

static int iser_cm_connect(struct iser_conn *conn)
{
	struct rdma_conn_param param = { };
	u8 private[ISER_CM_LEN];
	int ret;

	if (!iser_port_up(conn->id))
		return -ENETDOWN;
	memcpy(&conn->info.local, &conn->id->route.addr.src_addr,
	       sizeof(conn->info.local));
	ret = iser_verbs_create(conn);
	if (ret)
		return ret;
	ret = iser_login_init(conn);
	if (ret)
		return ret;
	if (!iser_conn_event(conn, ISER_EV_CONNECT))
		return -ECONNABORTED;

	iser_cm_encode(private, conn->param.remote_invalidate);
	param.private_data = private;
	param.private_data_len = sizeof(private);
	/* The target reads from us; we never read from it. */
	param.responder_resources = conn->limits.ird;
	conn->ird = param.responder_resources;
	param.initiator_depth = 1;
	param.retry_count = ISER_CM_RETRIES;
	param.rnr_retry_count = 6;
	conn->info.step = "the answer to the connect request";
	conn->handshake = true;
	ret = rdma_connect(conn->id, &param);
	/* From TCP: no host answers for the address. */
	return ret == -EHOSTUNREACH ? -ETIMEDOUT : ret;
}

/*
 * A provider may take long to connect; setup_lock keeps its objects meanwhile.
 * Swap may be on the disk that this connection brings back, so reclaim must not
 * write.
 */
void iser_connect_work(struct work_struct *work)
{
	struct iser_conn *conn = container_of(work, struct iser_conn,
					      connect_work);
	unsigned int flags = memalloc_noio_save();
	int ret = 0;

	mutex_lock(&conn->setup_lock);
	if (READ_ONCE(conn->state) == ISER_RESOLVING)
		ret = iser_cm_connect(conn);
	mutex_unlock(&conn->setup_lock);
	if (ret)
		iser_connection_fail(conn, ret);
	iser_conn_put(conn);
	memalloc_noio_restore(flags);
}

/* The address is known, and with it the device. */
static int iser_cm_route(struct iser_conn *conn)
{
	iser_port_note(conn);
	if (!iser_port_up(conn->id))
		return -ENETDOWN;
	conn->info.step = "the route";
	return rdma_resolve_route(conn->id, ISER_CM_TIMEOUT_MS);
}

/* No address or no route: find out whether a port is the cause. */
static int iser_cm_unresolved(struct iser_conn *conn, int status)
{
	return iser_port_cause(conn, status == -ETIMEDOUT ? -ETIMEDOUT :
							    -EHOSTUNREACH);
}

/*
 * iser_cm_event - handler of a connection's id
 *
 * Never sleeps for another connection or for an iSCSI layer: it only starts
 * the end.  The CM has one thread for all events of the host, so here too
 * reclaim must not write.  Return: always 0; the connection destroys the id.
 */
int iser_cm_event(struct rdma_cm_id *id, struct rdma_cm_event *event)
{
	unsigned int flags = memalloc_noio_save();
	struct iser_conn *conn = id->context;
	int ret = 0;

	switch (event->event) {
	case RDMA_CM_EVENT_ADDR_RESOLVED:
		ret = iser_cm_route(conn);
		break;
	case RDMA_CM_EVENT_ROUTE_RESOLVED:
		iser_conn_get(conn);
		queue_work(iser_connect_wq, &conn->connect_work);
		break;
	case RDMA_CM_EVENT_ESTABLISHED:
		if (conn->role == ISER_INITIATOR) {
			iser_read_private(conn, &event->param.conn);
			iser_read_depth(conn, &event->param.conn);
		}
		/* At a target the first message may have come before this. */
		iser_conn_event(conn, ISER_EV_ESTABLISHED);
		break;
	case RDMA_CM_EVENT_ADDR_ERROR:
	case RDMA_CM_EVENT_ROUTE_ERROR:
		ret = iser_cm_unresolved(conn, event->status);
		break;
	case RDMA_CM_EVENT_UNREACHABLE:
	case RDMA_CM_EVENT_CONNECT_ERROR:
		ret = event->status < 0 ? event->status : -EHOSTUNREACH;
		break;
	case RDMA_CM_EVENT_REJECTED:
		ret = -ECONNREFUSED;
		break;
	case RDMA_CM_EVENT_DISCONNECTED:
		/* Once the end has begun, this follows from our own disconnect. */
		if (READ_ONCE(conn->state) < ISER_ENDING)
			ret = -ECONNRESET;
		break;
	case RDMA_CM_EVENT_ADDR_CHANGE:
		ret = -EADDRNOTAVAIL;
		break;
	case RDMA_CM_EVENT_DEVICE_REMOVAL:
		conn->gone = true;
		ret = -ENODEV;
		break;
	default:
		break;
	}
	if (ret)
		iser_connection_fail(conn, ret);
	memalloc_noio_restore(flags);
	return 0;
}

struct iser_conn *iser_connect(const struct sockaddr *dst,
			       const struct sockaddr *src,
			       const struct iser_conn_param *param,
			       const struct iser_ops *ops, void *upper)
{
	struct iser_conn *conn;
	int ret;

	conn = iser_conn_alloc(ISER_INITIATOR, param, ops, upper);
	if (!conn)
		return ERR_PTR(-ENOMEM);
	memcpy(&conn->info.remote, dst, dst->sa_family == AF_INET6 ?
	       sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));

	conn->id = rdma_create_id(&init_net, iser_cm_event, conn, RDMA_PS_TCP,
				  IB_QPT_RC);
	if (IS_ERR(conn->id)) {
		ret = PTR_ERR(conn->id);
		conn->id = NULL;
		WRITE_ONCE(conn->upper, NULL);
		iser_conn_put(conn);
		return ERR_PTR(ret);
	}
	conn->info.step = "the address (ARP, neighbour discovery)";
	iser_conn_event(conn, ISER_EV_RESOLVE);
	ret = rdma_resolve_addr(conn->id, (struct sockaddr *)src, dst,
				ISER_CM_TIMEOUT_MS);
	if (ret)
		iser_connection_fail(conn, iser_cm_unresolved(conn, ret));
	return conn;
}
EXPORT_SYMBOL_ISER(iser_connect);

/* Return: true when the connection is established, or has failed. */
static bool iser_conn_settled(struct iser_conn *conn)
{
	return READ_ONCE(conn->state) >= ISER_LOGIN;
}

int iser_wait_connected(struct iser_conn *conn, int timeout_ms)
{
	long ret = 1;

	if (timeout_ms < 0)
		ret = wait_event_interruptible(conn->wait,
					       iser_conn_settled(conn));
	else if (timeout_ms)
		ret = wait_event_interruptible_timeout(conn->wait,
						       iser_conn_settled(conn),
						       msecs_to_jiffies(timeout_ms));
	if (ret < 0)
		return ret;
	if (!iser_conn_settled(conn))
		return 0;
	if (iser_state_live(READ_ONCE(conn->state)))
		return 1;
	return conn->reason ?: -ENOTCONN;
}
EXPORT_SYMBOL_ISER(iser_wait_connected);
