// SPDX-License-Identifier: GPL-2.0-only
/*
 * Listening: portals that wait for their device, and connections that wait
 * to be accepted.
 *
 * A connection is handed on only when its first Login Request is complete,
 * because LIO reads first requests one after another.  Those that stay silent
 * cost their queue pair and one buffer, for a bounded time, and are bounded in
 * number: the oldest silent one makes room.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include <rdma/ib_cm.h>
#include "core.h"

struct iser_listener {
	struct list_head node;		/* iser_listeners */
	struct sockaddr_storage addr;
	struct iser_conn_param param;
	const struct iser_ops *ops;

	struct mutex lock;		/* id, said */
	struct rdma_cm_id *id;
	int said;			/* the error that was printed last */
	struct delayed_work listen_work;

	/* iser_queue_lock */
	struct list_head silent, ready;	/* of iser_conn.node */
	u32 nr_silent;
	bool closing;
	wait_queue_head_t wait;
};

/*
 * Guards the lists of all listeners and iser_conn.listener: one for all, so
 * that a connection may outlive its listener.  Set-up only, never I/O.
 */
static DEFINE_SPINLOCK(iser_queue_lock);
static DEFINE_MUTEX(iser_listeners_lock);
static LIST_HEAD(iser_listeners);
static unsigned int iser_nr_devices;	/* RDMA devices; iser_listeners_lock */

#define ISER_LISTEN_RETRY	HZ

static int iser_listen_event(struct rdma_cm_id *id, struct rdma_cm_event *event);

/* --- connections not accepted yet -------------------------------------- */

static void iser_silent_work(struct work_struct *work)
{
	struct iser_conn *conn = container_of(to_delayed_work(work),
					      struct iser_conn, silent_work);

	iser_conn_warn(conn, "sent no Login Request in %d seconds, dropping it",
		       ISER_SILENT_TIME / HZ);
	iser_connection_fail(conn, -ETIMEDOUT);
}

/* Enter a new connection; the oldest silent one goes if there are too many. */
static bool iser_listener_add(struct iser_listener *l, struct iser_conn *conn)
{
	struct iser_conn *oldest = NULL;

	spin_lock_bh(&iser_queue_lock);
	if (l->closing) {
		spin_unlock_bh(&iser_queue_lock);
		return false;
	}
	if (l->nr_silent >= ISER_MAX_SILENT) {
		oldest = list_first_entry(&l->silent, struct iser_conn, node);
		iser_conn_get(oldest);
	}
	conn->listener = l;
	list_add_tail(&conn->node, &l->silent);
	conn->silent = true;
	l->nr_silent++;
	spin_unlock_bh(&iser_queue_lock);

	if (oldest) {
		iser_conn_warn(oldest, "more than %d connections without a Login Request, dropping the oldest",
			       ISER_MAX_SILENT);
		iser_connection_fail(oldest, -ENOBUFS);
		iser_conn_put(oldest);
	}
	return true;
}

/* The connection has sent something, or has ended: count it out. */
static void iser_listener_spoke(struct iser_conn *conn)
{
	if (conn->silent)
		conn->listener->nr_silent--;
	conn->silent = false;
}

/* iser_listener_ready - the first Login Request is here.  Any context. */
void iser_listener_ready(struct iser_conn *conn)
{
	spin_lock_bh(&iser_queue_lock);
	if (conn->listener) {
		iser_listener_spoke(conn);
		list_move_tail(&conn->node, &conn->listener->ready);
		wake_up(&conn->listener->wait);
	}
	spin_unlock_bh(&iser_queue_lock);
}

/*
 * iser_listener_dropped - the connection has ended
 *
 * As long as nobody has accepted it, its first reference is the listener's;
 * it goes here.  From end_work.
 */
void iser_listener_dropped(struct iser_conn *conn)
{
	bool accepted;

	cancel_delayed_work_sync(&conn->silent_work);
	spin_lock_bh(&iser_queue_lock);
	accepted = conn->accepted;
	if (conn->listener) {
		iser_listener_spoke(conn);
		list_del_init(&conn->node);
		conn->listener = NULL;
	}
	spin_unlock_bh(&iser_queue_lock);
	if (!accepted)
		iser_conn_put(conn);
}

struct iser_conn *iser_accept(struct iser_listener *l)
{
	struct iser_conn *conn = NULL;
	int ret;

	ret = wait_event_interruptible(l->wait, READ_ONCE(l->closing) ||
				       !list_empty_careful(&l->ready));
	if (ret)
		return ERR_PTR(ret);

	spin_lock_bh(&iser_queue_lock);
	if (!l->closing && !list_empty(&l->ready)) {
		conn = list_first_entry(&l->ready, struct iser_conn, node);
		list_del_init(&conn->node);
		conn->listener = NULL;
		WRITE_ONCE(conn->accepted, true);
	}
	ret = l->closing ? -ESHUTDOWN : -EAGAIN;
	spin_unlock_bh(&iser_queue_lock);
	return conn ?: ERR_PTR(ret);
}
EXPORT_SYMBOL_ISER(iser_accept);

/* --- connect requests --------------------------------------------------- */

static int iser_accept_request(struct iser_listener *l, struct iser_conn *conn,
			       const struct rdma_conn_param *req)
{
	struct rdma_conn_param param = { };
	u8 private[ISER_CM_LEN];
	int ret;

	ret = iser_verbs_create(conn);
	if (ret)
		return ret;
	ret = iser_login_init(conn);
	if (ret)
		return ret;
	iser_conn_event(conn, ISER_EV_CONNECT);
	/* Entered before the first message can come. */
	if (!iser_listener_add(l, conn))
		return -ESHUTDOWN;
	ret = iser_login_post_recv(conn);
	if (ret)
		return ret;
	queue_delayed_work(iser_wq, &conn->silent_work, ISER_SILENT_TIME);

	/*
	 * For a passive id the event holds the depth that we may use.  Some
	 * iWARP adapters put their own there: they keep to the peer's by
	 * themselves, and where that is none an RDMA Read stalls, which the
	 * half has to notice.
	 */
	iser_reads_set(conn, min(req->initiator_depth, conn->limits.ord), true);
	conn->info.remote_invalidate = conn->param.remote_invalidate &&
		iser_cm_may_invalidate(req->private_data,
				       req->private_data_len);

	/* An empty pool grows within a fraction of a millisecond. */
	if (conn->pool)
		rdma_set_min_rnr_timer(conn->id, IB_RNR_TIMER_000_64);
	iser_cm_encode(private, conn->param.remote_invalidate);
	param.private_data = private;
	param.private_data_len = sizeof(private);
	param.initiator_depth = conn->reads.ord;
	param.retry_count = 7;
	param.rnr_retry_count = 7;
	return rdma_accept(conn->id, &param);
}

/* Return: 0, or an error: then the caller, the CM, destroys the id. */
static int iser_connect_request(struct iser_listener *l, struct rdma_cm_id *id,
				const struct rdma_conn_param *req)
{
	struct iser_conn *conn;
	int ret;

	conn = iser_conn_alloc(ISER_TARGET, &l->param, l->ops, NULL);
	if (!conn) {
		rdma_reject(id, NULL, 0, IB_CM_REJ_CONSUMER_DEFINED);
		return -ENOMEM;
	}
	INIT_DELAYED_WORK(&conn->silent_work, iser_silent_work);
	conn->id = id;
	conn->handshake = true;
	memcpy(&conn->info.local, &id->route.addr.src_addr,
	       sizeof(conn->info.local));
	memcpy(&conn->info.remote, &id->route.addr.dst_addr,
	       sizeof(conn->info.remote));
	id->context = conn;
	id->event_handler = iser_cm_event;
	ret = iser_accept_request(l, conn, req);
	if (ret) {
		iser_conn_warn(conn, "can't accept the connection: error %d",
			       ret);
		/* The end goes its usual way, and takes the id with it. */
		rdma_reject(id, NULL, 0, IB_CM_REJ_CONSUMER_DEFINED);
		iser_connection_fail(conn, ret);
	}
	return 0;
}

static int iser_listen_event(struct rdma_cm_id *id, struct rdma_cm_event *event)
{
	struct iser_listener *l = id->context;
	unsigned int flags;
	int ret;

	switch (event->event) {
	case RDMA_CM_EVENT_CONNECT_REQUEST:
		/* As in iser_cm_event(): initiators share the CM's thread. */
		flags = memalloc_noio_save();
		ret = iser_connect_request(l, id, &event->param.conn);
		memalloc_noio_restore(flags);
		return ret;
	case RDMA_CM_EVENT_ADDR_CHANGE:
	case RDMA_CM_EVENT_DEVICE_REMOVAL:
		/*
		 * The id is of no use any more.  It can't be destroyed from its
		 * own handler; the work does that and listens anew.
		 */
		pr_info("portal %pISpc: %s, listening again when the address is back\n",
			&l->addr, rdma_event_msg(event->event));
		mod_delayed_work(iser_wq, &l->listen_work, 0);
		return 0;
	default:
		return 0;
	}
}

/* --- the listening id --------------------------------------------------- */

static int iser_listen_now(struct iser_listener *l)
{
	struct rdma_cm_id *id;
	int ret;

	id = rdma_create_id(&init_net, iser_listen_event, l, RDMA_PS_TCP,
			    IB_QPT_RC);
	if (IS_ERR(id))
		return PTR_ERR(id);
	/* [::] must leave 0.0.0.0 to a portal of its own. */
	ret = rdma_set_afonly(id, 1);
	if (!ret)
		ret = rdma_bind_addr(id, (struct sockaddr *)&l->addr);
	if (!ret)
		ret = rdma_listen(id, 0);
	if (ret) {
		rdma_destroy_id(id);
		return ret;
	}
	l->id = id;
	return 0;
}

static bool iser_listens_on_any(const struct iser_listener *l)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&l->addr;
	const struct sockaddr_in *in = (const struct sockaddr_in *)&l->addr;

	return l->addr.ss_family == AF_INET6 ?
		ipv6_addr_any(&in6->sin6_addr) :
		in->sin_addr.s_addr == htonl(INADDR_ANY);
}

/*
 * Say what an administrator can do, once for each cause.  Under l->lock.
 *
 * 0.0.0.0 and [::] can be listened on without a device; nobody is heard then.
 */
static void iser_listen_said(struct iser_listener *l, int ret)
{
	if (!ret && iser_listens_on_any(l) && !READ_ONCE(iser_nr_devices))
		ret = -ENXIO;
	if (ret == l->said)
		return;
	l->said = ret;
	if (!ret)
		pr_info("portal %pISpc: listening\n", &l->addr);
	else if (ret == -ENXIO)
		pr_info("portal %pISpc: there is no RDMA device, listening on each that appears\n",
			&l->addr);
	else if (ret == -EADDRINUSE)
		pr_warn("portal %pISpc: the address is in use, on software iWARP by the portal's own iSCSI/TCP listener; close that one with \"ss -K state listening src <address> sport = :<port>\", this portal then listens by itself\n",
			&l->addr);
	else if (ret == -ENODEV || ret == -EADDRNOTAVAIL)
		pr_info("portal %pISpc: no RDMA device has this address yet, listening as soon as one does\n",
			&l->addr);
	else
		pr_warn("portal %pISpc: can't listen: error %d, trying again\n",
			&l->addr, ret);
}

static void iser_listen_work(struct work_struct *work)
{
	struct iser_listener *l = container_of(to_delayed_work(work),
					       struct iser_listener,
					       listen_work);
	int ret;

	mutex_lock(&l->lock);
	if (READ_ONCE(l->closing))
		goto unlock;
	if (l->id) {
		rdma_destroy_id(l->id);
		l->id = NULL;
	}
	ret = iser_listen_now(l);
	iser_listen_said(l, ret);
	if (ret)
		queue_delayed_work(iser_wq, &l->listen_work, ISER_LISTEN_RETRY);
unlock:
	mutex_unlock(&l->lock);
}

/* iser_listeners_device - an RDMA device has appeared, or goes.  May sleep. */
void iser_listeners_device(bool added)
{
	struct iser_listener *l;

	mutex_lock(&iser_listeners_lock);
	WRITE_ONCE(iser_nr_devices, iser_nr_devices + (added ? 1 : -1));
	list_for_each_entry(l, &iser_listeners, node) {
		/* Only those that wait have work pending. */
		if (added && delayed_work_pending(&l->listen_work))
			mod_delayed_work(iser_wq, &l->listen_work, 0);
		mutex_lock(&l->lock);
		if (l->id)
			iser_listen_said(l, 0);
		mutex_unlock(&l->lock);
	}
	mutex_unlock(&iser_listeners_lock);
}

struct iser_listener *iser_listen(const struct sockaddr_storage *addr,
				  const struct iser_conn_param *param,
				  const struct iser_ops *ops)
{
	struct iser_listener *l = kzalloc(sizeof(*l), GFP_KERNEL);
	int ret;

	if (!l)
		return ERR_PTR(-ENOMEM);
	l->addr = *addr;
	l->param = *param;
	l->ops = ops;
	l->said = 1;
	mutex_init(&l->lock);
	INIT_LIST_HEAD(&l->silent);
	INIT_LIST_HEAD(&l->ready);
	init_waitqueue_head(&l->wait);
	INIT_DELAYED_WORK(&l->listen_work, iser_listen_work);

	mutex_lock(&iser_listeners_lock);
	list_add_tail(&l->node, &iser_listeners);
	mutex_unlock(&iser_listeners_lock);

	mutex_lock(&l->lock);
	ret = iser_listen_now(l);
	iser_listen_said(l, ret);
	if (ret)
		queue_delayed_work(iser_wq, &l->listen_work, ISER_LISTEN_RETRY);
	mutex_unlock(&l->lock);
	return l;
}
EXPORT_SYMBOL_ISER(iser_listen);

static struct iser_conn *iser_listener_first(struct iser_listener *l)
{
	struct iser_conn *conn;

	spin_lock_bh(&iser_queue_lock);
	conn = list_first_entry_or_null(&l->silent, struct iser_conn, node);
	if (!conn)
		conn = list_first_entry_or_null(&l->ready, struct iser_conn,
						node);
	if (conn)
		iser_conn_get(conn);
	spin_unlock_bh(&iser_queue_lock);
	return conn;
}

void iser_unlisten(struct iser_listener *l)
{
	struct iser_conn *conn;

	mutex_lock(&iser_listeners_lock);
	list_del(&l->node);
	mutex_unlock(&iser_listeners_lock);

	spin_lock_bh(&iser_queue_lock);
	l->closing = true;
	spin_unlock_bh(&iser_queue_lock);
	wake_up_all(&l->wait);

	cancel_delayed_work_sync(&l->listen_work);
	/* Waits for the handler; no connection is added from here on. */
	if (l->id)
		rdma_destroy_id(l->id);
	/* The handler may have queued it again. */
	cancel_delayed_work_sync(&l->listen_work);

	while ((conn = iser_listener_first(l))) {
		iser_connection_fail(conn, -ESHUTDOWN);
		wait_for_completion(&conn->down);
		iser_conn_put(conn);
	}
	kfree(l);
}
EXPORT_SYMBOL_ISER(iser_unlisten);
