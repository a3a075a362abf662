// SPDX-License-Identifier: GPL-2.0-only
/* Completion queues: their entries, and the calls of their handlers. */
#include <linux/log2.h>
#include <linux/slab.h>
#include "adapter.h"

static void call_once(struct adapter_cq *cq)
{
	if (cq->ib.comp_handler)
		cq->ib.comp_handler(&cq->ib, cq->ib.cq_context);
}

/* A second time as well, if a fault wants that. */
static void call_handler(struct adapter_cq *cq)
{
	call_once(cq);
	if (xchg(&cq->again, false))
		call_once(cq);
}

static enum hrtimer_restart cq_timer(struct hrtimer *timer)
{
	call_handler(container_of(timer, struct adapter_cq, timer));
	return HRTIMER_NORESTART;
}

static void cq_work(struct work_struct *work)
{
	call_handler(container_of(work, struct adapter_cq, work));
}

/*
 * Calls the handler soon, in the context of the profile.  Called with cq->lock.
 * Never calls it directly, because the caller may hold locks that the handler
 * takes.
 */
static void notify(struct adapter_cq *cq)
{
	cq->armed = false;
	if (!cq->gsi && adapter_fault(FAULT_EVENT_TWICE))
		WRITE_ONCE(cq->again, true);
	switch (to_adapter(cq->ib.device, dev)->profile->context) {
	case ADAPTER_HARD:
		hrtimer_start(&cq->timer, 0, HRTIMER_MODE_REL_HARD);
		break;
	case ADAPTER_SOFT:
		hrtimer_start(&cq->timer, 0, HRTIMER_MODE_REL_SOFT);
		break;
	case ADAPTER_WORKER:
		queue_work(adapter_wq, &cq->work);
		break;
	}
}

int adapter_create_cq(struct ib_cq *ib, const struct ib_cq_init_attr *attr,
		      struct uverbs_attr_bundle *attrs)
{
	const struct adapter_profile *profile =
		to_adapter(ib->device, dev)->profile;
	struct adapter_cq *cq = to_adapter(ib, cq);
	int ret;

	ret = adapter_fault(FAULT_CREATE_CQ);
	if (ret)
		return ret;
	if (attr->flags)
		return -EOPNOTSUPP;
	if (!attr->cqe || attr->cqe > profile->max_cqe ||
	    attr->comp_vector >= max(ib->device->num_comp_vectors, 1))
		return -EINVAL;
	cq->ring = kvcalloc(roundup_pow_of_two(attr->cqe), sizeof(*cq->ring),
			    GFP_KERNEL);
	if (!cq->ring)
		return -ENOMEM;
	cq->size = attr->cqe;
	adapter_ref_init(&cq->ref);
	spin_lock_init(&cq->lock);
	hrtimer_init(&cq->timer, CLOCK_MONOTONIC,
		     profile->context == ADAPTER_SOFT ? HRTIMER_MODE_REL_SOFT :
							HRTIMER_MODE_REL_HARD);
	cq->timer.function = cq_timer;
	INIT_WORK(&cq->work, cq_work);
	ib->cqe = cq->size;
	return 0;
}

int adapter_destroy_cq(struct ib_cq *ib, struct ib_udata *udata)
{
	struct adapter_cq *cq = to_adapter(ib, cq);
	int users = atomic_read(&cq->users);

	if (users) {
		adapter_broken(to_adapter(ib->device, dev), RULE_CQ_BUSY, false,
			       "a completion queue of %d work queues is freed",
			       users);
		return -EBUSY;
	}
	adapter_ref_end(&cq->ref);
	hrtimer_cancel(&cq->timer);
	cancel_work_sync(&cq->work);
	kvfree(cq->ring);
	return 0;
}

static struct adapter_cqe *entry(struct adapter_cq *cq, u32 index)
{
	return &cq->ring[index & (roundup_pow_of_two(cq->size) - 1)];
}

/*
 * A request is posted that may complete here, as all do after an error, or a
 * shared receive has met a message of queue pair qpn.  What the consumer can't
 * be sure to find room for breaks the rule, even if it has luck.
 */
void adapter_cq_expect(struct adapter_cq *cq, u32 qpn)
{
	if (atomic_inc_return(&cq->pending) > cq->size)
		adapter_broken(to_adapter(cq->ib.device, dev), RULE_CQ_OVERRUN,
			       false,
			       "QP %u: more may complete than the %u entries",
			       qpn, cq->size);
}

/*
 * Gives the consumer the fields that the verbs define for this completion, and
 * poison in the others, where a driver of hardware leaves what was there.
 */
static void fill(struct ib_wc *to, const struct adapter_cqe *cqe)
{
	const struct ib_wc *wc = &cqe->wc;

	memset(to, ADAPTER_POISON, sizeof(*to));
	to->wr_id = wc->wr_id;
	to->status = wc->status;
	to->vendor_err = 0;
	to->qp = wc->qp;
	if (wc->status != IB_WC_SUCCESS)
		return;
	to->opcode = wc->opcode;
	to->wc_flags = wc->wc_flags;
	if (cqe->receive || wc->opcode == IB_WC_RDMA_READ)
		to->byte_len = wc->byte_len;
	if (wc->wc_flags & (IB_WC_WITH_IMM | IB_WC_WITH_INVALIDATE))
		to->ex = wc->ex;
	if (!cqe->receive || wc->qp->qp_type == IB_QPT_RC)
		return;
	/* Datagrams */
	to->src_qp = wc->src_qp;
	to->slid = 0;
	to->pkey_index = 0;
	to->sl = 0;
	to->dlid_path_bits = 0;
	to->port_num = ADAPTER_PORT;
	to->network_hdr_type = wc->network_hdr_type;
	memcpy(to->smac, wc->smac, sizeof(to->smac));
}

void adapter_complete(struct adapter_cq *cq, const struct adapter_cqe *cqe,
		      bool solicited)
{
	bool wakes = solicited || cqe->wc.status != IB_WC_SUCCESS;
	struct adapter_cqe *new;
	unsigned long flags;
	bool full;

	spin_lock_irqsave(&cq->lock, flags);
	full = cq->head - cq->tail == cq->size;
	if (!full && !cq->failed) {
		new = entry(cq, cq->head++);
		*new = *cqe;
		new->wakes = wakes;
		if ((cq->armed && (!cq->solicited_only || wakes)) ||
		    (!cq->gsi && adapter_fault(FAULT_EVENT_SPURIOUS)))
			notify(cq);
	}
	spin_unlock_irqrestore(&cq->lock, flags);
	if (full)
		adapter_cq_fail(cq);
}

/* A completion queue that has failed takes nothing any more. */
void adapter_cq_fail(struct adapter_cq *cq)
{
	unsigned long flags;
	bool failed;

	spin_lock_irqsave(&cq->lock, flags);
	failed = cq->failed;
	cq->failed = true;
	spin_unlock_irqrestore(&cq->lock, flags);
	if (!failed)
		adapter_cq_event(cq, IB_EVENT_CQ_ERR);
}

/*
 * Gives the slot of a completion back to its work queue, and those of the
 * unsignaled requests before it. Called with cq->lock.
 */
static void free_slot(struct adapter_cq *cq, struct adapter_cqe *cqe)
{
	struct adapter_rq *rq;

	if (!cqe->receive) {
		u32 tail = cqe->sq_index + 1;

		atomic_sub(tail - cqe->qp->sq_tail, &cq->pending);
		/* Pairs with the acquire in post.c. */
		smp_store_release(&cqe->qp->sq_tail, tail);
		return;
	}
	atomic_dec(&cq->pending);
	rq = adapter_qp_rq(cqe->qp);
	spin_lock(&rq->lock);
	rq->tail++;
	spin_unlock(&rq->lock);
}

int adapter_poll_cq(struct ib_cq *ib, int max, struct ib_wc *wc)
{
	struct adapter_cq *cq = to_adapter(ib, cq);
	unsigned long flags;
	int n;

	n = cq->gsi ? 0 : adapter_fault(FAULT_POLL_CQ);
	if (n)
		return n;
	spin_lock_irqsave(&cq->lock, flags);
	for (n = 0; n < max && cq->tail != cq->head; n++) {
		struct adapter_cqe *cqe = entry(cq, cq->tail++);

		fill(&wc[n], cqe);
		if (cqe->wc.status != IB_WC_SUCCESS && !cqe->receive &&
		    xchg(&cqe->qp->unpolled, false))
			mod_delayed_work(adapter_wq, &cqe->qp->work, 0);
		free_slot(cq, cqe);
	}
	spin_unlock_irqrestore(&cq->lock, flags);
	return n;
}

/* Whether a completion waits that the consumer is armed for. With cq->lock. */
static bool due(struct adapter_cq *cq)
{
	u32 index;

	for (index = cq->tail; index != cq->head; index++) {
		if (!cq->solicited_only || entry(cq, index)->wakes)
			return true;
	}
	return false;
}

/*
 * An adapter that does not tell of completions that wait raises an event for
 * them at once, as it is told how far the consumer has polled.
 */
int adapter_req_notify_cq(struct ib_cq *ib, enum ib_cq_notify_flags flags)
{
	bool solicited_only = (flags & IB_CQ_SOLICITED_MASK) == IB_CQ_SOLICITED;
	const struct adapter_profile *profile;
	struct adapter_cq *cq = to_adapter(ib, cq);
	unsigned long irq;
	bool missed;
	int ret;

	ret = cq->gsi ? 0 : adapter_fault(FAULT_REQ_NOTIFY_CQ);
	if (ret)
		return ret;
	profile = to_adapter(ib->device, dev)->profile;
	spin_lock_irqsave(&cq->lock, irq);
	missed = flags & IB_CQ_REPORT_MISSED_EVENTS && cq->head != cq->tail &&
		 profile->arm != ADAPTER_ARM_SILENT;
	if (!missed || profile->arm != ADAPTER_ARM_REFUSED) {
		/* All completions are more than the solicited ones. */
		cq->solicited_only = solicited_only &&
				     (!cq->armed || cq->solicited_only);
		cq->armed = true;
	}
	if (profile->arm == ADAPTER_ARM_SILENT && due(cq))
		notify(cq);
	spin_unlock_irqrestore(&cq->lock, irq);
	return missed;
}

/*
 * Drops all completions of a queue pair that goes away, and returns how many.
 */
u32 adapter_cq_forget(struct adapter_cq *cq, struct adapter_qp *qp)
{
	u32 from, to, dropped;
	unsigned long flags;

	spin_lock_irqsave(&cq->lock, flags);
	for (from = cq->tail, to = cq->tail; from != cq->head; from++) {
		struct adapter_cqe *cqe = entry(cq, from);

		if (cqe->qp == qp)
			free_slot(cq, cqe);
		else
			*entry(cq, to++) = *cqe;
	}
	dropped = cq->head - to;
	cq->head = to;
	spin_unlock_irqrestore(&cq->lock, flags);
	return dropped;
}
