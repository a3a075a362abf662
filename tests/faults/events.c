// SPDX-License-Identifier: GPL-2.0-only
/*
 * The test build: what a device tells, and what it does not complete.
 *
 * fault_event		raise an event at all queue pairs, in a hard interrupt
 * fault_late_event	a completion event of a queue when it is destroyed
 * fault_modify		a queue pair can't be made to fail
 * fault_lost		what a target has sent never completes
 * fault_poll		so many polls fail, and lose what they had
 * fault_hold		what a target sends completes so many ms after a receive
 * fault_flood		so many receives complete at a target that are nobody's
 * fault_flood_most	of these, the most while another work waited for the worker
 * fault_sq_sges	a send queue with more SGEs in all does not fit
 * fault_refuse		the next registration fails, and with it the queue pair: 1:
 *			the device says nothing but that all is flushed; 2: it says
 *			why when its receives have been flushed for a while
 */
#include <linux/irq_work.h>
#include <linux/moduleparam.h>
#include "../../core/conn.h"

static bool fault_late_event;
module_param(fault_late_event, bool, 0644);
static bool fault_modify;
module_param(fault_modify, bool, 0644);
static bool fault_lost;
module_param(fault_lost, bool, 0644);
static int fault_poll;
module_param(fault_poll, int, 0644);
static unsigned int fault_hold;
module_param(fault_hold, uint, 0644);
static unsigned long fault_held;	/* completions are held until then */
static unsigned int fault_flood;
module_param(fault_flood, uint, 0644);
static unsigned int fault_flood_most;
module_param(fault_flood_most, uint, 0644);
static unsigned int fault_flood_now;	/* since the other work has last run */
static unsigned int fault_sq_sges;
module_param(fault_sq_sges, uint, 0644);
static unsigned int fault_refuse;
module_param(fault_refuse, uint, 0644);
static struct ib_cq *fault_telling;	/* the queue that reports the reason */
static unsigned long fault_told;	/* but not before this */

struct fault_qp {
	struct list_head node;
	struct ib_qp *qp;
};

static DEFINE_SPINLOCK(fault_qps_lock);	/* irqs off */
static LIST_HEAD(fault_qps);

static const struct {
	const char *name;
	enum ib_event_type event;
} fault_events[] = {
	{ "0", IB_EVENT_CLIENT_REREGISTER },	/* for no queue pair */
	{ "qp-fatal", IB_EVENT_QP_FATAL },
	{ "device-fatal", IB_EVENT_DEVICE_FATAL },
	{ "last-wqe", IB_EVENT_QP_LAST_WQE_REACHED },
	{ "cq-err", IB_EVENT_CQ_ERR },
	{ "srq-err", IB_EVENT_SRQ_ERR },
};

static enum ib_event_type fault_raised;

static void fault_raise(struct ib_qp *qp)
{
	struct ib_event event = { .device = qp->device, .event = fault_raised };

	switch (fault_raised) {
	case IB_EVENT_CQ_ERR:
		event.element.cq = qp->recv_cq;
		qp->recv_cq->event_handler(&event, qp->recv_cq->cq_context);
		break;
	case IB_EVENT_SRQ_ERR:
		event.element.srq = qp->srq;
		if (qp->srq)
			qp->srq->event_handler(&event, qp->srq->srq_context);
		break;
	default:
		event.element.qp = qp;
		qp->event_handler(&event, qp->qp_context);
		break;
	}
}

static void fault_interrupt(struct irq_work *work)
{
	struct fault_qp *at;
	unsigned long flags;

	spin_lock_irqsave(&fault_qps_lock, flags);
	list_for_each_entry(at, &fault_qps, node)
		fault_raise(at->qp);
	spin_unlock_irqrestore(&fault_qps_lock, flags);
}

static struct irq_work fault_irq = IRQ_WORK_INIT_HARD(fault_interrupt);

static int fault_set_event(const char *val, const struct kernel_param *kp)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fault_events); i++) {
		if (!sysfs_streq(val, fault_events[i].name))
			continue;
		fault_raised = fault_events[i].event;
		if (i)
			irq_work_queue(&fault_irq);
		irq_work_sync(&fault_irq);
		return 0;
	}
	return -EINVAL;
}

static const struct kernel_param_ops fault_event_ops = {
	.set = fault_set_event,
};

module_param_cb(fault_event, &fault_event_ops, NULL, 0200);

int iser_fault_create_qp(struct rdma_cm_id *id, struct ib_pd *pd,
			 struct ib_qp_init_attr *attr)
{
	struct fault_qp *at = kmalloc(sizeof(*at), GFP_KERNEL);
	unsigned long flags;
	int ret;

	iser_fault_noio();
	if (!at)
		return -ENOMEM;
	if (fault_sq_sges &&
	    attr->cap.max_send_wr * attr->cap.max_send_sge > fault_sq_sges) {
		kfree(at);
		return -ENOMEM;
	}
	ret = (rdma_create_qp)(id, pd, attr);
	if (ret) {
		kfree(at);
		return ret;
	}
	at->qp = id->qp;
	spin_lock_irqsave(&fault_qps_lock, flags);
	list_add(&at->node, &fault_qps);
	spin_unlock_irqrestore(&fault_qps_lock, flags);
	return 0;
}

static void fault_forget_qp(struct ib_qp *qp)
{
	struct fault_qp *at, *found = NULL;
	unsigned long flags;

	spin_lock_irqsave(&fault_qps_lock, flags);
	list_for_each_entry(at, &fault_qps, node) {
		if (at->qp == qp)
			found = at;
	}
	if (found)
		list_del(&found->node);
	spin_unlock_irqrestore(&fault_qps_lock, flags);
	kfree(found);
}

int iser_fault_destroy_qp(struct ib_qp *qp)
{
	iser_fault_noio();
	fault_forget_qp(qp);
	return (ib_destroy_qp)(qp);
}

void iser_fault_destroy_id_qp(struct rdma_cm_id *id)
{
	fault_forget_qp(id->qp);
	(rdma_destroy_qp)(id);
}

void iser_fault_destroy_cq(struct ib_cq *cq)
{
	ib_comp_handler handler = cq->comp_handler;
	void *context = cq->cq_context;

	(ib_destroy_cq)(cq);
	/* The event came in time; the work that it queues runs as late as this. */
	if (fault_late_event)
		handler(cq, context);
}

int iser_fault_modify_qp(struct ib_qp *qp, struct ib_qp_attr *attr, int mask)
{
	if (fault_modify && attr->qp_state == IB_QPS_ERR)
		return -EIO;
	return (ib_modify_qp)(qp, attr, mask);
}

/* Whether completions of what @conn has sent are held back now. */
static bool fault_holds(const struct iser_conn *conn, const struct ib_cq *cq)
{
	return conn->role == ISER_TARGET && cq == conn->poll.sends &&
		(fault_lost || (fault_hold &&
				time_before(jiffies, READ_ONCE(fault_held))));
}

/* The core posts a registration. */
void iser_fault_register(struct ib_qp *qp, const struct ib_send_wr *wr)
{
	struct ib_reg_wr *reg = (struct ib_reg_wr *)reg_wr(wr);

	if (!fault_refuse)
		return;
	/* Take the key of another region. */
	reg->key ^= 0xffff00;
	if (fault_refuse == 2) {
		fault_told = jiffies + HZ / 20;
		WRITE_ONCE(fault_telling, qp->send_cq);
	}
	fault_refuse = 0;
}

static int fault_tell(struct ib_cq *cq, int n, struct ib_wc *wc)
{
	int got, i;

	if (time_before(jiffies, fault_told))
		return 0;
	got = (ib_poll_cq)(cq, n, wc);
	for (i = 0; i < got; i++) {
		if (wc[i].status != IB_WC_WR_FLUSH_ERR)
			continue;
		wc[i].status = IB_WC_LOC_PROT_ERR;
		WRITE_ONCE(fault_telling, NULL);
		break;
	}
	return got;
}

static void fault_flood_done(struct ib_cq *cq, struct ib_wc *wc)
{
}

static struct ib_cqe fault_flood_cqe = { .done = fault_flood_done };

/* That of another connection, which waits for its turn. */
static void fault_other(struct work_struct *work)
{
	WRITE_ONCE(fault_flood_now, 0);
	kfree(work);
}

/*
 * A new work each time: one that a second thread had begun, and was preempted in, would
 * stay with that thread when it is queued again.
 */
static void fault_queue_other(void)
{
	struct work_struct *work = kmalloc(sizeof(*work), GFP_KERNEL);

	if (!work)
		return;
	INIT_WORK(work, fault_other);
	queue_work(iser_target_wq, work);
}

static int fault_flooded(int n, struct ib_wc *wc)
{
	int i;

	n = min_t(u32, n, fault_flood);
	for (i = 0; i < n; i++)
		wc[i] = (struct ib_wc){ .wr_cqe = &fault_flood_cqe };
	fault_queue_other();
	fault_flood -= n;
	fault_flood_now += n;
	fault_flood_most = max(fault_flood_most, fault_flood_now);
	return n;
}

int iser_fault_poll_cq(struct ib_cq *cq, int n, struct ib_wc *wc)
{
	struct iser_conn *conn = cq->cq_context;
	int got;

	if (fault_flood && conn->role == ISER_TARGET && cq == conn->poll.receives)
		return fault_flooded(n, wc);
	if (cq == READ_ONCE(fault_telling))
		return fault_tell(cq, n, wc);
	/* With fault_hold the queue stays as it is, with fault_lost it is emptied. */
	if (!fault_lost && fault_holds(conn, cq))
		return 0;
	got = (ib_poll_cq)(cq, n, wc);
	if (got <= 0)
		return got;
	if (fault_poll > 0) {
		fault_poll--;
		return -EIO;
	}
	if (conn->role == ISER_TARGET && cq == conn->poll.receives)
		WRITE_ONCE(fault_held, jiffies + msecs_to_jiffies(fault_hold));
	return fault_holds(conn, cq) ? 0 : got;
}
