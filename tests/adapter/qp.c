// SPDX-License-Identifier: GPL-2.0-only
/* Queue pairs: how they come, change their state and go. */
#include <linux/log2.h>
#include <linux/slab.h>
#include "adapter.h"

#define QP_LIMIT	XA_LIMIT(ADAPTER_GSI + 1, 0xffffff)

static bool within_limits(struct adapter_dev *dev,
			  const struct ib_qp_init_attr *init)
{
	const struct adapter_profile *profile = dev->profile;
	const struct ib_qp_cap *cap = &init->cap;

	return cap->max_send_wr <= profile->max_qp_wr &&
	       cap->max_send_sge <= profile->max_send_sge &&
	       cap->max_inline_data <= profile->max_inline &&
	       (init->srq || (cap->max_recv_wr <= profile->max_qp_wr &&
			      cap->max_recv_sge <= profile->max_recv_sge));
}

/* Whether a queue pair is asked for that uses protection information. */
static bool for_integrity(struct adapter_dev *dev,
			  const struct ib_qp_init_attr *init)
{
	return dev->profile->max_pi_entries && init->qp_type == IB_QPT_RC &&
	       init->create_flags == IB_QP_CREATE_INTEGRITY_EN;
}

static void free_queues(struct adapter_qp *qp)
{
	if (!qp->srq)
		adapter_rq_free(&qp->rq);
	kvfree(qp->send);
	kvfree(qp->sges);
	kvfree(qp->inlines);
	kfree(qp->taken.sge);
}

static int alloc_queues(struct adapter_qp *qp, const struct ib_qp_cap *cap)
{
	u32 size = roundup_pow_of_two(max(cap->max_send_wr, 1U)), i;

	qp->sq_depth = cap->max_send_wr;
	qp->max_send_sge = cap->max_send_sge;
	qp->max_inline = cap->max_inline_data;
	if (!qp->srq &&
	    adapter_rq_init(&qp->rq, cap->max_recv_wr, cap->max_recv_sge))
		return -ENOMEM;
	qp->send = kvcalloc(size, sizeof(*qp->send), GFP_KERNEL);
	qp->sges = kvcalloc(size, max(qp->max_send_sge, 1U) * sizeof(*qp->sges),
			    GFP_KERNEL);
	qp->inlines = kvcalloc(size, max(qp->max_inline, 1U), GFP_KERNEL);
	qp->taken.sge =
		kcalloc(ADAPTER_MAX_SGE, sizeof(*qp->taken.sge), GFP_KERNEL);
	if (!qp->send || !qp->sges || !qp->inlines || !qp->taken.sge) {
		free_queues(qp);
		return -ENOMEM;
	}
	for (i = 0; i < size; i++) {
		qp->send[i].sge = qp->sges + i * qp->max_send_sge;
		qp->send[i].data = qp->inlines + i * qp->max_inline;
	}
	return 0;
}

static int give_number(struct adapter_dev *dev, struct adapter_qp *qp)
{
	int ret;

	if (qp->ib.qp_type == IB_QPT_GSI) {
		qp->ib.qp_num = ADAPTER_GSI;
		return xa_insert(&dev->qps, ADAPTER_GSI, qp, GFP_KERNEL);
	}
	ret = xa_alloc_cyclic(&dev->qps, &qp->ib.qp_num, qp, QP_LIMIT,
			      &dev->next_qp, GFP_KERNEL);
	return min(ret, 0);
}

static void count_users(struct adapter_qp *qp, int change)
{
	atomic_add(change, &to_adapter(qp->ib.pd, pd)->users);
	atomic_add(change, &qp->send_cq->users);
	atomic_add(change, &qp->recv_cq->users);
	if (qp->srq)
		atomic_add(change, &qp->srq->users);
}

int adapter_create_qp(struct ib_qp *ib, struct ib_qp_init_attr *init,
		      struct ib_udata *udata)
{
	struct adapter_dev *dev = to_adapter(ib->device, dev);
	struct adapter_qp *qp = to_adapter(ib, qp);
	int ret = 0;

	if (init->qp_type == IB_QPT_RC)
		ret = adapter_fault(FAULT_CREATE_QP);
	if (ret)
		return ret;
	if ((init->qp_type != IB_QPT_RC && init->qp_type != IB_QPT_GSI) ||
	    (init->create_flags && !for_integrity(dev, init)))
		return -EOPNOTSUPP;
	if (!within_limits(dev, init)) {
		adapter_broken(dev, RULE_QP_LIMIT, false,
			       "a queue pair: %u+%u requests, %u+%u SGEs",
			       init->cap.max_send_wr, init->cap.max_recv_wr,
			       init->cap.max_send_sge, init->cap.max_recv_sge);
		return -EINVAL;
	}
	/* The device has not told this limit, so it is not a rule. */
	if (init->create_flags && dev->profile->max_pi_qp_wr &&
	    init->cap.max_send_wr > dev->profile->max_pi_qp_wr)
		return -ENOMEM;
	qp->integrity = init->create_flags;
	adapter_ref_init(&qp->ref);
	mutex_init(&qp->mutex);
	spin_lock_init(&qp->sq_lock);
	INIT_DELAYED_WORK(&qp->work, adapter_requester);
	qp->send_cq = to_adapter(init->send_cq, cq);
	qp->recv_cq = to_adapter(init->recv_cq, cq);
	qp->srq = init->srq ? to_adapter(init->srq, srq) : NULL;
	qp->signal_all = init->sq_sig_type == IB_SIGNAL_ALL_WR;
	qp->attr.cap = init->cap;
	qp->state = IB_QPS_RESET;
	ret = alloc_queues(qp, &init->cap);
	if (ret)
		return ret;
	qp->rq.cq = qp->recv_cq;
	qp->send_cq->gsi |= init->qp_type == IB_QPT_GSI;
	qp->recv_cq->gsi |= init->qp_type == IB_QPT_GSI;
	ret = give_number(dev, qp);
	if (ret) {
		free_queues(qp);
		return ret;
	}
	count_users(qp, 1);
	return 0;
}

static void set_attr(struct adapter_qp *qp, const struct ib_qp_attr *attr,
		     int mask)
{
	if (mask & IB_QP_AV) {
		qp->attr.ah_attr = attr->ah_attr;
		adapter_path_set(&qp->path, &attr->ah_attr);
	}
	if (mask & IB_QP_ACCESS_FLAGS)
		qp->attr.qp_access_flags = attr->qp_access_flags;
	if (mask & IB_QP_PKEY_INDEX)
		qp->attr.pkey_index = attr->pkey_index;
	if (mask & IB_QP_PORT)
		qp->attr.port_num = attr->port_num;
	if (mask & IB_QP_QKEY)
		qp->attr.qkey = attr->qkey;
	if (mask & IB_QP_PATH_MTU)
		qp->attr.path_mtu = attr->path_mtu;
	if (mask & IB_QP_TIMEOUT)
		qp->attr.timeout = attr->timeout;
	if (mask & IB_QP_RETRY_CNT)
		qp->attr.retry_cnt = attr->retry_cnt;
	if (mask & IB_QP_RNR_RETRY)
		qp->attr.rnr_retry = attr->rnr_retry;
	if (mask & IB_QP_MIN_RNR_TIMER)
		qp->attr.min_rnr_timer = attr->min_rnr_timer;
	if (mask & IB_QP_MAX_QP_RD_ATOMIC)
		qp->attr.max_rd_atomic = attr->max_rd_atomic;
	if (mask & IB_QP_MAX_DEST_RD_ATOMIC)
		qp->attr.max_dest_rd_atomic = attr->max_dest_rd_atomic;
	if (mask & IB_QP_DEST_QPN)
		qp->attr.dest_qp_num = attr->dest_qp_num;
	if (mask & IB_QP_RQ_PSN) {
		qp->attr.rq_psn = attr->rq_psn;
		qp->rq_psn = attr->rq_psn;
	}
	if (mask & IB_QP_SQ_PSN) {
		qp->attr.sq_psn = attr->sq_psn;
		/* The worker does not use it before RTS. */
		qp->sq_psn = attr->sq_psn;
	}
}

/*
 * iWARP's states by the names of the verbs: INIT is idle, SQD is closing.  There
 * is no RTR, and a connection alone leads to RTS.
 */
static bool iwarp_next_is_ok(enum ib_qp_state state, enum ib_qp_state next)
{
	switch (next) {
	case IB_QPS_RESET:
	case IB_QPS_ERR:
		return true;
	case IB_QPS_INIT:
		return state == IB_QPS_RESET || state == IB_QPS_INIT;
	case IB_QPS_RTR:
		return state == IB_QPS_INIT;
	case IB_QPS_RTS:
		return state == IB_QPS_RTS;
	case IB_QPS_SQD:
		/* Who closes may not know yet that the peer has done so. */
		return state == IB_QPS_RTS || state == IB_QPS_SQD ||
		       state == IB_QPS_ERR;
	default:
		return false;
	}
}

static bool next_is_ok(struct adapter_qp *qp, enum ib_qp_state next, int mask)
{
	if (adapter_is_iwarp(qp))
		return iwarp_next_is_ok(qp->state, next);
	return ib_modify_qp_is_ok(qp->state, next, qp->ib.qp_type, mask);
}

static int check_attr(struct adapter_qp *qp, const struct ib_qp_attr *attr,
		      int mask, enum ib_qp_state next)
{
	struct adapter_dev *dev = adapter_qp_dev(qp);

	if ((mask & IB_QP_CUR_STATE && attr->cur_qp_state != qp->state) ||
	    !next_is_ok(qp, next, mask)) {
		adapter_broken(dev, RULE_QP_STATE, false,
			       "QP %u: from state %u to %u, mask %#x",
			       qp->ib.qp_num, qp->state, next, mask);
		return -EINVAL;
	}
	if ((mask & IB_QP_MAX_QP_RD_ATOMIC &&
	     attr->max_rd_atomic > dev->profile->max_init_rd_atomic) ||
	    (mask & IB_QP_MAX_DEST_RD_ATOMIC &&
	     attr->max_dest_rd_atomic > dev->profile->max_rd_atomic)) {
		adapter_broken(dev, RULE_QP_LIMIT, false,
			       "QP %u: more Reads than the device has",
			       qp->ib.qp_num);
		return -EINVAL;
	}
	return 0;
}

/*
 * Drops whatever the queues hold. The worker has stopped, and nothing arrives.
 */
static void empty_queues(struct adapter_qp *qp)
{
	struct adapter_dev *dev = adapter_qp_dev(qp);
	u32 mask = roundup_pow_of_two(max(qp->sq_depth, 1U)) - 1;
	u32 left;

	for (; qp->sq_next != qp->sq_head; qp->sq_next++) {
		struct adapter_send *send = &qp->send[qp->sq_next & mask];

		if (adapter_registers(send->opcode))
			adapter_register_done(dev, send->reg.index);
	}
	left = adapter_cq_forget(qp->send_cq, qp);
	if (qp->recv_cq != qp->send_cq)
		left += adapter_cq_forget(qp->recv_cq, qp);
	if (left && qp->ib.qp_type == IB_QPT_RC)
		adapter_broken(dev, RULE_CQ_LEFT, false,
			       "QP %u: %u completions are lost", qp->ib.qp_num,
			       left);
	atomic_sub(qp->sq_head - qp->sq_tail, &qp->send_cq->pending);
	qp->sq_head = 0;
	qp->sq_next = 0;
	qp->sq_tail = 0;
	qp->sq_fence = 0;
	qp->sq_reads = 0;
	if (!qp->srq) {
		atomic_sub(qp->rq.head - qp->rq.tail, &qp->recv_cq->pending);
		qp->rq.head = 0;
		qp->rq.next = 0;
		qp->rq.tail = 0;
	}
}

static void reset(struct adapter_qp *qp)
{
	mutex_lock(&qp->mutex);
	qp->state = IB_QPS_RESET;
	adapter_conn_end(qp, false);
	mutex_unlock(&qp->mutex);
	cancel_delayed_work_sync(&qp->work);
	empty_queues(qp);
	qp->established = false;
	qp->listens = false;
	qp->last_wqe = false;
	qp->unpolled = false;
	qp->waits = false;
	qp->retries = 0;
	qp->rnr_retries = 0;
}

/*
 * What becomes of the connection in the next state of an iWARP queue pair, and
 * which state this is really.  With qp->mutex.
 */
static enum ib_qp_state iwarp_next(struct adapter_qp *qp, enum ib_qp_state next)
{
	if (next == IB_QPS_RTR || (next == IB_QPS_SQD && qp->state != IB_QPS_RTS))
		return qp->state;
	if (next == IB_QPS_SQD)
		/* With requests in its queue it is an abort. */
		adapter_conn_end(qp, READ_ONCE(qp->sq_next) == qp->sq_head);
	if (next == IB_QPS_ERR)
		adapter_conn_end(qp, false);
	return next;
}

int adapter_modify_qp(struct ib_qp *ib, struct ib_qp_attr *attr, int mask,
		      struct ib_udata *udata)
{
	struct adapter_qp *qp = to_adapter(ib, qp);
	enum ib_qp_state next;
	int ret = 0;

	if (ib->qp_type == IB_QPT_RC)
		ret = adapter_fault(FAULT_MODIFY_QP);
	if (ret) {
		qp->stuck = true;
		return ret;
	}
	mutex_lock(&qp->mutex);
	next = mask & IB_QP_STATE ? attr->qp_state : qp->state;
	ret = check_attr(qp, attr, mask, next);
	if (!ret) {
		set_attr(qp, attr, mask);
		if (adapter_is_iwarp(qp))
			next = iwarp_next(qp, next);
		if (next != IB_QPS_RESET)
			WRITE_ONCE(qp->state, next);
		if (mask & IB_QP_STATE && next == IB_QPS_ERR)
			WRITE_ONCE(qp->unpolled, false);
		if (mask & IB_QP_STATE && next == IB_QPS_ERR &&
		    ib->qp_type == IB_QPT_RC && !qp->srq &&
		    adapter_qp_dev(qp)->profile->fatal_on_error)
			adapter_qp_event(qp, IB_EVENT_QP_FATAL);
		if (next == IB_QPS_RTS || next == IB_QPS_ERR)
			mod_delayed_work(adapter_wq, &qp->work, 0);
	}
	mutex_unlock(&qp->mutex);
	if (!ret && next == IB_QPS_RESET)
		reset(qp);
	return ret;
}

int adapter_query_qp(struct ib_qp *ib, struct ib_qp_attr *attr, int mask,
		     struct ib_qp_init_attr *init)
{
	struct adapter_qp *qp = to_adapter(ib, qp);
	int ret = 0;

	if (ib->qp_type == IB_QPT_RC)
		ret = adapter_fault(FAULT_QUERY_QP);
	if (ret)
		return ret;
	mutex_lock(&qp->mutex);
	*attr = qp->attr;
	attr->qp_state = qp->state;
	attr->cur_qp_state = qp->state;
	attr->path_mig_state = IB_MIG_MIGRATED;
	mutex_unlock(&qp->mutex);
	init->event_handler = ib->event_handler;
	init->qp_context = ib->qp_context;
	init->send_cq = ib->send_cq;
	init->recv_cq = ib->recv_cq;
	init->srq = ib->srq;
	init->cap = attr->cap;
	init->sq_sig_type = qp->signal_all ? IB_SIGNAL_ALL_WR :
					     IB_SIGNAL_REQ_WR;
	init->qp_type = ib->qp_type;
	return 0;
}

/*
 * An error has ended a connection: the worker flushes both queues. With
 * qp->mutex.
 */
void adapter_qp_failed(struct adapter_qp *qp)
{
	if (qp->state == IB_QPS_RESET)
		return;
	WRITE_ONCE(qp->state, IB_QPS_ERR);
	adapter_conn_end(qp, false);
	mod_delayed_work(adapter_wq, &qp->work, 0);
}

int adapter_destroy_qp(struct ib_qp *ib, struct ib_udata *udata)
{
	struct adapter_dev *dev = to_adapter(ib->device, dev);
	struct adapter_qp *qp = to_adapter(ib, qp);
	u32 sends, receives;

	xa_erase(&dev->qps, ib->qp_num);
	mutex_lock(&qp->mutex);
	sends = qp->sq_head - READ_ONCE(qp->sq_next);
	receives = qp->srq || qp->state == IB_QPS_RESET ?
			   0 :
			   adapter_rq_waiting(&qp->rq);
	if ((sends || receives) && ib->qp_type == IB_QPT_RC && !qp->stuck)
		adapter_broken(dev, RULE_QP_BUSY, false,
			       "QP %u: %u sends and %u receives are left",
			       ib->qp_num, sends, receives);
	qp->state = IB_QPS_RESET;
	adapter_conn_end(qp, false);
	mutex_unlock(&qp->mutex);
	/*
	 * The worker starts nothing in RESET; peers and events have references.
	 */
	adapter_ref_end(&qp->ref);
	reset(qp);
	count_users(qp, -1);
	free_queues(qp);
	return 0;
}
