// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two completion queues of a connection, polled from one place.
 *
 * Receives wake; what is sent does not, unless somebody waits for it: most
 * completions of Sends only give something back, and the next receive comes
 * soon.  So the queue of the Sends is armed only while there is such a waiter
 * (iser_send_cq_arm()), and read whenever anything is polled.  At an initiator
 * errors wake as well: see iser_send_cq_watch().  That takes a
 * wake-up, and with it a context switch, off each I/O at either end, which
 * ib_cq with its one way to arm a queue can't do: Documentation/performance.md.
 *
 * The target polls in a worker: it enters LIO, and may be held up there by a
 * backend.  The initiator polls in a softirq, which follows the interrupt of an
 * adapter at once.  A software provider may tell of a completion in a worker of
 * its own, where a softirq would mean a switch to ksoftirqd: then a worker
 * polls, most often the same thread.  Whichever of the two claims the connection
 * polls it; the other one leaves, and has it polled again.
 */
#include <linux/atomic.h>
#include "conn.h"
#include "cq.h"
#include "recv.h"
#include "target/send.h"

#define ISER_POLL_WEIGHT	64	/* initiator: in one run of the softirq */
#define ISER_POLL_BUDGET	128	/* before others have the worker */
#define ISER_POLL_LATE		msecs_to_jiffies(10)
#define ISER_POLL_FLAGS		(IB_CQ_NEXT_COMP | IB_CQ_REPORT_MISSED_EVENTS)

static atomic_t iser_poll_vector = ATOMIC_INIT(-1);

/*
 * Take the completions off a queue.  After an error the connection ends, and with
 * it what was lost.  Return: their number.
 */
static inline int iser_poll_cq(struct iser_conn *conn, struct ib_cq *cq, int max,
			       struct ib_wc *wc)
{
	int n = ib_poll_cq(cq, max, wc);

	if (likely(n >= 0))
		return n;
	if (iser_conn_end(conn, n, false))
		iser_conn_warn(conn, "can't poll a completion queue: error %d, ending the connection",
			       n);
	return 0;
}

/*
 * Up-calls of an initiator are made with BH disabled, which libiscsi expects.  A
 * single one takes thousands of instructions, so BH are enabled after each.
 */
static __always_inline void iser_poll_handle(struct ib_cq *cq, struct ib_wc *wc, int n,
					     bool bh)
{
	for (; n > 0; n--, wc++) {
		if (bh)
			local_bh_disable();
		wc->wr_cqe->done(cq, wc);
		if (bh)
			local_bh_enable();
	}
}

/*
 * The context that polls has claimed the connection, or is the only or last one.
 * @target: it is that of a target.  @bh: it has BH enabled, and is an initiator's.
 * All but the end pass constants, so that each end runs only its own part.
 *
 * Receives are polled first and handed up last.  So everything that the peer
 * acknowledged before it sent them has completed by then: a response finds the
 * Send of its command complete, and a command that reuses an Initiator Task Tag
 * finds that LIO has released the previous one.
 * Return: completions, at least @budget when there may be more.
 */
static __always_inline int iser_poll(struct iser_conn *conn, int budget, bool target,
				     bool bh)
{
	struct iser_poll *poll = &conn->poll;
	int done = 0, came, sent;

	do {
		came = iser_poll_cq(conn, poll->receives, ARRAY_SIZE(poll->came),
				    poll->came);
		if (target && !llist_empty(&conn->sq.unsignaled))
			iser_unsignaled_end(conn, 0);
		do {
			sent = iser_poll_cq(conn, poll->sends,
					    ARRAY_SIZE(poll->sent), poll->sent);
			iser_poll_handle(poll->sends, poll->sent, sent, bh);
			done += sent;
		} while (unlikely(sent == ARRAY_SIZE(poll->sent)));
		iser_poll_handle(poll->receives, poll->came, came, bh);
		done += came;
	} while (unlikely(came == ARRAY_SIZE(poll->came)) && done < budget);
	return done;
}

/*
 * Arm a queue.  After an error no event would come, and nothing else might wake
 * the connection: it ends.  Return: true if something came since.
 */
static inline bool iser_poll_arm_cq(struct iser_conn *conn, struct ib_cq *cq)
{
	int ret = ib_req_notify_cq(cq, ISER_POLL_FLAGS);

	if (unlikely(ret < 0) && iser_conn_end(conn, ret, false))
		iser_conn_warn(conn, "can't arm a completion queue: error %d, ending the connection",
			       ret);
	return ret > 0;
}

/* Arm the queues when both are empty.  Return: true if something came since. */
static __always_inline bool iser_poll_arm(struct iser_conn *conn, bool target)
{
	struct iser_poll *poll = &conn->poll;
	bool more = false;

	/* A transfer that begins to wait without being seen here arms it by itself. */
	if (unlikely(atomic_read(&poll->awaited) ||
		     (target && !list_empty(&conn->sq.waiting))))
		more = iser_poll_arm_cq(conn, poll->sends);
	return iser_poll_arm_cq(conn, poll->receives) || more;
}

/*
 * Claim a connection that a softirq and a worker may poll at the same time.
 * Return: false if another context polls, which then polls once more.
 */
static inline bool iser_poll_claim(struct iser_poll *poll)
{
	return atomic_inc_return(&poll->claims) == 1;
}

/* Return: true if another context has found it claimed: poll again. */
static inline bool iser_poll_release(struct iser_poll *poll)
{
	return atomic_xchg(&poll->claims, 0) > 1;
}

static int iser_poll_softirq(struct irq_poll *iop, int budget)
{
	struct iser_conn *conn = container_of(iop, struct iser_conn, poll.iop);
	bool again = false;
	int done = 0;

	if (iser_poll_claim(&conn->poll)) {
		done = iser_poll(conn, budget, false, false);
		again = iser_poll_release(&conn->poll);
		if (done >= budget)
			return done;
		irq_poll_complete(iop);
		if (again || iser_poll_arm(conn, false))
			irq_poll_sched(iop);
	} else {
		/*
		 * The context that polls may have done so once more and armed the
		 * queues before this one could be scheduled again: an event since
		 * then is lost.  So the worker looks.
		 */
		irq_poll_complete(iop);
		queue_work(conn->poll.wq, &conn->poll.work);
	}
	return done;
}

/* Look again, later, for what was overdue and has still not completed. */
static void iser_poll_again(struct iser_conn *conn)
{
	WRITE_ONCE(conn->poll.overdue, false);
	if (iser_credits_used(&conn->sq.credits))
		iser_send_cq_poll_later(&conn->poll);
}

/* The worker of an initiator; its softirq may want to poll at the same time. */
static void iser_poll_work(struct work_struct *work)
{
	struct iser_conn *conn = container_of(work, struct iser_conn, poll.work);
	struct iser_poll *poll = &conn->poll;
	bool more;

	if (READ_ONCE(poll->stopped) || !iser_poll_claim(poll))
		return;
	more = iser_poll(conn, ISER_POLL_BUDGET, false, true) >= ISER_POLL_BUDGET;
	if (iser_poll_release(poll) || more || iser_poll_arm(conn, false))
		queue_work(poll->wq, work);
	if (unlikely(READ_ONCE(poll->overdue)))
		iser_poll_again(conn);
}

/*
 * The worker of a target, which alone polls: a work does not run twice at a time, so
 * that nothing is claimed.  LIO submits to backends from here, which takes long.  When
 * the budget is used up the work goes to the end of the queue, so that other
 * connections get the worker.
 */
static void iser_poll_target(struct work_struct *work)
{
	struct iser_conn *conn = container_of(work, struct iser_conn, poll.work);

	if (READ_ONCE(conn->poll.stopped))
		return;
	if (iser_poll(conn, ISER_POLL_BUDGET, true, false) >= ISER_POLL_BUDGET ||
	    iser_poll_arm(conn, true))
		queue_work(iser_target_wq, work);
	if (unlikely(READ_ONCE(conn->poll.overdue)))
		iser_poll_again(conn);
}

/*
 * iser_poll_kick - poll soon
 *
 * Any context.  An event may come until its completion queue is gone; it is
 * ignored when polling has stopped.
 *
 * During the login an initiator does not use its worker, which would poll later:
 * of the messages that a target sends right after its last Login Response only
 * one finds a receive until that one has been handed up.
 */
void iser_poll_kick(struct iser_conn *conn)
{
	if (READ_ONCE(conn->poll.stopped))
		return;
	if (conn->role == ISER_TARGET ||
	    (in_task() && READ_ONCE(conn->state) == ISER_FULL))
		queue_work(conn->poll.wq, &conn->poll.work);
	else
		irq_poll_sched(&conn->poll.iop);
}

static void iser_poll_event(struct ib_cq *cq, void *context)
{
	iser_poll_kick(context);
}

/* As iser_poll_kick() does at a target. */
static void iser_poll_target_event(struct ib_cq *cq, void *context)
{
	struct iser_conn *conn = context;

	if (!READ_ONCE(conn->poll.stopped))
		queue_work(iser_target_wq, &conn->poll.work);
}

static void iser_poll_late(struct work_struct *work)
{
	struct iser_conn *conn = container_of(to_delayed_work(work),
					      struct iser_conn, poll.late);

	iser_rx_post_again(conn);
	WRITE_ONCE(conn->poll.overdue, true);
	iser_poll_kick(conn);
}

/*
 * Asynchronous events of a queue pair and of its completion queues.
 *
 * Such an event comes in any context: some adapters raise it in a hard
 * interrupt, some while they hold one of their locks.  So the handlers take no
 * lock and print nothing.  They note the first event and have the completion
 * queues polled, since a completion with an error says more than an event.  A
 * work ends the connection if no completion has done so.  It is cancelled when
 * the queue pair and the completion queues are gone, as no event follows then.
 */

#define ISER_EVENT_DELAY	(HZ / 10)

/* iser_event_note - note the first event of a connection.  Any context. */
void iser_event_note(struct iser_conn *conn, enum ib_event_type event)
{
	/* Once the end has begun, an error is only a consequence of it. */
	if (READ_ONCE(conn->state) >= ISER_ENDING ||
	    atomic_cmpxchg(&conn->poll.event, 0, event + 1))
		return;
	iser_poll_kick(conn);
	queue_delayed_work(iser_wq, &conn->poll.event_work, ISER_EVENT_DELAY);
}

static void iser_event_unknown(struct iser_conn *conn)
{
	iser_conn_warn(conn, "the queue pair has failed and the device does not say why, ending the connection");
}

/*
 * Whether an event may only follow from an end that the peer has begun.
 *
 * Most iWARP adapters have none for a peer that closes: cxgb4 and qedr for errors of a
 * message, the queue pair or TCP, irdma when either end has sent a Terminate Message.
 */
static bool iser_event_guess(const struct iser_conn *conn, enum ib_event_type event)
{
	if (event == IB_EVENT_QP_LAST_WQE_REACHED)
		return true;
	return (event == IB_EVENT_QP_FATAL || event == IB_EVENT_QP_REQ_ERR) &&
		iser_conn_vague(conn);
}

/* End the connection for the event that was noted, unless its cause is known. */
static void iser_event_end(struct iser_conn *conn)
{
	enum ib_event_type event = atomic_read(&conn->poll.event) - 1;

	if (!iser_conn_end(conn, -EIO, iser_event_guess(conn, event)))
		return;
	if (event == IB_EVENT_CQ_ERR)
		iser_conn_warn(conn, "completion queue error: %s, ending the connection",
			       ib_event_msg(event));
	else if (event == IB_EVENT_QP_LAST_WQE_REACHED)
		iser_event_unknown(conn);
	else
		iser_conn_warn(conn, "queue pair error: %s, ending the connection",
			       ib_event_msg(event));
}

static void iser_event_work(struct work_struct *work)
{
	iser_event_end(container_of(to_delayed_work(work), struct iser_conn,
				    poll.event_work));
}

/*
 * iser_event_flushed - log a failure of which only flushes, or an event, are known
 *
 * Called when everything is polled: no completion says more than an event that came
 * before the flushes.  If the peer had closed, the connection manager would have said
 * so before anything was flushed; on iWARP the two come in any order.  From end_work.
 */
void iser_event_flushed(struct iser_conn *conn)
{
	if (atomic_read(&conn->poll.event))
		iser_event_end(conn);
	if (READ_ONCE(conn->reason) == -ECONNRESET &&
	    !iser_conn_iwarp(conn) &&
	    iser_conn_end(conn, -EIO, false))
		iser_event_unknown(conn);
}

/* iser_event_init - once, for any connection */
void iser_event_init(struct iser_conn *conn)
{
	INIT_DELAYED_WORK(&conn->poll.event_work, iser_event_work);
}

/* iser_cq_event - handler of both completion queues.  Any context. */
static void iser_cq_event(struct ib_event *event, void *context)
{
	iser_event_note(context, event->event);
}

/*
 * Have an error of what was sent wake, while nobody waits for a completion.  Most
 * adapters flush the receives then, which wakes.  hns does not before the error has
 * been polled, and an initiator that waits for a response would not poll.
 *
 * A waiter may have armed the queue for all completions just before.
 */
static void iser_send_cq_watch(struct iser_conn *conn)
{
	if (READ_ONCE(conn->poll.stopped))
		return;
	/* The softirq may be polling right now, and could not be scheduled once more. */
	if (ib_req_notify_cq(conn->poll.sends,
			     IB_CQ_SOLICITED | IB_CQ_REPORT_MISSED_EVENTS))
		queue_work(conn->poll.wq, &conn->poll.work);
	/* Either the waiter is seen, or it arms the queue after this. */
	smp_mb();
	if (atomic_read(&conn->poll.awaited))
		iser_send_cq_event(conn);
}

static struct ib_cq *iser_poll_create(struct iser_conn *conn, u32 size,
				      u32 vector)
{
	struct ib_cq_init_attr attr = { .cqe = size, .comp_vector = vector };

	return ib_create_cq(conn->dev, conn->role == ISER_TARGET ?
			    iser_poll_target_event : iser_poll_event,
			    iser_cq_event, conn, &attr);
}

/*
 * iser_poll_init - make the completion queues
 * @sends, @receives: completions that they have to hold
 *
 * May sleep.  Return: 0 or negative errno; iser_poll_destroy() cleans up.
 */
int iser_poll_init(struct iser_conn *conn, u32 sends, u32 receives)
{
	struct iser_poll *poll = &conn->poll;
	/* bnxt_re says how many interrupts it has beyond one: perhaps none. */
	u32 vector = (u32)atomic_inc_return(&iser_poll_vector) %
		max(conn->dev->num_comp_vectors, 1);
	struct ib_cq *cq;

	irq_poll_init(&poll->iop, ISER_POLL_WEIGHT, iser_poll_softirq);
	poll->wq = conn->role == ISER_TARGET ? iser_target_wq : iser_initiator_wq;
	INIT_WORK(&poll->work, conn->role == ISER_TARGET ? iser_poll_target :
		  iser_poll_work);
	INIT_DELAYED_WORK(&poll->late, iser_poll_late);
	cq = iser_poll_create(conn, receives, vector);
	if (IS_ERR(cq))
		return PTR_ERR(cq);
	poll->receives = cq;
	cq = iser_poll_create(conn, sends, vector);
	if (IS_ERR(cq))
		return PTR_ERR(cq);
	poll->sends = cq;
	if (conn->role == ISER_INITIATOR)
		iser_send_cq_watch(conn);
	return ib_req_notify_cq(poll->receives, IB_CQ_NEXT_COMP);
}

/* An event may still come and queue the work, which then does nothing. */
static void iser_poll_end(struct iser_poll *poll)
{
	if (poll->stopped)
		return;
	WRITE_ONCE(poll->stopped, true);
	irq_poll_disable(&poll->iop);
	/* The softirq arms the queues, or queues the work, after its last poll. */
	synchronize_rcu();
	cancel_work_sync(&poll->work);
	cancel_delayed_work_sync(&poll->late);
}

/*
 * iser_poll_stop - nothing more will complete: end the polling
 *
 * Polls until the queues are empty, as adapters drop what is left when the queue
 * pair goes.  A device that could not be stopped may go on completing, so the
 * number is bounded by what the queues hold.  From end_work; sleeps.
 */
void iser_poll_stop(struct iser_conn *conn)
{
	struct iser_poll *poll = &conn->poll;
	int left = poll->sends->cqe + poll->receives->cqe, n;
	bool target = conn->role == ISER_TARGET;

	iser_poll_end(poll);
	do {
		n = iser_poll(conn, 1, target, !target);
		left -= n;
	} while (n && left > 0);
}

/*
 * iser_poll_destroy - destroy the completion queues, after the queue pair
 *
 * A device waits for its events when it destroys a completion queue: only
 * then is the work that they queue cancelled for good.  Sleeps.
 */
void iser_poll_destroy(struct iser_conn *conn)
{
	struct iser_poll *poll = &conn->poll;

	if (!poll->receives)
		return;
	iser_poll_end(poll);
	if (poll->sends)
		ib_destroy_cq(poll->sends);
	ib_destroy_cq(poll->receives);
	cancel_work_sync(&poll->work);
	poll->sends = NULL;
	poll->receives = NULL;
}

/*
 * iser_send_cq_event - have the next completion of what was sent wake
 *
 * Any context.  Up-calls of end_work may come here when the queue is gone.  The
 * poll arms it once more, and reports an error.
 */
void iser_send_cq_event(struct iser_conn *conn)
{
	if (unlikely(READ_ONCE(conn->poll.stopped)))
		return;
	if (ib_req_notify_cq(conn->poll.sends, ISER_POLL_FLAGS))
		iser_poll_kick(conn);
}

/*
 * iser_send_cq_arm - the caller waits for the completion of a work request
 *
 * Until iser_send_cq_disarm(), all completions of Sends wake.  Any context.
 */
void iser_send_cq_arm(struct iser_conn *conn)
{
	atomic_inc(&conn->poll.awaited);
	iser_send_cq_event(conn);
}

void iser_send_cq_disarm(struct iser_conn *conn)
{
	if (atomic_dec_and_test(&conn->poll.awaited) && conn->role == ISER_INITIATOR)
		iser_send_cq_watch(conn);
}

/* iser_send_cq_poll_late - what iser_send_cq_poll_later() does seldom */
void iser_send_cq_poll_late(struct iser_poll *poll)
{
	queue_delayed_work(iser_wq, &poll->late, ISER_POLL_LATE);
}
