// SPDX-License-Identifier: GPL-2.0-only
/*
 * iWARP: connections, and their way through the kernel's connection manager.
 *
 * A connection has two ends, that which connects and that which accepts.  What
 * each does is noted here, and a worker of the connection goes on from there:
 * it finds the listener, starts the queue pairs, and gives the connection
 * manager its events, in the order that it requires.  An end has its queue pair
 * and its id until its last event.
 */
#include <linux/etherdevice.h>
#include <linux/inet.h>
#include <linux/inetdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <net/addrconf.h>
#include <net/if_inet6.h>
#include <rdma/iw_cm.h>
#include "adapter.h"

#define ACTIVE		0	/* the end that connects */
#define PASSIVE		1

/* When what has not arrived is sent again */
#define TRY_AGAIN	(HZ / 5)

enum conn_state {
	CONN_SEEKS,	/* a listener */
	CONN_ASKED,	/* the listener's consumer, which has not answered */
	CONN_ACCEPTED,
	CONN_FAILED,	/* the active end is to be told the status */
	CONN_RUNS,
};

struct conn_end {
	struct iw_cm_id		*id;
	struct adapter_qp	*qp;	/* NULL: it has not begun, or is over */
	const struct adapter_dev *dev;	/* only to be compared */
	u32			ird;
	u32			ord;
	bool			ended;	/* by its own queue pair */
	bool			orderly;
};

struct adapter_conn {
	struct delayed_work	work;
	unsigned long		deadline;
	u32			number;
	enum conn_state		state;
	int			status;
	struct conn_end		end[2];
	/* Of the request, and then of the answer */
	u8			private_len;
	u8			private[U8_MAX];
};

struct listener {
	struct list_head	node;
	struct iw_cm_id		*id;
};

/*
 * The lock guards all connections, listeners, and qp->conn.  A request has a
 * number, because the connection manager may forget it or answer too late.
 */
static DEFINE_SPINLOCK(conns_lock);
static DEFINE_XARRAY_ALLOC1(conns);
static u32 next_conn;
static LIST_HEAD(listeners);

unsigned int adapter_connect_timeout = 10000;
EXPORT_SYMBOL_GPL(adapter_connect_timeout);
module_param_named(connect_timeout, adapter_connect_timeout, uint, 0644);
MODULE_PARM_DESC(connect_timeout,
		 "iWARP: a connect, and then the listener's consumer, takes so many ms at most");

static unsigned long deadline(void)
{
	return jiffies + msecs_to_jiffies(READ_ONCE(adapter_connect_timeout));
}

/* Addresses */

static bool same_ip(const struct sockaddr_storage *a,
		    const struct sockaddr_storage *b)
{
	if (a->ss_family != b->ss_family)
		return false;
	if (a->ss_family == AF_INET)
		return ((struct sockaddr_in *)a)->sin_addr.s_addr ==
		       ((struct sockaddr_in *)b)->sin_addr.s_addr;
	return ipv6_addr_equal(&((struct sockaddr_in6 *)a)->sin6_addr,
			       &((struct sockaddr_in6 *)b)->sin6_addr);
}

/* Both families have the port in the same place. */
static bool same_port(const struct sockaddr_storage *a,
		      const struct sockaddr_storage *b)
{
	return ((struct sockaddr_in *)a)->sin_port ==
	       ((struct sockaddr_in *)b)->sin_port;
}

static bool has_ip4(struct net_device *netdev, __be32 ip)
{
	struct in_device *in_dev = __in_dev_get_rcu(netdev);
	const struct in_ifaddr *ifa;

	if (!in_dev)
		return false;
	in_dev_for_each_ifa_rcu(ifa, in_dev) {
		if (ifa->ifa_local == ip)
			return true;
	}
	return false;
}

static bool has_ip6(struct net_device *netdev, const struct in6_addr *ip)
{
	struct inet6_dev *in6_dev = __in6_dev_get(netdev);
	struct inet6_ifaddr *ifa;

	if (!in6_dev)
		return false;
	list_for_each_entry_rcu(ifa, &in6_dev->addr_list, if_list) {
		if (ipv6_addr_equal(&ifa->addr, ip))
			return true;
	}
	return false;
}

static bool has_ip(struct net_device *netdev,
		   const struct sockaddr_storage *addr)
{
	bool found;

	rcu_read_lock();
	if (addr->ss_family == AF_INET)
		found = has_ip4(netdev,
				((struct sockaddr_in *)addr)->sin_addr.s_addr);
	else
		found = has_ip6(netdev,
				&((struct sockaddr_in6 *)addr)->sin6_addr);
	rcu_read_unlock();
	return found;
}

/* Whether a listener takes connections to this address of its device. */
static bool listens_at(const struct listener *l,
		       const struct sockaddr_storage *addr)
{
	struct sockaddr_storage *at = &l->id->m_local_addr;

	if (!same_port(at, addr))
		return false;
	if (inet_addr_is_any((struct sockaddr *)at))
		return at->ss_family == addr->ss_family ||
		       (at->ss_family == AF_INET6 && !l->id->afonly);
	return same_ip(at, addr);
}

/*
 * Looks for the listener of a connect.  -EAGAIN: nobody answers.  With
 * conns_lock, under which a listener and its device stay.
 */
static int find_listener(struct adapter_conn *conn, struct iw_cm_id **id)
{
	const struct sockaddr_storage *to = &conn->end[ACTIVE].id->m_remote_addr;
	struct adapter_dev *from = adapter_qp_dev(conn->end[ACTIVE].qp);
	struct adapter_dev *dev, *found = NULL;
	struct listener *l;

	spin_lock(&adapter_devs_lock);
	list_for_each_entry(dev, &adapter_devs, node) {
		if (from->link && dev->link &&
		    net_eq(dev_net(from->netdev), dev_net(dev->netdev)) &&
		    has_ip(dev->netdev, to)) {
			found = dev;
			break;
		}
	}
	spin_unlock(&adapter_devs_lock);
	if (!found)
		return -EAGAIN;
	list_for_each_entry(l, &listeners, node) {
		if (l->id->device == &found->ib && listens_at(l, to)) {
			*id = l->id;
			return 0;
		}
	}
	return -ECONNREFUSED;
}

/* Whether what one end sends arrives.  A device that is gone has no link. */
static bool wire_is_up(struct adapter_conn *conn)
{
	struct adapter_dev *dev;
	bool up = true;

	spin_lock(&adapter_devs_lock);
	list_for_each_entry(dev, &adapter_devs, node) {
		if (dev == conn->end[ACTIVE].dev ||
		    dev == conn->end[PASSIVE].dev)
			up &= dev->link;
	}
	spin_unlock(&adapter_devs_lock);
	return up;
}

/* Events */

static void event_init(struct iw_cm_event *event, const struct iw_cm_id *id,
		       enum iw_cm_event_type type, int status)
{
	*event = (struct iw_cm_event){
		.event = type,
		.status = status,
		.local_addr = id->m_local_addr,
		.remote_addr = id->m_remote_addr,
	};
}

/* The depths are those that the connection has got for this end. */
static void tell_begin(struct adapter_conn *conn, int i,
		       enum iw_cm_event_type type, int status)
{
	struct conn_end *end = &conn->end[i];
	struct iw_cm_event event;

	event_init(&event, end->id, type, status);
	event.ird = end->ird;
	event.ord = end->ord;
	if (to_adapter(end->id->device, dev)->profile->depths_swapped)
		swap(event.ird, event.ord);
	if (i == ACTIVE) {
		event.private_data = conn->private;
		event.private_data_len = conn->private_len;
	}
	end->id->event_handler(end->id, &event);
}

static void tell(struct conn_end *end, enum iw_cm_event_type type, int status)
{
	struct iw_cm_event event;

	event_init(&event, end->id, type, status);
	end->id->event_handler(end->id, &event);
}

/* The worker */

static bool conn_is(struct adapter_conn *conn, enum conn_state state)
{
	bool is;

	spin_lock(&conns_lock);
	is = conn->state == state;
	spin_unlock(&conns_lock);
	return is;
}

/* From the state to the next one, unless it has been left meanwhile. */
static bool conn_next(struct adapter_conn *conn, enum conn_state state,
		      enum conn_state next, int status)
{
	bool is;

	spin_lock(&conns_lock);
	is = conn->state == state;
	if (is) {
		conn->state = next;
		conn->status = status;
		/* The private data are still those of the request. */
		if (next == CONN_FAILED)
			conn->private_len = 0;
	}
	spin_unlock(&conns_lock);
	return is;
}

/* An end has had its last event. */
static void release(struct conn_end *end)
{
	struct adapter_qp *qp = end->qp;

	spin_lock(&conns_lock);
	qp->conn = NULL;
	end->qp = NULL;
	spin_unlock(&conns_lock);
	end->id->rem_ref(end->id);
	adapter_ref_put(&qp->ref);
}

static void seek(struct adapter_conn *conn)
{
	struct conn_end *from = &conn->end[ACTIVE];
	struct iw_cm_event event;
	struct iw_cm_id *id;
	int ret;

	spin_lock(&conns_lock);
	ret = find_listener(conn, &id);
	if (!ret)
		id->add_ref(id);
	spin_unlock(&conns_lock);
	if (ret == -EAGAIN && time_before(jiffies, conn->deadline)) {
		queue_delayed_work(adapter_wq, &conn->work, TRY_AGAIN);
		return;
	}
	if (ret) {
		conn_next(conn, CONN_SEEKS, CONN_FAILED,
			  ret == -EAGAIN ? -ETIMEDOUT : ret);
		return;
	}
	conn->deadline = deadline();
	if (conn_next(conn, CONN_SEEKS, CONN_ASKED, 0)) {
		event_init(&event, from->id, IW_CM_EVENT_CONNECT_REQUEST, 0);
		swap(event.local_addr, event.remote_addr);
		event.private_data = conn->private;
		event.private_data_len = conn->private_len;
		event.provider_data = (void *)(uintptr_t)conn->number;
		/* What the other end may use of this one */
		event.ird = from->ird;
		event.ord = from->ord;
		if (id->event_handler(id, &event))
			conn_next(conn, CONN_ASKED, CONN_FAILED, -ECONNREFUSED);
	}
	id->rem_ref(id);
}

/* The listener's consumer takes its time, or the request was lost. */
static void wait_for_answer(struct adapter_conn *conn)
{
	unsigned long now = jiffies;

	if (time_before(now, conn->deadline))
		queue_delayed_work(adapter_wq, &conn->work,
				   conn->deadline - now);
	else
		conn_next(conn, CONN_ASKED, CONN_FAILED, -ETIMEDOUT);
}

/* With an end that has ended meanwhile the connection starts all the same. */
static void start_qp(struct conn_end *end, const struct conn_end *other,
		     bool listens)
{
	struct adapter_qp *qp = end->qp;

	end->ord = min(end->ord, other->ird);
	mutex_lock(&qp->mutex);
	if (qp->state == IB_QPS_INIT) {
		qp->attr.max_rd_atomic = end->ord;
		qp->attr.max_dest_rd_atomic = end->ird;
		qp->attr.dest_qp_num = other->qp->ib.qp_num;
		WRITE_ONCE(qp->listens, listens);
		WRITE_ONCE(qp->state, IB_QPS_RTS);
	}
	mutex_unlock(&qp->mutex);
}

static void start(struct adapter_conn *conn)
{
	struct conn_end *active = &conn->end[ACTIVE];
	struct conn_end *passive = &conn->end[PASSIVE];

	start_qp(passive, active, true);
	start_qp(active, passive, false);
	conn_next(conn, CONN_ACCEPTED, CONN_RUNS, 0);
	tell_begin(conn, PASSIVE, IW_CM_EVENT_ESTABLISHED, 0);
	tell_begin(conn, ACTIVE, IW_CM_EVENT_CONNECT_REPLY, 0);
}

/*
 * The queue pair is in its error state before the connection manager hears that
 * the connection is closed.
 */
static void close_end(struct conn_end *end, const struct conn_end *other,
		      bool by_peer)
{
	struct adapter_qp *qp = end->qp;
	bool orderly = other->orderly;

	mutex_lock(&qp->mutex);
	adapter_qp_failed(qp);
	mutex_unlock(&qp->mutex);
	if (by_peer && orderly)
		tell(end, IW_CM_EVENT_DISCONNECT, 0);
	tell(end, IW_CM_EVENT_CLOSE, by_peer && !orderly ? -ECONNRESET : 0);
	release(end);
}

static void end_ends(struct adapter_conn *conn)
{
	bool own[2], arrives;
	int i;

	spin_lock(&conns_lock);
	for (i = 0; i < 2; i++)
		own[i] = conn->end[i].ended;
	arrives = wire_is_up(conn);
	spin_unlock(&conns_lock);
	if (!own[ACTIVE] && !own[PASSIVE])
		return;
	for (i = 0; i < 2; i++) {
		if (conn->end[i].qp && (own[i] || arrives))
			close_end(&conn->end[i], &conn->end[1 - i], !own[i]);
	}
	if (conn->end[ACTIVE].qp || conn->end[PASSIVE].qp)
		queue_delayed_work(adapter_wq, &conn->work, TRY_AGAIN);
}

/* No number and no queue pair leads to it, so that nobody queues the work. */
static void conn_free(struct adapter_conn *conn)
{
	spin_lock(&conns_lock);
	xa_erase(&conns, conn->number);
	spin_unlock(&conns_lock);
	cancel_delayed_work(&conn->work);
	kfree(conn);
}

static void conn_work(struct work_struct *work)
{
	struct adapter_conn *conn = container_of(to_delayed_work(work),
						 struct adapter_conn, work);

	if (conn_is(conn, CONN_SEEKS))
		seek(conn);
	if (conn_is(conn, CONN_ASKED))
		wait_for_answer(conn);
	if (conn_is(conn, CONN_ACCEPTED))
		start(conn);
	if (conn_is(conn, CONN_RUNS))
		end_ends(conn);
	if (conn_is(conn, CONN_FAILED)) {
		tell_begin(conn, ACTIVE, IW_CM_EVENT_CONNECT_REPLY,
			   conn->status);
		release(&conn->end[ACTIVE]);
	}
	if (!conn->end[ACTIVE].qp && !conn->end[PASSIVE].qp)
		conn_free(conn);
}

/* What others ask of a connection */

/*
 * The queue pair has left the states in which it has a connection, or fails
 * before.  With qp->mutex, or when nobody else has the queue pair.
 */
void adapter_conn_end(struct adapter_qp *qp, bool orderly)
{
	struct adapter_conn *conn;
	struct conn_end *end;

	spin_lock(&conns_lock);
	conn = qp->conn;
	if (conn) {
		end = &conn->end[qp == conn->end[PASSIVE].qp];
		if (!end->ended) {
			end->ended = true;
			end->orderly = orderly;
		}
		if (conn->state == CONN_SEEKS || conn->state == CONN_ASKED) {
			conn->state = CONN_FAILED;
			conn->status = -ECONNABORTED;
			conn->private_len = 0;
		}
		mod_delayed_work(adapter_wq, &conn->work, 0);
	}
	spin_unlock(&conns_lock);
}

/* Returns with a reference to the queue pair of the other end, or NULL. */
struct adapter_qp *adapter_conn_peer(struct adapter_qp *qp)
{
	struct adapter_qp *peer = NULL;
	struct adapter_conn *conn;

	spin_lock(&conns_lock);
	conn = qp->conn;
	if (conn && conn->state == CONN_RUNS && wire_is_up(conn))
		peer = conn->end[qp == conn->end[ACTIVE].qp].qp;
	if (peer && !adapter_ref_get(&peer->ref))
		peer = NULL;
	spin_unlock(&conns_lock);
	return peer;
}

/* The operations of the device */

/* iWARP has one GID, which is the Ethernet address. */
static int query_gid(struct ib_device *ib, u32 port, int index,
		     union ib_gid *gid)
{
	memset(gid, 0, sizeof(*gid));
	ether_addr_copy(gid->raw, to_adapter(ib, dev)->netdev->dev_addr);
	return 0;
}

static void add_ref(struct ib_qp *ib)
{
	refcount_inc(&to_adapter(ib, qp)->ref.count);
}

static void rem_ref(struct ib_qp *ib)
{
	adapter_ref_put(&to_adapter(ib, qp)->ref);
}

/* The caller is the owner of the queue pair, and so it stays. */
static struct ib_qp *get_qp(struct ib_device *ib, int qpn)
{
	struct adapter_qp *qp = xa_load(&to_adapter(ib, dev)->qps, qpn);

	return qp ? &qp->ib : NULL;
}

static int check_param(struct iw_cm_id *id, const struct iw_cm_conn_param *param)
{
	struct adapter_dev *dev = to_adapter(id->device, dev);
	struct ib_qp *ib = get_qp(id->device, param->qpn);

	if (!ib || param->private_data_len > U8_MAX)
		return -EINVAL;
	if (param->ird > dev->profile->max_rd_atomic ||
	    param->ord > dev->profile->max_init_rd_atomic) {
		adapter_broken(dev, RULE_QP_LIMIT, false,
			       "QP %u: more Reads than the device has",
			       param->qpn);
		return -EINVAL;
	}
	return 0;
}

/*
 * Makes an end of a connection.  The queue pair must not have one yet.  With
 * conns_lock.
 */
static int end_init(struct adapter_conn *conn, int i, struct iw_cm_id *id,
		    const struct iw_cm_conn_param *param)
{
	struct adapter_qp *qp = to_adapter(get_qp(id->device, param->qpn), qp);
	struct conn_end *end = &conn->end[i];

	if (qp->conn || READ_ONCE(qp->state) != IB_QPS_INIT) {
		adapter_broken(to_adapter(id->device, dev), RULE_QP_STATE,
			       false, "QP %u: a connection in state %u",
			       param->qpn, qp->state);
		return -EINVAL;
	}
	adapter_ref_get(&qp->ref);
	id->add_ref(id);
	qp->conn = conn;
	end->id = id;
	end->qp = qp;
	end->dev = to_adapter(id->device, dev);
	end->ird = param->ird;
	end->ord = param->ord;
	conn->private_len = param->private_data_len;
	if (param->private_data_len)
		memcpy(conn->private, param->private_data,
		       param->private_data_len);
	return 0;
}

static int connect(struct iw_cm_id *id, struct iw_cm_conn_param *param)
{
	struct adapter_conn *conn;
	int ret;

	ret = check_param(id, param);
	if (ret)
		return ret;
	conn = kzalloc(sizeof(*conn), GFP_KERNEL);
	if (!conn)
		return -ENOMEM;
	INIT_DELAYED_WORK(&conn->work, conn_work);
	conn->deadline = deadline();
	ret = xa_alloc_cyclic(&conns, &conn->number, conn, xa_limit_31b,
			      &next_conn, GFP_KERNEL);
	if (ret < 0) {
		kfree(conn);
		return ret;
	}
	spin_lock(&conns_lock);
	ret = end_init(conn, ACTIVE, id, param);
	if (ret)
		xa_erase(&conns, conn->number);
	else
		queue_delayed_work(adapter_wq, &conn->work, 0);
	spin_unlock(&conns_lock);
	if (ret)
		kfree(conn);
	return ret;
}

/* The request behind an id, if its time is not over. With conns_lock. */
static struct adapter_conn *asked(struct iw_cm_id *id)
{
	struct adapter_conn *conn;

	conn = xa_load(&conns, (uintptr_t)id->provider_data);
	return conn && conn->state == CONN_ASKED ? conn : NULL;
}

static int accept(struct iw_cm_id *id, struct iw_cm_conn_param *param)
{
	struct adapter_conn *conn;
	int ret;

	ret = check_param(id, param);
	if (ret)
		return ret;
	spin_lock(&conns_lock);
	conn = asked(id);
	ret = conn ? end_init(conn, PASSIVE, id, param) : -ECONNRESET;
	if (!ret) {
		conn->state = CONN_ACCEPTED;
		mod_delayed_work(adapter_wq, &conn->work, 0);
	}
	spin_unlock(&conns_lock);
	return ret;
}

static int reject(struct iw_cm_id *id, const void *data, u8 length)
{
	struct adapter_conn *conn;

	spin_lock(&conns_lock);
	conn = asked(id);
	if (conn) {
		conn->state = CONN_FAILED;
		conn->status = -ECONNREFUSED;
		conn->private_len = length;
		if (length)
			memcpy(conn->private, data, length);
		mod_delayed_work(adapter_wq, &conn->work, 0);
	}
	spin_unlock(&conns_lock);
	return conn ? 0 : -ECONNRESET;
}

static int create_listen(struct iw_cm_id *id, int backlog)
{
	struct listener *new = kmalloc(sizeof(*new), GFP_KERNEL), *l;
	int ret = 0;

	if (!new)
		return -ENOMEM;
	new->id = id;
	spin_lock(&conns_lock);
	list_for_each_entry(l, &listeners, node) {
		if (l->id->device == id->device &&
		    (listens_at(l, &id->m_local_addr) ||
		     listens_at(new, &l->id->m_local_addr)))
			ret = -EADDRINUSE;
	}
	if (!ret) {
		id->add_ref(id);
		id->provider_data = new;
		list_add(&new->node, &listeners);
	}
	spin_unlock(&conns_lock);
	if (ret)
		kfree(new);
	return ret;
}

static int destroy_listen(struct iw_cm_id *id)
{
	struct listener *l = id->provider_data;

	spin_lock(&conns_lock);
	list_del(&l->node);
	spin_unlock(&conns_lock);
	kfree(l);
	id->rem_ref(id);
	return 0;
}

const struct ib_device_ops adapter_iwarp_ops = {
	.iw_accept = accept,
	.iw_add_ref = add_ref,
	.iw_connect = connect,
	.iw_create_listen = create_listen,
	.iw_destroy_listen = destroy_listen,
	.iw_get_qp = get_qp,
	.iw_reject = reject,
	.iw_rem_ref = rem_ref,
	.query_gid = query_gid,
};
