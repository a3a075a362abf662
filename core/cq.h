/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The completion queues, and what polls them.
 */
#ifndef ISER_CQ_H
#define ISER_CQ_H

#include <linux/atomic.h>
#include <linux/irq_poll.h>
#include <linux/workqueue.h>
#include <rdma/ib_verbs.h>

struct iser_conn;

#define ISER_POLL_BATCH		16	/* receives taken off a queue at a time */

/* The completion queues, and what polls them. */
struct iser_poll {
	struct ib_cq *sends, *receives;
	atomic_t awaited;		/* callers that wait for a completion of sends */
	bool stopped;			/* no longer polled */
	atomic_t claims;		/* contexts that polled or wanted to: see cq.c */
	struct irq_poll iop;		/* initiator */
	struct workqueue_struct *wq;	/* of work */
	struct work_struct work;
	struct delayed_work late;	/* reaps what nothing waits for */
	bool overdue;			/* it has come */
	atomic_t event;			/* first ib_event_type of the device, + 1 */
	struct delayed_work event_work;
	struct ib_wc sent[ISER_POLL_BATCH / 2], came[ISER_POLL_BATCH];
};

int iser_poll_init(struct iser_conn *conn, u32 sends, u32 receives);
void iser_poll_kick(struct iser_conn *conn);
void iser_poll_stop(struct iser_conn *conn);
void iser_poll_destroy(struct iser_conn *conn);
void iser_send_cq_event(struct iser_conn *conn);
void iser_send_cq_arm(struct iser_conn *conn);
void iser_send_cq_disarm(struct iser_conn *conn);
void iser_send_cq_poll_late(struct iser_poll *poll);
void iser_event_init(struct iser_conn *conn);
void iser_event_note(struct iser_conn *conn, enum ib_event_type event);
void iser_event_flushed(struct iser_conn *conn);

/*
 * iser_send_cq_poll_later - reap what has been posted, though nothing waits for it
 *
 * If no receive comes, a delayed work polls for it until it has completed.  Call
 * it after the post, so that the work finds it.  Also for receives that have to
 * be posted again.  Any context.  Inline, as most responses of a target come here.
 */
static inline void iser_send_cq_poll_later(struct iser_poll *poll)
{
	/* Pairs with the work's own: it is no longer pending when it looks. */
	smp_mb();
	if (unlikely(!delayed_work_pending(&poll->late)))
		iser_send_cq_poll_late(poll);
}

#endif
