/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Receives that the connections of a target share: RFC 7145, section 8.1.
 */
#ifndef ISER_TARGET_RX_POOL_H
#define ISER_TARGET_RX_POOL_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <rdma/ib_verbs.h>

struct iser_conn;
struct iser_rx;
struct iser_rx_chunk;

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
void iser_rx_pool_post(struct iser_rx_pool *pool, struct iser_rx *rx);
int iser_rx_pool_unpark(struct iser_rx_pool *pool);

/* iser_rx_pool_took - the device has given a buffer back.  Any context. */
static inline void iser_rx_pool_took(struct iser_rx_pool *pool)
{
	atomic_dec(&pool->posted);
	/* Pairs with iser_rx_pool_park(): one of the two sees the other. */
	smp_mb__after_atomic();
	if (unlikely(!list_empty(&pool->parked)))
		iser_rx_pool_unpark(pool);
}

#endif
