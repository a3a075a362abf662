/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Receives that the connections of a target share: RFC 7145, section 8.1.  Included
 * after conn.h, with which a test build takes the verbs' place.
 */
#ifndef ISER_TARGET_RX_POOL_H
#define ISER_TARGET_RX_POOL_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <rdma/ib_verbs.h>
#include "../recv.h"

struct iser_conn;

/* Receives that connections share. */
struct iser_rx_pool {
	struct list_head node;		/* this to armed: iser_rx_pools_lock */
	u32 users;			/* connections that have a queue pair */
	u32 joined;			/* and those that have left */
	u32 promised;			/* receives that users may use */
	struct iser_rx_chunk *chunk;
	u32 nr;				/* buffers in chunk */
	struct list_head conns;		/* of iser_conn.rx.pool_node */
	bool armed;			/* an event comes when few are posted */

	struct kref ref;		/* connections, until they are freed */
	struct ib_device *dev;
	struct ib_pd *pd;
	struct ib_srq *srq;
	u32 size;			/* receives that the queue holds */
	u32 room;			/* of them, that the device may hold */
	atomic_t posted;		/* at the device, or lost there */
	spinlock_t parked_lock;		/* irq */
	struct list_head parked;	/* iser_rx: no room, or refused; parked_lock */
	bool closed;			/* srq is going */
	bool failed;			/* the device has said so */
	struct delayed_work grow;
	struct delayed_work again;
	u32 refusals;			/* in a row, of again */
};

void iser_rx_pool_join(struct iser_conn *conn);
void iser_rx_pool_leave(struct iser_conn *conn);
void iser_rx_pool_put(struct iser_rx_pool *pool);
int iser_rx_pool_promise(struct iser_conn *conn, u32 nr);
int iser_rx_pool_unpark(struct iser_rx_pool *pool);
void iser_rx_pool_park(struct iser_rx_pool *pool, struct iser_rx *rx);
void iser_rx_pool_untaken(struct iser_rx_pool *pool);

/* iser_rx_pool_took - the device has given a buffer back.  Any context. */
static inline void iser_rx_pool_took(struct iser_rx_pool *pool)
{
	atomic_dec(&pool->posted);
	/* Pairs with iser_rx_pool_park(): one of the two sees the other. */
	smp_mb__after_atomic();
	if (unlikely(!list_empty(&pool->parked)))
		iser_rx_pool_unpark(pool);
}

/*
 * iser_rx_pool_hand - hand a buffer that is counted already to the queue
 * @not_posted: place for what the device does not take; nobody reads it
 * Any context.  Return: 0, also after the pool's end, or negative errno: the caller
 * parks it.
 */
static inline int iser_rx_pool_hand(struct iser_rx_pool *pool, struct iser_rx *rx,
				    const struct ib_recv_wr **not_posted)
{
	int ret = 0;

	rcu_read_lock();
	if (!READ_ONCE(pool->closed)) {
		if (rx->came)
			iser_rx_sync_device(pool->dev, rx);
		ret = ib_post_srq_recv(pool->srq, &rx->wr, not_posted);
		if (unlikely(ret))
			iser_rx_pool_untaken(pool);
	}
	rcu_read_unlock();
	return ret;
}

/* iser_rx_pool_post - hand a buffer to the queue, or park it.  Any context. */
static inline void iser_rx_pool_post(struct iser_rx_pool *pool, struct iser_rx *rx,
				     const struct ib_recv_wr **not_posted)
{
	if (unlikely(!atomic_add_unless(&pool->posted, 1, pool->room) ||
		     iser_rx_pool_hand(pool, rx, not_posted)))
		iser_rx_pool_park(pool, rx);
}

#endif
