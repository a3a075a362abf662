// SPDX-License-Identifier: GPL-2.0-only
/* Receive queues, of one queue pair or shared. */
#include <linux/log2.h>
#include <linux/slab.h>
#include "adapter.h"

int adapter_rq_init(struct adapter_rq *rq, u32 depth, u32 max_sge)
{
	u32 size = roundup_pow_of_two(max(depth, 1U)), i;

	spin_lock_init(&rq->lock);
	rq->depth = depth;
	rq->max_sge = max_sge;
	rq->recv = kvcalloc(size, sizeof(*rq->recv), GFP_KERNEL);
	rq->sges = kvcalloc(size, max(max_sge, 1U) * sizeof(*rq->sges),
			    GFP_KERNEL);
	if (!rq->recv || !rq->sges) {
		adapter_rq_free(rq);
		return -ENOMEM;
	}
	for (i = 0; i < size; i++)
		rq->recv[i].sge = rq->sges + i * max_sge;
	return 0;
}

void adapter_rq_free(struct adapter_rq *rq)
{
	kvfree(rq->recv);
	kvfree(rq->sges);
}

static struct adapter_recv *slot(struct adapter_rq *rq, u32 index)
{
	return &rq->recv[index & (roundup_pow_of_two(max(rq->depth, 1U)) - 1)];
}

/* Whether two pieces of memory, as one key names them, have a byte in common. */
bool adapter_overlap(const struct ib_sge *a, const struct ib_sge *b)
{
	return a->lkey == b->lkey && a->length && b->length &&
	       a->addr < b->addr + b->length && b->addr < a->addr + a->length;
}

/*
 * Whether a buffer of wr waits already for another message. Called with
 * rq->lock.
 */
static bool posted_twice(struct adapter_rq *rq, const struct ib_recv_wr *wr)
{
	u32 index;
	int i, j;

	for (index = rq->next; index != rq->head; index++) {
		struct adapter_recv *recv = slot(rq, index);

		for (i = 0; i < recv->num_sge; i++) {
			for (j = 0; j < wr->num_sge; j++) {
				if (adapter_overlap(&recv->sge[i],
						    &wr->sg_list[j]))
					return true;
			}
		}
	}
	return false;
}

bool adapter_zero_sge(const struct ib_sge *sge, int n)
{
	while (n--) {
		if (!sge[n].length)
			return true;
	}
	return false;
}

/* kind and number name the queue in messages. */
int adapter_rq_post(struct adapter_dev *dev, struct adapter_rq *rq,
		    const char *kind, u32 number, const struct ib_recv_wr *wr,
		    const struct ib_recv_wr **bad)
{
	unsigned long flags;
	int ret = 0;

	spin_lock_irqsave(&rq->lock, flags);
	for (; wr; wr = wr->next) {
		struct adapter_recv *recv = slot(rq, rq->head);

		if (rq->head - rq->tail >= rq->depth) {
			adapter_broken(dev, RULE_RECV_OVERFLOW, false,
				       "%s %u has %u receives", kind, number,
				       rq->depth);
			ret = -ENOMEM;
			break;
		}
		if (wr->num_sge < 0 || wr->num_sge > rq->max_sge) {
			adapter_broken(dev, RULE_SGE_COUNT, false,
				       "%s %u: a receive of %d SGEs, not %u",
				       kind, number, wr->num_sge, rq->max_sge);
			ret = -EINVAL;
			break;
		}
		if (dev->profile->zero_is_2g &&
		    adapter_zero_sge(wr->sg_list, wr->num_sge)) {
			adapter_broken(dev, RULE_ZERO_SGE, false, "%s %u", kind,
				       number);
			ret = -EINVAL;
			break;
		}
		if (!rq->cq)
			ret = adapter_fault(FAULT_POST_SRQ_RECV);
		else if (!rq->cq->gsi)
			ret = adapter_fault(FAULT_POST_RECV);
		if (ret)
			break;
		if (posted_twice(rq, wr))
			adapter_broken(dev, RULE_RECV_TWICE, false,
				       "%s %u: address %#llx", kind, number,
				       wr->sg_list[0].addr);
		recv->wr_id = wr->wr_id;
		recv->num_sge = wr->num_sge;
		if (wr->num_sge)
			memcpy(recv->sge, wr->sg_list,
			       wr->num_sge * sizeof(*recv->sge));
		rq->head++;
		if (rq->cq)
			adapter_cq_expect(rq->cq, number);
	}
	spin_unlock_irqrestore(&rq->lock, flags);
	if (ret)
		*bad = wr;
	return ret;
}

/*
 * Copies the next receive to recv.  Its slot stays used until the completion is
 * polled. Sets limit if a shared queue just got below its limit.
 */
bool adapter_rq_take(struct adapter_rq *rq, struct adapter_recv *recv,
		     bool *limit)
{
	struct adapter_recv *from;
	unsigned long flags;
	bool found = false;

	spin_lock_irqsave(&rq->lock, flags);
	if (rq->next != rq->head) {
		from = slot(rq, rq->next++);
		recv->wr_id = from->wr_id;
		recv->num_sge = from->num_sge;
		memcpy(recv->sge, from->sge,
		       from->num_sge * sizeof(*recv->sge));
		found = true;
	}
	*limit = rq->head - rq->next < rq->limit;
	if (*limit)
		rq->limit = 0;
	spin_unlock_irqrestore(&rq->lock, flags);
	return found;
}

/* How many receives wait for a message. */
u32 adapter_rq_waiting(struct adapter_rq *rq)
{
	unsigned long flags;
	u32 n;

	spin_lock_irqsave(&rq->lock, flags);
	n = rq->head - rq->next;
	spin_unlock_irqrestore(&rq->lock, flags);
	return n;
}
