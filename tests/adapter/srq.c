// SPDX-License-Identifier: GPL-2.0-only
/* Shared receive queues. */
#include "adapter.h"

int adapter_create_srq(struct ib_srq *ib, struct ib_srq_init_attr *init,
		       struct ib_udata *udata)
{
	const struct adapter_profile *profile =
		to_adapter(ib->device, dev)->profile;
	struct adapter_srq *srq = to_adapter(ib, srq);
	int ret = adapter_fault(FAULT_CREATE_SRQ);

	if (ret)
		return ret;
	if (init->srq_type != IB_SRQT_BASIC)
		return -EOPNOTSUPP;
	if (!init->attr.max_wr || init->attr.max_wr > profile->max_srq_wr ||
	    init->attr.max_sge > profile->max_srq_sge)
		return -EINVAL;
	ret = adapter_rq_init(&srq->rq, init->attr.max_wr, init->attr.max_sge);
	if (ret)
		return ret;
	adapter_ref_init(&srq->ref);
	atomic_inc(&to_adapter(ib->pd, pd)->users);
	return 0;
}

int adapter_modify_srq(struct ib_srq *ib, struct ib_srq_attr *attr,
		       enum ib_srq_attr_mask mask, struct ib_udata *udata)
{
	struct adapter_srq *srq = to_adapter(ib, srq);
	int ret = adapter_fault(FAULT_MODIFY_SRQ);
	unsigned long flags;
	bool below;

	if (ret)
		return ret;
	if (mask & ~IB_SRQ_LIMIT)
		return -EOPNOTSUPP;
	if (attr->srq_limit > srq->rq.depth)
		return -EINVAL;
	spin_lock_irqsave(&srq->rq.lock, flags);
	srq->rq.limit = attr->srq_limit;
	below = srq->rq.head - srq->rq.next < srq->rq.limit;
	if (below)
		srq->rq.limit = 0;
	spin_unlock_irqrestore(&srq->rq.lock, flags);
	if (below)
		adapter_srq_event(srq, IB_EVENT_SRQ_LIMIT_REACHED);
	return 0;
}

int adapter_query_srq(struct ib_srq *ib, struct ib_srq_attr *attr)
{
	struct adapter_srq *srq = to_adapter(ib, srq);
	int ret = adapter_fault(FAULT_QUERY_SRQ);

	if (ret)
		return ret;
	attr->max_wr = srq->rq.depth;
	attr->max_sge = srq->rq.max_sge;
	attr->srq_limit = READ_ONCE(srq->rq.limit);
	return 0;
}

int adapter_destroy_srq(struct ib_srq *ib, struct ib_udata *udata)
{
	struct adapter_srq *srq = to_adapter(ib, srq);
	int users = atomic_read(&srq->users);

	if (users) {
		adapter_broken(to_adapter(ib->device, dev), RULE_SRQ_BUSY,
			       false, "an SRQ of %d queue pairs is freed",
			       users);
		return -EBUSY;
	}
	adapter_ref_end(&srq->ref);
	adapter_rq_free(&srq->rq);
	atomic_dec(&to_adapter(ib->pd, pd)->users);
	return 0;
}

int adapter_post_srq_recv(struct ib_srq *ib, const struct ib_recv_wr *wr,
			  const struct ib_recv_wr **bad)
{
	struct adapter_srq *srq = to_adapter(ib, srq);

	return adapter_rq_post(to_adapter(ib->device, dev), &srq->rq, "SRQ",
			       ib->res.id, wr, bad);
}
