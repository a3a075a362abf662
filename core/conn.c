// SPDX-License-Identifier: GPL-2.0-only
/*
 * A connection: its life from allocation to the last completion, with the
 * primitives for it: Allocate_ and Deallocate_Connection_Resources,
 * Notice_Key_Values, Enable_Datamover, Connection_Terminate and its Notify.
 *
 * One work item, end_work, ends every connection, whoever asked for it and
 * for whatever reason.  When it is done the device knows nothing of the
 * connection, so that the removal of a device never waits for a half.  The
 * halves hold a reference to what is left, the structure itself.
 */
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <iser/flow.h>
#include <iser/task.h>
#include "conn.h"
#include "device.h"
#include "cq.h"
#include "qp.h"
#include "recv.h"
#include "login.h"
#include "hello.h"
#include "unsig.h"
#include "initiator/send.h"
#include "target/pending.h"
#include "target/rx_pool.h"
#include "target/send.h"
#include "trace.h"

static void iser_connect_work(struct work_struct *work);
static void iser_cm_interrupt(struct iser_conn *conn);
static void iser_end_work(struct work_struct *work);
static void iser_free_work(struct work_struct *work);

/* iser_conn_alloc - a connection with one reference, no verbs object yet */
struct iser_conn *iser_conn_alloc(enum iser_role role,
				  const struct iser_conn_param *param,
				  const struct iser_ops *ops, void *upper)
{
	struct iser_conn *conn = kzalloc(sizeof(*conn), GFP_KERNEL);

	if (!conn)
		return NULL;
	conn->cm.parked = iser_park_alloc();
	if (!conn->cm.parked) {
		kfree(conn);
		return NULL;
	}
	conn->role = role;
	conn->param = *param;
	conn->ops = ops;
	conn->public.upper = upper;
	strscpy(conn->info.device, "(no device)", sizeof(conn->info.device));
	conn->info.inline_max = ISER_INLINE_MAX;
	conn->notice.recovery_level = ISER_LEVEL_UNKNOWN;
	kref_init(&conn->ref);
	mutex_init(&conn->setup_lock);
	mutex_init(&conn->upper_lock);
	spin_lock_init(&conn->send_lock);
	INIT_LIST_HEAD(&conn->sq.waiting);
	INIT_LIST_HEAD(&conn->sq.flush);
	INIT_LIST_HEAD(&conn->data_out.free);
	INIT_LIST_HEAD(&conn->data_out.wait);
	INIT_LIST_HEAD(&conn->pending.node);
	init_waitqueue_head(&conn->wait);
	init_completion(&conn->down);
	INIT_WORK(&conn->cm.connect_work, iser_connect_work);
	iser_event_init(conn);
	iser_drain_init(&conn->sends_drained);
	iser_drain_init(&conn->receives_drained);
	INIT_WORK(&conn->end_work, iser_end_work);
	INIT_WORK(&conn->sq.flush_work, iser_flush_work);
	INIT_WORK(&conn->free_work, iser_free_work);
	iser_hello_init(conn);
	return conn;
}

/* The memory of tasks or commands, headers and receives.  The half uses none. */
static void iser_resources_free(struct iser_conn *conn)
{
	iser_table_free(&conn->table);
	iser_hdr_pages_free(&conn->unsig.heads);
	iser_data_outs_free(conn);
	iser_rx_chunk_free(&conn->rx.chunks);
}

static void iser_free_work(struct work_struct *work)
{
	struct iser_conn *conn = container_of(work, struct iser_conn, free_work);
	unsigned int flags = memalloc_noio_save();

	/* Nothing may reach the device or a half from here on. */
	cancel_work_sync(&conn->sq.flush_work);
	iser_verbs_destroy(conn);
	/* A Login Request that the half never took: its buffer may be shared. */
	if (conn->login.pdu)
		iser_pdu_put(conn->login.pdu);
	iser_resources_free(conn);
	iser_login_free(conn);
	if (conn->rx.pool)
		iser_rx_pool_put(conn->rx.pool);
	kfree(conn->sq.sink_sg);
	kfree(conn->sq.pi_sg);
	kfree(conn->batch);
	kfree(conn->task_batch);
	kfree(conn->cm.parked);
	kfree(conn);
	memalloc_noio_restore(flags);
}

void iser_conn_set_upper(struct iser_conn *conn, void *upper)
{
	WRITE_ONCE(conn->public.upper, upper);
}
EXPORT_SYMBOL_ISER(iser_conn_set_upper);

const struct iser_info *iser_conn_info(const struct iser_conn *conn)
{
	return &conn->info;
}
EXPORT_SYMBOL_ISER(iser_conn_info);

/*
 * iser_conn_login_notify - tell a target of a Login Request, or of the end
 *
 * Not after iser_connection_close() has returned.  Sleeps.
 */
void iser_conn_login_notify(struct iser_conn *conn)
{
	mutex_lock(&conn->upper_lock);
	if (iser_conn_upper(conn))
		conn->ops->login_notify(conn);
	mutex_unlock(&conn->upper_lock);
}

/* Tell the half of the end, once.  The device holds nothing of it any longer. */
static void iser_end_tell(struct iser_conn *conn)
{
	iser_conn_event(conn, ISER_EV_DRAINED);
	/* Submitted between the flush and now; later ones find DOWN. */
	iser_transfers_flush(conn);
	if (conn->role == ISER_TARGET) {
		iser_pending_dropped(conn);
		mutex_lock(&conn->upper_lock);
	}
	if (iser_conn_upper(conn))
		conn->ops->connection_terminate_notify(conn, conn->reason);
	if (conn->role == ISER_TARGET)
		mutex_unlock(&conn->upper_lock);
	complete_all(&conn->down);
	wake_up_all(&conn->wait);
}

/* Disconnect, which tells the peer, unless the port is down: see device.c. */
static void iser_end_disconnect(struct iser_conn *conn)
{
	if (iser_port_mute(conn->cm.id))
		return;
	rdma_disconnect(conn->cm.id);
	conn->cm.disconnected = conn->info.established;
}

static void iser_end_work(struct work_struct *work)
{
	struct iser_conn *conn = container_of(work, struct iser_conn, end_work);
	/* The half has submitted nothing to one that was never established. */
	bool early = conn->role == ISER_INITIATOR && !conn->info.established;
	/*
	 * The next connection of a disk waits for this, so reclaim must not
	 * write to that disk.
	 */
	unsigned int flags = memalloc_noio_save();

	wake_up_all(&conn->wait);
	if (early) {
		iser_cm_interrupt(conn);
		iser_end_tell(conn);
		/* The queue pair is being made, or the work has not begun. */
		if (cancel_work_sync(&conn->cm.connect_work))
			iser_conn_put(conn);
	}
	/* The peer may be flooding us: it must not use another shared receive. */
	if (conn->rx.pool && conn->qp && conn->reason == -EPROTO)
		iser_drain_begin(conn);
	/* End a login that waits for the peer: other logins wait for it. */
	if (conn->role == ISER_TARGET)
		iser_conn_login_notify(conn);
	cancel_delayed_work_sync(&conn->hello.work);
	/* Wait for those who saw the connection live and now map or post. */
	synchronize_rcu();
	if (conn->qp) {
		iser_end_disconnect(conn);
		iser_verbs_drain(conn);
		iser_event_flushed(conn);
	}
	mutex_lock(&conn->setup_lock);
	iser_verbs_close(conn);
	mutex_unlock(&conn->setup_lock);
	/*
	 * No completion follows, and the device neither reads nor writes: end
	 * what waited for a completion.
	 */
	iser_transfers_flush(conn);
	if (conn->role == ISER_INITIATOR)
		iser_tasks_sweep(conn);
	else
		iser_cmds_sweep(conn);
	mutex_lock(&conn->setup_lock);
	iser_verbs_destroy(conn);
	mutex_unlock(&conn->setup_lock);

	if (!early)
		iser_end_tell(conn);
	iser_conn_put(conn);
	memalloc_noio_restore(flags);
}

/* Return: true when the send queue has completed all that was submitted. */
static bool iser_sq_drained(struct iser_conn *conn)
{
	bool drained;

	spin_lock_bh(&conn->send_lock);
	drained = !iser_state_live(conn->state) ||
		(!conn->login.sending && !conn->hello.sending &&
		 list_empty(&conn->sq.waiting) && !iser_credits_used(&conn->sq.credits));
	spin_unlock_bh(&conn->send_lock);
	return drained;
}

void iser_connection_terminate(struct iser_conn *conn)
{
	/* A peer that acknowledges nothing must not hold up the caller. */
	if (conn->role == ISER_TARGET) {
		spin_lock_bh(&conn->send_lock);
		if (iser_state_live(conn->state))
			iser_send_cq_arm(conn);
		spin_unlock_bh(&conn->send_lock);
		wait_event_timeout(conn->wait, iser_sq_drained(conn), 2 * HZ);
	}
	iser_connection_fail(conn, 0);
	wait_for_completion(&conn->down);
	/* What came after the end was submitted to this work. */
	flush_work(&conn->sq.flush_work);
}
EXPORT_SYMBOL_ISER(iser_connection_terminate);

void iser_connection_close(struct iser_conn *conn)
{
	mutex_lock(&conn->upper_lock);
	iser_conn_set_upper(conn, NULL);
	mutex_unlock(&conn->upper_lock);
	iser_pending_close(conn);
}
EXPORT_SYMBOL_ISER(iser_connection_close);

int iser_allocate_connection_resources(struct iser_conn *conn,
				       const struct iser_resources *res)
{
	struct iser_resources r = *res;
	unsigned int flags;
	int ret;

	/* RFC 5047, section 8.4: a repeated call is ignored. */
	if (conn->allocated)
		return 0;
	/* What a call that failed has made is there until the connection goes. */
	if (conn->res.tasks)
		return -ENOMEM;
	if (r.receives > conn->param.recv_depth || r.recv_data > ISER_LOGIN_TEXT)
		return -ENOSPC;
	if (conn->sq.sink_mr && !r.regions) {
		r.regions = min(r.tasks, 32u);
		r.region_pages = min(64u, conn->info.max_pages);
	}
	r.pi = r.pi && conn->info.pi;
	conn->res = r;

	/* end_work takes the verbs objects away under this lock. */
	flags = memalloc_noio_save();
	mutex_lock(&conn->setup_lock);
	ret = -ENOTCONN;
	if (!iser_state_live(READ_ONCE(conn->state)))
		goto out;
	ret = conn->role == ISER_TARGET ? iser_cmds_init(conn, r.tasks) :
					  iser_tasks_init(conn, r.tasks);
	ret = ret ?: iser_unsig_init(conn);
	if (ret)
		goto out;
	if (conn->role == ISER_INITIATOR) {
		ret = iser_data_outs_init(conn);
		if (ret)
			goto out;
	}
	ret = conn->rx.pool ? iser_rx_pool_promise(conn, r.receives) :
			   iser_rx_chunk_add(conn, r.receives);
	if (!ret && conn->sq.sink_mr)
		ret = iser_sinks_init(conn);
	if (!ret && conn->res.pi)
		ret = iser_cmds_pi_init(conn);
	if (!ret && conn->role == ISER_TARGET)
		ret = iser_rx_chunk_post(conn, NULL);
	conn->allocated = !ret;
out:
	mutex_unlock(&conn->setup_lock);
	memalloc_noio_restore(flags);
	return ret;
}
EXPORT_SYMBOL_ISER(iser_allocate_connection_resources);

void iser_notice_key_values(struct iser_conn *conn,
			    const struct iser_notice *notice)
{
	conn->notice = *notice;
	iser_fault_notice(&conn->notice);
}
EXPORT_SYMBOL_ISER(iser_notice_key_values);

int iser_enable_datamover(struct iser_conn *conn)
{
	int ret = 0;

	if (!conn->allocated || READ_ONCE(conn->state) != ISER_LOGIN)
		return -ENOTCONN;
	/*
	 * The peer may close before this end knows that it has received the
	 * last Login Response.
	 */
	if (conn->role == ISER_TARGET)
		iser_pending_excuse(conn);
	iser_hello_expect(conn);
	if (!iser_conn_event(conn, ISER_EV_ENABLE))
		return -ENOTCONN;
	if (conn->role == ISER_INITIATOR)
		ret = iser_rx_chunk_post(conn, NULL);
	if (!ret)
		ret = iser_hello_start(conn);
	if (ret)
		iser_post_failed(conn, ret);
	return ret;
}
EXPORT_SYMBOL_ISER(iser_enable_datamover);

void iser_deallocate_connection_resources(struct iser_conn *conn)
{
	flush_work(&conn->sq.flush_work);
	iser_resources_free(conn);
}
EXPORT_SYMBOL_ISER(iser_deallocate_connection_resources);

/*
 * The connection manager: events of a connection's id, and the initiator's
 * way to an established connection.
 */

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
 * queue pair answers only so many.
 */
static void iser_take_depth(struct iser_conn *conn,
			    const struct rdma_conn_param *param)
{
	u32 depth = iser_read_depth(iser_conn_iwarp(conn), param->initiator_depth,
				    param->responder_resources);

	conn->cm.ird = min(conn->cm.ird, depth);
}

/*
 * iser_cm_prepare - make what either end needs before its CM message goes out
 * @param: is given the private data
 * @private: these data, ISER_CM_LEN bytes; must live as long as @param
 *
 * Makes the queue pair and the login buffers.  Sleeps.  Return: 0 or negative
 * errno; the end of the connection frees what was made.
 */
int iser_cm_prepare(struct iser_conn *conn, struct rdma_conn_param *param,
		    u8 *private)
{
	int ret = iser_verbs_create(conn) ?: iser_login_init(conn);

	if (ret)
		return ret;
	if (!iser_conn_event(conn, ISER_EV_CONNECT))
		return -ECONNABORTED;
	iser_cm_encode(private, conn->param.remote_invalidate);
	param->private_data = private;
	param->private_data_len = ISER_CM_LEN;
	return 0;
}

/*
 * siw waits in its connect until TCP gives up, which takes two minutes.  Meanwhile
 * the half gives up and tries again every two seconds, so that soon all workers
 * for connects would wait for one dead target.  That wait can be interrupted: so
 * the worker takes a signal, from the kernel alone, as long as it is in there.
 */
#define ISER_CONNECT_SIGNAL	SIGTERM

static int iser_cm_request(struct iser_conn *conn, struct rdma_conn_param *param)
{
	int ret = -ECONNABORTED;
	bool wanted;

	if (!rdma_cap_iw_cm(conn->cm.id->device, conn->cm.id->port_num))
		return rdma_connect(conn->cm.id, param);
	allow_kernel_signal(ISER_CONNECT_SIGNAL);
	spin_lock_bh(&conn->send_lock);
	wanted = conn->state == ISER_CONNECTING;
	if (wanted)
		conn->cm.connecting = current;
	spin_unlock_bh(&conn->send_lock);
	if (wanted)
		ret = rdma_connect(conn->cm.id, param);
	spin_lock_bh(&conn->send_lock);
	conn->cm.connecting = NULL;
	spin_unlock_bh(&conn->send_lock);
	/* One that came too late must not meet the worker's next work. */
	disallow_signal(ISER_CONNECT_SIGNAL);
	return ret;
}

/* End the wait of a connect that is given up: the state is ENDING. */
static void iser_cm_interrupt(struct iser_conn *conn)
{
	spin_lock_bh(&conn->send_lock);
	if (conn->cm.connecting)
		send_sig(ISER_CONNECT_SIGNAL, conn->cm.connecting, 1);
	spin_unlock_bh(&conn->send_lock);
}

static int iser_cm_connect(struct iser_conn *conn)
{
	struct rdma_conn_param param = { };
	u8 private[ISER_CM_LEN];
	int ret;

	if (!iser_port_up(conn->cm.id))
		return -ENETDOWN;
	memcpy(&conn->info.local, &conn->cm.id->route.addr.src_addr,
	       sizeof(conn->info.local));
	ret = iser_cm_prepare(conn, &param, private);
	if (ret)
		return ret;
	/* The target reads from us; we never read from it. */
	param.responder_resources = conn->limits.ird;
	conn->cm.ird = param.responder_resources;
	param.initiator_depth = 1;
	param.retry_count = ISER_CM_RETRIES;
	param.rnr_retry_count = 6;
	conn->info.step = "the answer to the connect request";
	conn->cm.handshake = true;
	ret = iser_cm_request(conn, &param);
	/* From TCP: no host answers for the address. */
	return ret == -EHOSTUNREACH ? -ETIMEDOUT : ret;
}

/*
 * A provider may take long to connect; setup_lock keeps its objects meanwhile.
 * Swap may be on the disk that this connection brings back, so reclaim must not
 * write.
 */
static void iser_connect_work(struct work_struct *work)
{
	struct iser_conn *conn = container_of(work, struct iser_conn,
					      cm.connect_work);
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
	if (!iser_port_up(conn->cm.id))
		return -ENETDOWN;
	conn->info.step = "the route";
	return rdma_resolve_route(conn->cm.id, ISER_CM_TIMEOUT_MS);
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
		queue_work(iser_connect_wq, &conn->cm.connect_work);
		break;
	case RDMA_CM_EVENT_ESTABLISHED:
		if (conn->role == ISER_INITIATOR) {
			iser_read_private(conn, &event->param.conn);
			iser_take_depth(conn, &event->param.conn);
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
		/*
		 * Once the end has begun, this follows from our own disconnect.  iWARP
		 * closes as well when a work request has failed, and may say so before
		 * that completion is polled.
		 */
		if (READ_ONCE(conn->state) < ISER_ENDING)
			iser_conn_end(conn, -ECONNRESET, iser_conn_iwarp(conn));
		break;
	case RDMA_CM_EVENT_ADDR_CHANGE:
		ret = -EADDRNOTAVAIL;
		break;
	case RDMA_CM_EVENT_DEVICE_REMOVAL:
		conn->cm.gone = true;
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

	conn->cm.id = rdma_create_id(&init_net, iser_cm_event, conn, RDMA_PS_TCP,
				     IB_QPT_RC);
	if (IS_ERR(conn->cm.id)) {
		ret = PTR_ERR(conn->cm.id);
		conn->cm.id = NULL;
		WRITE_ONCE(conn->public.upper, NULL);
		iser_conn_put(conn);
		return ERR_PTR(ret);
	}
	conn->info.step = "the address (ARP, neighbour discovery)";
	iser_conn_event(conn, ISER_EV_RESOLVE);
	ret = rdma_resolve_addr(conn->cm.id, (struct sockaddr *)src, dst,
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
