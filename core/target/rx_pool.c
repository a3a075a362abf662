// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receives that the connections of a target share: RFC 7145, section 8.1.
 *
 * A pool is one shared receive queue and its buffers.  They cover the window of
 * any one of its connections.  When several use theirs and less than
 * ISER_RX_POOL_LOW are posted, the pool doubles, up to the sum of all windows
 * and logins.  So it holds hardly more receives than the connections would
 * separately, and a peer that keeps to its window finds one, at worst after an
 * RNR NAK.  iWARP has no such NAK, so its connections do not share receives.
 *
 * A completion queue must not overrun, whatever a peer sends.  So the device
 * holds no more receives of a pool, posted or completed and not polled yet,
 * than the completion queue of any one of its connections has room for.  The
 * others are parked until one has been polled.  One that the device did not take
 * is parked as well, and tried again: the other connections were promised it.
 *
 * Some providers lose a receive when a connection ends amid a message.  So a
 * pool may grow by one for each connection that has ended, and in its life it
 * takes only as many as leave half of the room.  The last to leave destroys it.
 *
 * The connections also share the protection domain.  Only the sinks of iWARP
 * give a peer access to a target's memory.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <iser/log.h>
#include "../conn.h"
#include "../device.h"
#include "../recv.h"
#include "rx_pool.h"

#define ISER_RX_POOL_FIRST		32
#define ISER_RX_POOL_LOW		16
#define ISER_RX_POOL_SHARE		64	/* of the queue's size, for a connection */
#define ISER_RX_POOL_RETRY		HZ
#define ISER_RX_POOL_AGAIN		msecs_to_jiffies(10)
#define ISER_RX_POOL_REFUSALS		100	/* in a row: no passing shortage */

/* Also guards node to armed in struct iser_rx_pool.  Set-up, never I/O. */
static DEFINE_MUTEX(iser_rx_pools_lock);
static LIST_HEAD(iser_rx_pools);

/*
 * Asks for one event when less than ISER_RX_POOL_LOW are posted.  If the device
 * will not tell, the pool grows without having been asked to.
 */
static void iser_rx_pool_arm(struct iser_rx_pool *pool)
{
	struct ib_srq_attr attr = { .srq_limit = ISER_RX_POOL_LOW };
	int ret = ib_modify_srq(pool->srq, &attr, IB_SRQ_LIMIT);

	pool->armed = !ret;
	if (!ret)
		return;
	iser_log(ISER_LOG_SESSION, NULL,
		 "%s: can't request an event for a low shared receive queue, error %d, adding to its %u receives now",
		 pool->dev->name, ret, pool->nr);
	queue_delayed_work(iser_wq, &pool->grow, ISER_RX_POOL_RETRY);
}

/* What ib_post_srq_recv() did not post: see rx.c. */
static const struct ib_recv_wr *iser_not_posted;

/* Return: 0 or -ENOMEM; what was added stays. */
static int iser_rx_pool_add(struct iser_rx_pool *pool, u32 more)
{
	const struct iser_rx_shape shape = {
		.dev = pool->dev, .lkey = pool->pd->local_dma_lkey,
		.data = ISER_LOGIN_TEXT, .pool = pool,
		.done = iser_target_recv_done,
	};
	u32 had = pool->nr, nr, i;

	for (; more; more -= nr) {
		struct iser_rx_chunk *chunk;

		nr = min_t(u32, more, ISER_RX_CHUNK);
		chunk = iser_rx_chunk_alloc(&shape, nr);
		if (!chunk)
			return -ENOMEM;
		chunk->next = pool->chunk;
		pool->chunk = chunk;
		pool->nr += nr;
		for (i = 0; i < nr; i++)
			iser_rx_pool_post(pool, &chunk->rx[i], &iser_not_posted);
	}
	pr_debug("%s: %u shared receives made %u\n",
		 pool->dev->name, had, pool->nr);
	return 0;
}

/* No connection can receive any longer.  Under iser_rx_pools_lock. */
static void iser_rx_pool_fail(struct iser_rx_pool *pool)
{
	struct iser_conn *conn;

	iser_log(ISER_LOG_SESSION, NULL,
		 "%s: shared receive queue error, ending its %u connections",
		 pool->dev->name, pool->users);
	list_for_each_entry(conn, &pool->conns, rx.pool_node)
		iser_connection_fail(conn, -EIO);
}

static void iser_rx_pool_grow(struct work_struct *work)
{
	struct iser_rx_pool *pool = container_of(to_delayed_work(work),
						 struct iser_rx_pool, grow);
	u32 lost, most;
	unsigned int flags;
	int ret = 0;

	/* Connections wait for this, and disks for them: start no I/O. */
	flags = memalloc_noio_save();
	mutex_lock(&iser_rx_pools_lock);
	if (READ_ONCE(pool->failed)) {
		iser_rx_pool_fail(pool);
		goto unlock;
	}
	pool->armed = false;
	lost = pool->joined - pool->users;
	most = min(pool->promised + lost, pool->size);
	pr_debug("%s: few of %u shared receives are left, %u connections may use %u\n",
		 pool->dev->name, pool->nr, pool->users, most);
	if (pool->users && pool->nr < most) {
		ret = iser_rx_pool_add(pool, min(pool->nr, most - pool->nr));
		if (!ret)
			iser_rx_pool_arm(pool);
	}
unlock:
	mutex_unlock(&iser_rx_pools_lock);
	memalloc_noio_restore(flags);
	if (ret) {
		iser_log(ISER_LOG_SESSION, NULL,
			 "%s: can't add to the %u shared receives: error %d, trying again",
			 pool->dev->name, pool->nr, ret);
		queue_delayed_work(iser_wq, &pool->grow, ISER_RX_POOL_RETRY);
	}
}

/*
 * The device has not taken a receive: try again.  Each refusal queues this work.
 * While it has receives, its connections go on, with fewer.  When it has none left
 * but those that the provider may have lost, the queue has failed.
 */
static void iser_rx_pool_again(struct work_struct *work)
{
	struct iser_rx_pool *pool = container_of(to_delayed_work(work),
						 struct iser_rx_pool, again);
	int ret = iser_rx_pool_unpark(pool);

	if (!ret)
		pool->refusals = 0;
	else
		pool->refusals++;
	if (pool->refusals < ISER_RX_POOL_REFUSALS || READ_ONCE(pool->failed))
		return;
	if (pool->refusals == ISER_RX_POOL_REFUSALS)
		iser_log(ISER_LOG_SESSION, NULL,
			 "%s: can't post a shared receive: error %d, trying again",
			 pool->dev->name, ret);
	mutex_lock(&iser_rx_pools_lock);
	if (atomic_read(&pool->posted) <= pool->joined - pool->users) {
		WRITE_ONCE(pool->failed, true);
		iser_rx_pool_fail(pool);
	}
	mutex_unlock(&iser_rx_pools_lock);
}

/* Any context, also a hard interrupt, so a work does the rest. */
static void iser_rx_pool_event(struct ib_event *event, void *context)
{
	struct iser_rx_pool *pool = context;

	if (event->event == IB_EVENT_SRQ_ERR)
		WRITE_ONCE(pool->failed, true);
	mod_delayed_work(iser_wq, &pool->grow, 0);
}

static void iser_rx_pool_destroy(struct iser_rx_pool *pool)
{
	struct iser_rx_chunk *chunk;

	if (!IS_ERR_OR_NULL(pool->srq)) {
		/* Those that found it open have posted. */
		synchronize_rcu();
		ib_destroy_srq(pool->srq);
	}
	cancel_delayed_work_sync(&pool->grow);
	cancel_delayed_work_sync(&pool->again);
	for (chunk = pool->chunk; chunk; chunk = chunk->next)
		iser_rx_chunk_unmap(pool->dev, chunk);
	if (!IS_ERR_OR_NULL(pool->pd))
		ib_dealloc_pd(pool->pd);
}

static void iser_rx_pool_release(struct kref *ref)
{
	struct iser_rx_pool *pool = container_of(ref, struct iser_rx_pool, ref);

	iser_rx_chunk_free(&pool->chunk);
	kfree(pool);
}

static struct iser_rx_pool *iser_rx_pool_alloc(struct ib_device *dev, u32 size,
					       u32 room)
{
	struct iser_rx_pool *pool = kzalloc(sizeof(*pool), GFP_KERNEL);

	if (!pool)
		return NULL;
	kref_init(&pool->ref);
	INIT_DELAYED_WORK(&pool->grow, iser_rx_pool_grow);
	INIT_DELAYED_WORK(&pool->again, iser_rx_pool_again);
	pool->dev = dev;
	/* Providers add one and round up to a power of two. */
	pool->size = size - 1;
	pool->room = min(room, pool->size);
	INIT_LIST_HEAD(&pool->parked);
	spin_lock_init(&pool->parked_lock);
	INIT_LIST_HEAD(&pool->conns);
	return pool;
}

/* Return: 0 or negative errno: the caller destroys it, not under iser_rx_pools_lock. */
static int iser_rx_pool_open(struct iser_rx_pool *pool)
{
	struct ib_srq_init_attr attr = {
		.event_handler = iser_rx_pool_event,
		.srq_context = pool,
		.attr.max_wr = pool->size,
		.attr.max_sge = ISER_RX_SGES,
		.srq_type = IB_SRQT_BASIC,
	};
	int ret;

	pool->pd = ib_alloc_pd(pool->dev, 0);
	if (IS_ERR(pool->pd))
		return PTR_ERR(pool->pd);
	pool->srq = ib_create_srq(pool->pd, &attr);
	if (IS_ERR(pool->srq))
		return PTR_ERR(pool->srq);
	ret = iser_rx_pool_add(pool, ISER_RX_POOL_FIRST);
	/* A device that takes none serves nobody: ask it why. */
	if (!ret && !atomic_read(&pool->posted))
		ret = iser_rx_pool_unpark(pool);
	if (!ret)
		list_add(&pool->node, &iser_rx_pools);
	return ret;
}

/* Finds a pool with a share left and room for a window of @room, or NULL. */
static struct iser_rx_pool *iser_rx_pool_find(struct ib_device *dev, u32 room)
{
	struct iser_rx_pool *pool;

	list_for_each_entry(pool, &iser_rx_pools, node) {
		if (pool->dev == dev && !READ_ONCE(pool->failed) &&
		    pool->room >= min(room, pool->size) &&
		    pool->joined < pool->room / 2 &&
		    pool->users * ISER_RX_POOL_SHARE < pool->size) {
			kref_get(&pool->ref);
			return pool;
		}
	}
	return NULL;
}

/*
 * Some devices name a size but refuse a queue of any size.  Only that is
 * remembered: a lack of resources is not, nor what fails once there is a queue.
 */
static void iser_rx_pool_refused(struct iser_conn *conn, int err, bool queue)
{
	if (!queue || (err != -EOPNOTSUPP && err != -EINVAL))
		iser_conn_warn(conn, "can't create a shared receive queue: error %d, the connection has its own receives",
			       err);
	else if (iser_device_note(conn->dev, ISER_NO_SHARED))
		iser_conn_warn(conn, "the device refuses a shared receive queue: error %d, each connection has its own receives",
			       err);
}

/* The pool was not opened.  Not under iser_rx_pools_lock, which its works take. */
static void iser_rx_pool_abandon(struct iser_rx_pool *pool)
{
	WRITE_ONCE(pool->closed, true);
	iser_rx_pool_destroy(pool);
	kref_put(&pool->ref, iser_rx_pool_release);
}

/*
 * iser_rx_pool_join - let a connection take its receives from a pool
 *
 * Sets conn->rx.pool if it may; otherwise the connection shares no receives.  From
 * the handler of its id; sleeps.
 */
void iser_rx_pool_join(struct iser_conn *conn)
{
	u32 size = min(conn->param.shared_depth, conn->limits.srq);
	u32 room = conn->param.recv_depth;
	struct iser_rx_pool *pool;
	bool refuses = false;
	int ret = 0;

	if (size < ISER_RX_POOL_SHARE || conn->limits.srq_sges < ISER_RX_SGES ||
	    iser_conn_iwarp(conn) ||
	    iser_device_noted(conn->dev, ISER_NO_SHARED))
		return;
	mutex_lock(&iser_rx_pools_lock);
	pool = iser_rx_pool_find(conn->dev, room);
	if (!pool) {
		pool = iser_rx_pool_alloc(conn->dev, size, room);
		ret = pool ? iser_rx_pool_open(pool) : -ENOMEM;
	}
	if (!ret) {
		list_add(&conn->rx.pool_node, &pool->conns);
		pool->users++;
		pool->joined++;
		pool->promised++;
		if (!pool->armed)
			iser_rx_pool_arm(pool);
		conn->rx.promised = 1;
		conn->info.shared = true;
		conn->rx.pool = pool;
		conn->pd = pool->pd;
	}
	mutex_unlock(&iser_rx_pools_lock);
	if (!ret)
		return;
	if (pool) {
		refuses = IS_ERR(pool->srq);
		iser_rx_pool_abandon(pool);
	}
	iser_rx_pool_refused(conn, ret, refuses);
}

/*
 * iser_rx_pool_leave - the queue pair is gone, its completions are polled
 * The memory stays until iser_rx_pool_put(): a half may still read it.  Sleeps.
 */
void iser_rx_pool_leave(struct iser_conn *conn)
{
	struct iser_rx_pool *pool = conn->rx.pool;
	bool last;

	mutex_lock(&iser_rx_pools_lock);
	list_del(&conn->rx.pool_node);
	pool->promised -= conn->rx.promised;
	last = !--pool->users;
	if (last) {
		list_del(&pool->node);
		WRITE_ONCE(pool->closed, true);
	}
	mutex_unlock(&iser_rx_pools_lock);
	if (last)
		iser_rx_pool_destroy(pool);
}

/* iser_rx_pool_put - the half no longer holds a PDU of the connection */
void iser_rx_pool_put(struct iser_rx_pool *pool)
{
	kref_put(&pool->ref, iser_rx_pool_release);
}

/*
 * iser_rx_pool_promise - a connection may use @nr more receives
 *
 * The pool grows at once to what one connection may use, and to what all may
 * use when they do, as far as the queue can hold it.  Sleeps.  Return: 0 or
 * negative errno.
 */
int iser_rx_pool_promise(struct iser_conn *conn, u32 nr)
{
	struct iser_rx_pool *pool = conn->rx.pool;
	int ret = 0;
	u32 need;

	mutex_lock(&iser_rx_pools_lock);
	need = min(conn->rx.promised + nr + ISER_RX_POOL_LOW, pool->size);
	if (pool->nr < need)
		ret = iser_rx_pool_add(pool, need - pool->nr);
	if (!ret) {
		pool->promised += nr;
		WRITE_ONCE(conn->rx.promised, conn->rx.promised + nr);
		if (!pool->armed)
			iser_rx_pool_arm(pool);
	}
	mutex_unlock(&iser_rx_pools_lock);
	return ret;
}

/*
 * The device has not taken a receive, which is counted already.  Under rcu_read_lock(),
 * for whose end the pool's end waits.
 */
noinline void iser_rx_pool_untaken(struct iser_rx_pool *pool)
{
	queue_delayed_work(iser_wq, &pool->again, ISER_RX_POOL_AGAIN);
	atomic_dec(&pool->posted);
}

/*
 * Post parked receives, as far as there is room.  Under parked_lock.
 * Return: 0, or negative errno when the device has not taken one.
 */
static int iser_rx_pool_refill(struct iser_rx_pool *pool)
{
	struct iser_rx *rx, *next;
	int ret;

	list_for_each_entry_safe(rx, next, &pool->parked, pdu.node) {
		if (!atomic_add_unless(&pool->posted, 1, pool->room))
			return 0;
		list_del(&rx->pdu.node);
		ret = iser_rx_pool_hand(pool, rx, &iser_not_posted);
		if (!ret)
			continue;
		list_add(&rx->pdu.node, &pool->parked);
		return ret;
	}
	return 0;
}

/*
 * iser_rx_pool_unpark - post what is parked, as far as there is room
 * Any context.  Return: 0, or negative errno when the device has not taken one.
 */
int iser_rx_pool_unpark(struct iser_rx_pool *pool)
{
	unsigned long flags;
	int ret;

	spin_lock_irqsave(&pool->parked_lock, flags);
	ret = iser_rx_pool_refill(pool);
	spin_unlock_irqrestore(&pool->parked_lock, flags);
	return ret;
}

/* iser_rx_pool_park - keep a buffer that can't be posted now.  Any context. */
noinline void iser_rx_pool_park(struct iser_rx_pool *pool, struct iser_rx *rx)
{
	unsigned long flags;

	spin_lock_irqsave(&pool->parked_lock, flags);
	list_add(&rx->pdu.node, &pool->parked);
	/* Pairs with iser_rx_pool_took(): one of the two sees the other. */
	smp_mb();
	iser_rx_pool_refill(pool);
	spin_unlock_irqrestore(&pool->parked_lock, flags);
}
