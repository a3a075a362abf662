// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a device offers: read once for each connection, clamped and judged here.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/inetdevice.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <rdma/ib_cache.h>
#include "conn.h"
#include "device.h"
#include "qp.h"
#include "recv.h"
#include "target/pending.h"

/*
 * More is of no use, and not all drivers keep what they promise: irdma reports
 * 262144 pages and describes no more than this to its device.
 */
#define ISER_MAX_PAGES		512

#define ISER_MIN_PAGES		8	/* iSER cannot work with less */

static u32 iser_max_mapping(struct ib_device *dev)
{
	/* Software devices map nothing. */
	if (!dev->dma_device)
		return U32_MAX;
	return min_t(size_t, dma_max_mapping_size(dev->dma_device), U32_MAX);
}

/*
 * The unit in which memory is registered.  These two drivers fix it when the
 * memory region is allocated and ignore what the registration says, so that
 * their devices would read and write memory that is not the buffer's.
 */
static u32 iser_page_size(const struct ib_device *dev)
{
	switch (dev->ops.driver_id) {
	case RDMA_DRIVER_ERDMA:
	case RDMA_DRIVER_VMW_PVRDMA:
		return PAGE_SIZE;
	default:
		return ISER_STAG_PAGE;
	}
}

/* iser_read_limits - of a device that is held.  Any context. */
void iser_read_limits(struct ib_device *dev, struct iser_device_limits *limits)
{
	struct ib_device_attr attr = dev->attrs;

	limits->mapping = iser_max_mapping(dev);
	iser_fault_limits(&attr, &limits->mapping);
	limits->registers = attr.device_cap_flags & IB_DEVICE_MEM_MGT_EXTENSIONS;
	limits->stag_page = iser_page_size(dev);
	limits->queue = attr.max_qp_wr;
	limits->send_sges = min_t(u32, attr.max_send_sge, ISER_SEND_SGES);
	limits->recv_sges = min_t(u32, attr.max_recv_sge, ISER_RX_SGES);
	limits->read_sges = min_t(u32, attr.max_sge_rd ?: 1, limits->send_sges);
	limits->pages = min_t(u32, attr.max_fast_reg_page_list_len,
			      ISER_MAX_PAGES);
	limits->gaps = attr.kernel_cap_flags & IBK_SG_GAPS_REG;
	if (attr.kernel_cap_flags & IBK_INTEGRITY_HANDOVER) {
		limits->pi_pages = min_t(u32, attr.max_pi_fast_reg_page_list_len,
					 ISER_MAX_PAGES);
		limits->pi_types = attr.sig_prot_cap;
		limits->pi_guards = attr.sig_guard_cap;
	}
	limits->ird = min_t(u32, attr.max_qp_rd_atom, U8_MAX);
	limits->ord = min_t(u32, attr.max_qp_init_rd_atom, U8_MAX);
	limits->srq = attr.max_srq_wr;
	limits->srq_sges = attr.max_srq_sge;
}

/*
 * iser_check_limits - check whether iSER can work with the device
 * @registers: it has to register memory
 *
 * Return: 0, or -EOPNOTSUPP after a line that names the limit.
 */
int iser_check_limits(const struct iser_conn *conn, bool registers)
{
	const struct iser_device_limits *l = &conn->limits;
	const struct {
		u32 has, needs;
		const char *what;
	} least[] = {
		{ l->queue, ISER_MIN_QUEUE, "work requests in a queue" },
		{ l->send_sges, ISER_MIN_SEND_SGES, "SGEs in a Send" },
		{ l->recv_sges, 1, "SGEs in a receive" },
		{ l->pages, registers ? ISER_MIN_PAGES : 0, "pages in an STag" },
	};
	int i;

	if (registers && !l->registers) {
		iser_conn_warn(conn, "the device has no fast registration, which iSER needs");
		return -EOPNOTSUPP;
	}
	if (registers && l->stag_page != ISER_STAG_PAGE) {
		iser_conn_warn(conn, "the device registers memory in pages of %u bytes only, iSER needs %u: boot a kernel with pages of that size",
			       l->stag_page, ISER_STAG_PAGE);
		return -EOPNOTSUPP;
	}
	for (i = 0; i < ARRAY_SIZE(least); i++) {
		if (least[i].has >= least[i].needs)
			continue;
		iser_conn_warn(conn, "the device has %u %s, iSER needs %u",
			       least[i].has, least[i].what, least[i].needs);
		return -EOPNOTSUPP;
	}
	return 0;
}

/*
 * Ports: why an address can't be reached, and what must wait for its port.
 *
 * The connection manager of InfiniBand and RoCE talks by management datagrams.
 * One that is sent while the port is down fails.  Some providers put their
 * queue pair for management in the error state then and leave it there: no
 * connect of any program works until the device has been removed and added
 * again.  So the core has no datagram sent while the port is down: neither a
 * connect request, nor what rdma_disconnect() sends, nor what rdma_destroy_id()
 * sends for an id that is connected or connecting.  The same holds for an
 * address that has been removed from its network device.
 *
 * No connection waits for the port.  It ends without its id, which alone is kept
 * here until the port is active, when the peer can be told.  The id goes at once
 * when its device is removed, or this module is.
 */

#define ISER_MAX_PARKED		1024
#define ISER_PARK_POLL		(HZ / 5)
#define ISER_GID_TIME		(180 * HZ)	/* for an address to come back */

/* A device, from its arrival to its removal. */
struct iser_device {
	struct list_head node;		/* in the order of serial */
	u64 serial;
	struct ib_event_handler events;
	bool was_down;			/* a port of it has been down since */
	unsigned long notes;		/* of enum iser_device_note, a bit each */
};

struct iser_parked {
	struct list_head node;
	struct rdma_cm_id *id;		/* NULL: still the connection's */
	bool gone;			/* the device goes */
	unsigned long until;		/* how long its address may be missed */
};

/*
 * The handlers of all ids take it, in the one thread of the connection manager, so
 * that no device is asked for anything while it is held: some take long to answer.
 */
static DEFINE_MUTEX(iser_ports_lock);	/* both lists */
static LIST_HEAD(iser_devices);
static u64 iser_device_serial;
static LIST_HEAD(iser_parked);
static u32 iser_nr_parked;
static bool iser_parked_exit;		/* none waits any longer */

static void iser_parked_work(struct work_struct *work);
static DECLARE_DELAYED_WORK(iser_parked_dwork, iser_parked_work);

/* --- the state of a port ------------------------------------------------ */

static bool iser_netdev_up(const struct net_device *ndev)
{
	return netif_running(ndev) && netif_carrier_ok(ndev);
}

/*
 * Return: 1 if the network device of a GID is up, 0 if it is down, negative errno
 * if the entry is no longer valid: its address has been removed.
 */
static int iser_gid_up(const struct ib_gid_attr *gid)
{
	struct net_device *ndev;
	int ret;

	rcu_read_lock();
	ndev = rdma_read_gid_attr_ndev_rcu(gid);
	ret = PTR_ERR_OR_ZERO(ndev) ?: iser_netdev_up(ndev);
	rcu_read_unlock();
	return ret;
}

/*
 * The same for the address of an id, whose entry it keeps.  Also 1 where no entry
 * says: not on RoCE, or bound to no address.
 */
static int iser_id_gid_up(const struct rdma_cm_id *id)
{
	const struct ib_gid_attr *gid = id->route.addr.dev_addr.sgid_attr;

	return gid && rdma_protocol_roce(id->device, id->port_num) ?
		iser_gid_up(gid) : 1;
}

/*
 * The network device is asked first.  Some drivers ask it for its speed in order to
 * describe the port, and the kernel prints a line each time if that is not known,
 * as it is with many while they have no link.
 */
static bool iser_port_active(struct ib_device *dev, u32 port)
{
	const struct ib_gid_attr *gid;
	struct ib_port_attr attr;
	bool down = false;

	if (!rdma_protocol_ib(dev, port)) {
		gid = rdma_get_gid_attr(dev, port, 0);
		if (!IS_ERR(gid)) {
			down = !iser_gid_up(gid);
			rdma_put_gid_attr(gid);
		}
	}
	return !down && !ib_query_port(dev, port, &attr) &&
		attr.state == IB_PORT_ACTIVE;
}

/*
 * iser_port_up - whether the id's port can send, from the id's address
 *
 * The network device knows before the port does, and an address may go alone.
 * May sleep.
 */
bool iser_port_up(const struct rdma_cm_id *id)
{
	return iser_port_active(id->device, id->port_num) &&
		iser_id_gid_up(id) > 0;
}

/* iser_port_mute - true if the id's next message would find the port down */
bool iser_port_mute(const struct rdma_cm_id *id)
{
	/* iWARP has no management datagrams: TCP waits for its link. */
	return id->device && rdma_cap_ib_cm(id->device, id->port_num) &&
	       !iser_port_up(id);
}

static bool iser_device_down(struct ib_device *dev)
{
	u32 port;

	rdma_for_each_port(dev, port)
		if (iser_port_active(dev, port))
			return false;
	return true;
}

/* Whether @dst is in a network of @ndev.  Under RCU.  IPv6 addresses go with the link. */
static bool iser_is_neighbour(const struct net_device *ndev,
			      const struct sockaddr_storage *dst)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)dst;
	struct in_device *in_dev = __in_dev_get_rcu(ndev);
	const struct in_ifaddr *ifa;

	if (dst->ss_family != AF_INET || !in_dev)
		return false;
	in_dev_for_each_ifa_rcu(ifa, in_dev)
		if (inet_ifa_match(in->sin_addr.s_addr, ifa))
			return true;
	return false;
}

/* If the way to @dst leads over an RDMA device whose link is down: copy its name. */
static bool iser_link_down(const struct sockaddr_storage *dst, char *name,
			   size_t size)
{
	struct net_device *ndev;
	struct ib_device *dev;
	bool found = false;

	rcu_read_lock();
	for_each_netdev_rcu(&init_net, ndev) {
		if (iser_netdev_up(ndev) || !iser_is_neighbour(ndev, dst))
			continue;
		dev = ib_device_get_by_netdev(ndev, RDMA_DRIVER_UNKNOWN);
		if (!dev)
			continue;
		strscpy(name, dev->name, size);
		ib_device_put(dev);
		found = true;
		break;
	}
	rcu_read_unlock();
	return found;
}

/* The next device after that with @serial, which is held, or NULL.  Sleeps. */
static struct ib_device *iser_device_next(u64 *serial)
{
	struct ib_device *dev = NULL;
	struct iser_device *d;

	mutex_lock(&iser_ports_lock);
	list_for_each_entry(d, &iser_devices, node) {
		if (d->serial <= *serial || !ib_device_try_get(d->events.device))
			continue;
		*serial = d->serial;
		dev = d->events.device;
		break;
	}
	mutex_unlock(&iser_ports_lock);
	return dev;
}

/*
 * iser_port_cause - find out why there is no way to the peer of a connection
 * @otherwise: the answer when ports are not the cause
 *
 * May sleep.  Return: -ENXIO: there is no RDMA device.  -ENETDOWN: the port on
 * the way is down, info.port names its device.  @otherwise.
 */
int iser_port_cause(struct iser_conn *conn, int otherwise)
{
	struct iser_info *info = &conn->info;
	struct ib_device *dev;
	int ret = -ENXIO;
	u64 serial = 0;

	while (ret != otherwise && (dev = iser_device_next(&serial))) {
		if (iser_device_down(dev)) {
			strscpy(info->port, dev->name, sizeof(info->port));
			ret = -ENETDOWN;
		} else {
			ret = otherwise;
		}
		ib_device_put(dev);
	}
	/* With another port that is active, only a route that it was can tell. */
	if (ret == otherwise &&
	    iser_link_down(&info->remote, info->port, sizeof(info->port)))
		ret = -ENETDOWN;
	return ret;
}

/* Under iser_ports_lock.  NULL: it goes, or there was no memory for it. */
static struct iser_device *iser_device_find(const struct ib_device *dev)
{
	struct iser_device *d;

	list_for_each_entry(d, &iser_devices, node)
		if (d->events.device == dev)
			return d;
	return NULL;
}

/* iser_port_note - the connect goes out by this port.  May sleep. */
void iser_port_note(struct iser_conn *conn)
{
	struct iser_info *info = &conn->info;
	struct iser_device *d;

	strscpy(info->port, conn->cm.id->device->name, sizeof(info->port));
	if (!rdma_cap_ib_cm(conn->cm.id->device, conn->cm.id->port_num))
		return;
	mutex_lock(&iser_ports_lock);
	d = iser_device_find(conn->cm.id->device);
	if (d)
		info->was_down = READ_ONCE(d->was_down);
	mutex_unlock(&iser_ports_lock);
}

/* --- ids that wait for their port ---------------------------------------- */

static int iser_parked_event(struct rdma_cm_id *id, struct rdma_cm_event *event)
{
	struct iser_parked *p = id->context;

	if (event->event == RDMA_CM_EVENT_DEVICE_REMOVAL) {
		WRITE_ONCE(p->gone, true);
		mod_delayed_work(iser_wq, &iser_parked_dwork, 0);
	}
	return 0;
}

/*
 * Whether the last message of an id may be sent although its entry of the GID table
 * is no longer valid.  Most drivers then make no address handle, so that the id goes
 * without a message, or send from an empty place of the table.  With rxe the queue
 * pair for management fails, for good, and bnxt_re reads what it has freed together
 * with the entry: there such ids wait until the device goes.
 */
static bool iser_gid_may_go(const struct ib_device *dev)
{
	return dev->ops.driver_id != RDMA_DRIVER_RXE &&
	       dev->ops.driver_id != RDMA_DRIVER_BNXT_RE;
}

/*
 * Whether an address that was removed is there again, and its network device up.
 *
 * An id keeps the entry of the GID table that it was made with.  When the address
 * is removed, that entry is never valid again, and its place stays taken until the
 * last id with it is gone: irdma has 32 places.  So the address decides, not the
 * entry.
 */
static bool iser_gid_back(const struct rdma_cm_id *id)
{
	const struct ib_gid_attr *old = id->route.addr.dev_addr.sgid_attr;
	const struct ib_gid_attr *gid;
	bool up;

	gid = rdma_find_gid_by_port(id->device, &old->gid, old->gid_type,
				    id->port_num, NULL);
	if (IS_ERR(gid))
		return false;
	up = iser_gid_up(gid) > 0;
	rdma_put_gid_attr(gid);
	return up;
}

/* Whether nothing but the removal of its device ends the wait of an id. */
static bool iser_parked_for_device(const struct iser_parked *p)
{
	return iser_id_gid_up(p->id) < 0 && !iser_gid_may_go(p->id->device);
}

/*
 * Whether an id whose port is active need not wait any longer.  An address may
 * never come back: it has moved to another host, or was for a while only.
 */
static bool iser_parked_due(const struct iser_parked *p)
{
	int up = iser_id_gid_up(p->id);

	if (up >= 0)
		return up;
	return iser_gid_may_go(p->id->device) &&
		(iser_gid_back(p->id) || time_after(jiffies, p->until));
}

/*
 * Move the ids of the first one's port from @list to @due or @wait.  The port is
 * asked once for all of them: some devices answer by their firmware.
 */
static void iser_parked_port(struct list_head *list, struct list_head *due,
			     struct list_head *wait)
{
	struct iser_parked *p, *next;
	struct rdma_cm_id *first;
	bool active;

	first = list_first_entry(list, struct iser_parked, node)->id;
	active = iser_port_active(first->device, first->port_num);
	list_for_each_entry_safe(p, next, list, node) {
		if (p->id->device != first->device ||
		    p->id->port_num != first->port_num)
			continue;
		if (!active)
			p->until = jiffies + ISER_GID_TIME;
		list_move_tail(&p->node, active && iser_parked_due(p) ? due : wait);
	}
}

/* Only this work destroys ids that wait.  Until then each keeps its device. */
static void iser_parked_work(struct work_struct *work)
{
	struct iser_parked *p, *next;
	LIST_HEAD(list);
	LIST_HEAD(wait);
	LIST_HEAD(due);
	u32 ended = 0;
	bool more;

	mutex_lock(&iser_ports_lock);
	list_splice_init(&iser_parked, &list);
	mutex_unlock(&iser_ports_lock);

	list_for_each_entry_safe(p, next, &list, node)
		if (READ_ONCE(p->gone) || READ_ONCE(iser_parked_exit))
			list_move_tail(&p->node, &due);
		else if (iser_parked_for_device(p))
			list_move_tail(&p->node, &wait);
	while (!list_empty(&list))
		iser_parked_port(&list, &due, &wait);

	list_for_each_entry_safe(p, next, &due, node) {
		rdma_destroy_id(p->id);
		kfree(p);
		ended++;
	}

	mutex_lock(&iser_ports_lock);
	list_splice(&wait, &iser_parked);
	iser_nr_parked -= ended;
	more = !list_empty(&iser_parked);
	mutex_unlock(&iser_ports_lock);
	if (more)
		queue_delayed_work(iser_wq, &iser_parked_dwork, ISER_PARK_POLL);
}

/* iser_park_alloc - room for the id of a connection, should it have to wait */
struct iser_parked *iser_park_alloc(void)
{
	return kzalloc(sizeof(struct iser_parked), GFP_KERNEL);
}

/*
 * iser_park - take the id of a connection that ends while its port is down
 *
 * The id no longer calls the connection.  The caller destroys the queue pair,
 * which the id still has, by way of iser_parked_id(), and then calls
 * iser_park_done().  Sleeps.  Return: false if the caller must destroy the id.
 */
bool iser_park(struct iser_conn *conn)
{
	struct iser_parked *p = conn->cm.parked;
	bool park;

	/* Nothing has been sent, or the peer is told already. */
	if (!conn->cm.handshake || conn->cm.disconnected || !iser_port_mute(conn->cm.id))
		return false;
	mutex_lock(&iser_ports_lock);
	park = iser_nr_parked < ISER_MAX_PARKED;
	if (park)
		iser_nr_parked++;
	mutex_unlock(&iser_ports_lock);
	if (!park) {
		iser_conn_warn(conn, "the port is down and already %u connections wait, ending this one now; if later connects time out, re-create the device by rdma link delete and add",
			       ISER_MAX_PARKED);
		return false;
	}
	rdma_lock_handler(conn->cm.id);
	p->gone = conn->cm.gone;
	conn->cm.id->context = p;
	conn->cm.id->event_handler = iser_parked_event;
	rdma_unlock_handler(conn->cm.id);
	p->id = conn->cm.id;
	p->until = jiffies + ISER_GID_TIME;
	return true;
}

/* iser_park_done - the connection has released everything but the id */
void iser_park_done(struct iser_conn *conn)
{
	struct iser_parked *p = conn->cm.parked;
	bool gone;

	conn->cm.parked = NULL;
	mutex_lock(&iser_ports_lock);
	list_add_tail(&p->node, &iser_parked);
	/* Without the lock the work may have freed it. */
	gone = READ_ONCE(p->gone);
	mutex_unlock(&iser_ports_lock);
	/* Another one's removal must not be put off. */
	if (gone)
		mod_delayed_work(iser_wq, &iser_parked_dwork, 0);
	else
		queue_delayed_work(iser_wq, &iser_parked_dwork, ISER_PARK_POLL);
}

struct rdma_cm_id *iser_parked_id(const struct iser_conn *conn)
{
	return conn->cm.parked ? conn->cm.parked->id : NULL;
}

/* --- devices -------------------------------------------------------------- */

/*
 * iser_id_stranded - whether the address of a listening id has left its device
 *
 * The id hears only what comes over that device, while the address may be on
 * another one: a bonding device has changed over, or it was moved.
 */
bool iser_id_stranded(const struct rdma_cm_id *id)
{
	return iser_id_gid_up(id) == -EINVAL;
}

/* Hard interrupt context for some devices. */
static void iser_port_event(struct ib_event_handler *events,
			    struct ib_event *event)
{
	struct iser_device *d = container_of(events, struct iser_device, events);

	if (event->event == IB_EVENT_PORT_ERR)
		WRITE_ONCE(d->was_down, true);
	else if (event->event == IB_EVENT_GID_CHANGE)
		iser_listeners_moved();
}

/* iser_device_noted - whether this is known of a device.  Sleeps. */
bool iser_device_noted(const struct ib_device *dev, enum iser_device_note note)
{
	const struct iser_device *d;
	bool noted;

	mutex_lock(&iser_ports_lock);
	d = iser_device_find(dev);
	noted = d && test_bit(note, &d->notes);
	mutex_unlock(&iser_ports_lock);
	return noted;
}

/*
 * iser_device_note - remember what has been found out, until the device goes
 * Sleeps.  Return: true if it was not known.
 */
bool iser_device_note(const struct ib_device *dev, enum iser_device_note note)
{
	struct iser_device *d;
	bool news;

	mutex_lock(&iser_ports_lock);
	d = iser_device_find(dev);
	news = !d || !test_and_set_bit(note, &d->notes);
	mutex_unlock(&iser_ports_lock);
	return news;
}

DEFINE_STATIC_KEY_FALSE(iser_map_allocates);

static int iser_add_device(struct ib_device *dev)
{
	struct iser_device *d = kzalloc(sizeof(*d), GFP_KERNEL);

	if (dev->ops.driver_id == RDMA_DRIVER_HNS)
		static_branch_enable(&iser_map_allocates);
	if (!d)
		return -ENOMEM;
	INIT_IB_EVENT_HANDLER(&d->events, dev, iser_port_event);
	d->was_down = iser_device_down(dev);
	mutex_lock(&iser_ports_lock);
	d->serial = ++iser_device_serial;
	list_add_tail(&d->node, &iser_devices);
	mutex_unlock(&iser_ports_lock);
	ib_register_event_handler(&d->events);
	ib_set_client_data(dev, &iser_client, d);
	iser_listeners_device(true);
	return 0;
}

/* Connections and listeners hear of it through their CM ids. */
static void iser_remove_device(struct ib_device *dev, void *data)
{
	struct iser_device *d = data;

	iser_listeners_device(false);
	ib_unregister_event_handler(&d->events);
	mutex_lock(&iser_ports_lock);
	list_del(&d->node);
	mutex_unlock(&iser_ports_lock);
	kfree(d);
}

struct ib_client iser_client = {
	.name = "iser",
	.add = iser_add_device,
	.remove = iser_remove_device,
};

/* iser_ports_exit - no connection is left: destroy the ids that wait */
void iser_ports_exit(void)
{
	u32 left;

	mutex_lock(&iser_ports_lock);
	left = iser_nr_parked;
	mutex_unlock(&iser_ports_lock);
	if (left)
		pr_warn("%u connections are ended while their port is down; if later connects over its device time out, re-create it by rdma link delete and add\n",
			left);
	WRITE_ONCE(iser_parked_exit, true);
	mod_delayed_work(iser_wq, &iser_parked_dwork, 0);
	flush_delayed_work(&iser_parked_dwork);
}
