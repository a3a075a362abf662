// SPDX-License-Identifier: GPL-2.0-only
/*
 * Listening: portals that wait for their device, and connect requests.
 *
 * A connection is handed on only when its first Login Request is complete,
 * because LIO reads first requests one after another.  Until its peer has
 * logged in, a connection costs a queue pair and one buffer: see pending.c.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include <rdma/ib_cm.h>
#include <iser/addr.h>
#include <iser/log.h>
#include "../conn.h"
#include "../login.h"
#include "pending.h"
#include "send.h"

struct iser_listener {
	struct list_head node;		/* iser_listeners */
	struct sockaddr_storage addr;
	struct iser_conn_param param;
	const struct iser_ops *ops;

	struct mutex lock;		/* id, reported, retry */
	struct rdma_cm_id *id;
	int reported;			/* the error that was printed last */
	unsigned long retry;		/* until the next attempt, should one fail */
	struct delayed_work listen_work;

	bool closing;
};

static DEFINE_MUTEX(iser_listeners_lock);
static LIST_HEAD(iser_listeners);
static unsigned int iser_nr_devices;	/* RDMA devices; iser_listeners_lock */

#define ISER_LISTEN_RETRY	((unsigned long)HZ)
#define ISER_LISTEN_RARE	(60UL * HZ)	/* the longest time between attempts */
#define ISER_LISTEN_MOVED	(HZ / 10)	/* for the other changes of a burst */

static int iser_listen_event(struct rdma_cm_id *id, struct rdma_cm_event *event);

/* Returns true if iser_accept() must not wait any longer. */
static bool iser_accept_ready(struct iser_listener *l, struct iser_conn **conn)
{
	if (!READ_ONCE(l->closing))
		*conn = iser_pending_take(l);
	return *conn || READ_ONCE(l->closing);
}

struct iser_conn *iser_accept(struct iser_listener *l)
{
	struct iser_conn *conn = NULL;
	int ret;

	ret = wait_event_interruptible(iser_pending_wait,
				       iser_accept_ready(l, &conn));
	if (conn)
		return conn;
	return ERR_PTR(ret ?: -ESHUTDOWN);
}
EXPORT_SYMBOL_ISER(iser_accept);

/* --- connect requests --------------------------------------------------- */

static int iser_accept_request(struct iser_listener *l, struct iser_conn *conn,
			       const struct rdma_conn_param *req)
{
	struct rdma_conn_param param = { };
	u8 private[ISER_CM_LEN];
	int ret;

	ret = iser_cm_prepare(conn, &param, private);
	if (ret)
		return ret;
	/* It must be entered before its first message can come. */
	ret = iser_pending_enter(conn, l);
	if (ret)
		return ret;
	ret = iser_login_post_recv(conn);
	if (ret)
		return ret;

	/*
	 * For a passive id the event holds the depth that we may use.  Some
	 * iWARP adapters put their own depth there and keep to the peer's by
	 * themselves.  If the peer's is 0, an RDMA Read stalls, which the half
	 * must notice.
	 */
	iser_reads_set(conn, min(req->initiator_depth, conn->limits.ord), true);
	conn->info.remote_invalidate = conn->param.remote_invalidate &&
		iser_cm_may_invalidate(req->private_data,
				       req->private_data_len);

	/* An empty pool grows within a fraction of a millisecond. */
	if (conn->rx.pool)
		rdma_set_min_rnr_timer(conn->cm.id, IB_RNR_TIMER_000_64);
	param.initiator_depth = conn->sq.reads.ord;
	param.retry_count = 7;
	param.rnr_retry_count = 7;
	return rdma_accept(conn->cm.id, &param);
}

/* Return: 0, or an error: then the caller, the CM, destroys the id. */
static int iser_connect_request(struct iser_listener *l, struct rdma_cm_id *id,
				const struct rdma_conn_param *req)
{
	struct iser_conn *conn = NULL;
	int ret;

	if (iser_pending_full())
		iser_log_line(ISER_LOG_STRANGER, &id->route.addr.dst_addr,
			      KBUILD_MODNAME ": target, ", id->device->name,
			      "connection refused: %d connections have not logged in or are being ended",
			      2 * ISER_MAX_PENDING);
	else
		conn = iser_conn_alloc(ISER_TARGET, &l->param, l->ops, NULL);
	if (!conn) {
		rdma_reject(id, NULL, 0, IB_CM_REJ_CONSUMER_DEFINED);
		return -ENOMEM;
	}
	conn->cm.id = id;
	conn->cm.handshake = true;
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
		/* The connection ends as usual, and its id with it. */
		rdma_reject(id, NULL, 0, IB_CM_REJ_CONSUMER_DEFINED);
		iser_connection_fail(conn, ret);
	}
	return 0;
}

static int iser_listen_event(struct rdma_cm_id *id, struct rdma_cm_event *event)
{
	struct iser_listener *l = id->context;
	char addr[ISER_ADDR_TEXT];
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
		 * The id is no longer of use.  Its own handler can't destroy
		 * it; the work does that and listens again.
		 */
		pr_info("portal %s: %s, listening again when the address is back\n",
			iser_addr_text(addr, &l->addr),
			rdma_event_msg(event->event));
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
	/* [::] must leave 0.0.0.0 to another portal. */
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
 * The CM listens on 0.0.0.0 and [::] without a device, but hears no initiator.
 */
static void iser_listen_said(struct iser_listener *l, int ret)
{
	char text[ISER_ADDR_TEXT];
	const char *addr;

	if (!ret && iser_listens_on_any(l) && !READ_ONCE(iser_nr_devices))
		ret = -ENXIO;
	if (ret == l->reported)
		return;
	l->reported = ret;
	addr = iser_addr_text(text, &l->addr);
	if (!ret)
		pr_info("portal %s: listening\n", addr);
	else if (ret == -ENXIO)
		pr_info("portal %s: there is no RDMA device, listening on each that appears\n",
			addr);
	else if (ret == -EADDRINUSE)
		pr_warn("portal %s: the address is in use; on software iWARP close the portal's iSCSI/TCP listener: ss -K state listening src <address> sport = :<port>\n",
			addr);
	else if (ret == -ENODEV || ret == -EADDRNOTAVAIL)
		pr_info("portal %s: no RDMA device has this address yet, listening as soon as one does\n",
			addr);
	else
		pr_warn("portal %s: can't listen: error %d, trying again\n",
			addr, ret);
}

/*
 * Try again later if there was an error.  The CM prints a line for each attempt on a
 * wildcard address that fails on one device, so that these become rare.  Under
 * l->lock.
 */
static void iser_listen_again(struct iser_listener *l, int ret)
{
	if (!ret || !l->retry)
		l->retry = ISER_LISTEN_RETRY;
	if (!ret)
		return;
	queue_delayed_work(iser_wq, &l->listen_work, l->retry);
	if (iser_listens_on_any(l))
		l->retry = min(2 * l->retry, ISER_LISTEN_RARE);
}

static void iser_listen_work(struct work_struct *work)
{
	struct iser_listener *l = container_of(to_delayed_work(work),
					       struct iser_listener,
					       listen_work);
	unsigned int flags;
	int ret;

	/* The removal of a device, which a disk may be waiting for, takes the lock. */
	flags = memalloc_noio_save();
	mutex_lock(&l->lock);
	if (READ_ONCE(l->closing))
		goto unlock;
	if (l->id) {
		rdma_destroy_id(l->id);
		l->id = NULL;
	}
	ret = iser_listen_now(l);
	iser_listen_said(l, ret);
	iser_listen_again(l, ret);
unlock:
	mutex_unlock(&l->lock);
	memalloc_noio_restore(flags);
}

/* iser_listeners_device - an RDMA device has appeared, or goes.  May sleep. */
void iser_listeners_device(bool added)
{
	struct iser_listener *l;

	mutex_lock(&iser_listeners_lock);
	WRITE_ONCE(iser_nr_devices, iser_nr_devices + (added ? 1 : -1));
	list_for_each_entry(l, &iser_listeners, node) {
		/* Only portals that wait have work pending. */
		if (added && delayed_work_pending(&l->listen_work))
			mod_delayed_work(iser_wq, &l->listen_work, 0);
		mutex_lock(&l->lock);
		if (l->id)
			iser_listen_said(l, 0);
		mutex_unlock(&l->lock);
	}
	mutex_unlock(&iser_listeners_lock);
}

static void iser_listeners_look(struct work_struct *work)
{
	struct iser_listener *l;

	mutex_lock(&iser_listeners_lock);
	list_for_each_entry(l, &iser_listeners, node) {
		mutex_lock(&l->lock);
		/* One that waits for its address need not wait for its time. */
		if (l->id ? iser_id_stranded(l->id) :
		    delayed_work_pending(&l->listen_work))
			mod_delayed_work(iser_wq, &l->listen_work, 0);
		mutex_unlock(&l->lock);
	}
	mutex_unlock(&iser_listeners_lock);
}

static DECLARE_DELAYED_WORK(iser_listeners_dwork, iser_listeners_look);

/*
 * iser_listeners_moved - addresses of a device have changed
 *
 * The connection manager tells a listening id that its address has moved only if
 * the hardware address has changed too.  Any context; changes come in bursts.
 */
void iser_listeners_moved(void)
{
	queue_delayed_work(iser_wq, &iser_listeners_dwork, ISER_LISTEN_MOVED);
}

/* iser_listeners_exit - no device is left that could tell of a change */
void iser_listeners_exit(void)
{
	cancel_delayed_work_sync(&iser_listeners_dwork);
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
	l->reported = 1;
	mutex_init(&l->lock);
	INIT_DELAYED_WORK(&l->listen_work, iser_listen_work);

	mutex_lock(&iser_listeners_lock);
	list_add_tail(&l->node, &iser_listeners);
	mutex_unlock(&iser_listeners_lock);

	mutex_lock(&l->lock);
	ret = iser_listen_now(l);
	iser_listen_said(l, ret);
	iser_listen_again(l, ret);
	mutex_unlock(&l->lock);
	return l;
}
EXPORT_SYMBOL_ISER(iser_listen);

void iser_unlisten(struct iser_listener *l)
{
	mutex_lock(&iser_listeners_lock);
	list_del(&l->node);
	mutex_unlock(&iser_listeners_lock);

	WRITE_ONCE(l->closing, true);
	wake_up_all(&iser_pending_wait);

	cancel_delayed_work_sync(&l->listen_work);
	/* Waits for the handler; no connection is added from here on. */
	if (l->id)
		rdma_destroy_id(l->id);
	/* The handler may have queued it again. */
	cancel_delayed_work_sync(&l->listen_work);

	iser_pending_end(l);
	kfree(l);
}
EXPORT_SYMBOL_ISER(iser_unlisten);
