// SPDX-License-Identifier: GPL-2.0-only
/*
 * The worker of a queue pair executes its send queue in order, and flushes both
 * queues after an error.  A request that has not been answered stays the first
 * in the queue, and the worker comes back for it.
 */
#include <linux/log2.h>
#include "adapter.h"

#define PSN_MASK	0xffffff
#define FOR_EVER	7	/* an rnr_retry count */

static struct adapter_send *next_send(struct adapter_qp *qp)
{
	u32 mask = roundup_pow_of_two(max(qp->sq_depth, 1U)) - 1;
	struct adapter_send *send = NULL;
	unsigned long flags;

	spin_lock_irqsave(&qp->sq_lock, flags);
	if (qp->sq_next != qp->sq_head)
		send = &qp->send[qp->sq_next & mask];
	spin_unlock_irqrestore(&qp->sq_lock, flags);
	return send;
}

static enum ib_wc_opcode wc_opcode(enum ib_wr_opcode opcode)
{
	switch (opcode) {
	case IB_WR_RDMA_WRITE:
	case IB_WR_RDMA_WRITE_WITH_IMM:
		return IB_WC_RDMA_WRITE;
	case IB_WR_RDMA_READ:
	case IB_WR_RDMA_READ_WITH_INV:
		return IB_WC_RDMA_READ;
	case IB_WR_LOCAL_INV:
		return IB_WC_LOCAL_INV;
	case IB_WR_REG_MR:
	case IB_WR_REG_MR_INTEGRITY:
		return IB_WC_REG_MR;
	default:
		return IB_WC_SEND;
	}
}

static void send_done(struct adapter_qp *qp, struct adapter_send *send,
		      enum ib_wc_status status)
{
	struct adapter_cqe cqe = {
		.wc.wr_id = send->wr_id,
		.wc.status = status,
		.wc.opcode = wc_opcode(send->opcode),
		.wc.byte_len = send->length,
		.wc.qp = &qp->ib,
		.qp = qp,
		.sq_index = qp->sq_next,
	};

	if (adapter_registers(send->opcode))
		adapter_register_done(adapter_qp_dev(qp), send->reg.index);
	WRITE_ONCE(qp->sq_next, qp->sq_next + 1);
	qp->retries = 0;
	qp->rnr_retries = 0;
	/* The consumer may use the slot again from here on. */
	if (status != IB_WC_SUCCESS || send->signaled)
		adapter_complete(qp->send_cq, &cqe, false);
}

static void flush(struct adapter_qp *qp)
{
	struct ib_wc wc = { .status = IB_WC_WR_FLUSH_ERR };
	struct adapter_send *send;

	/* What is just arriving completes before. */
	mutex_lock(&qp->mutex);
	if (qp->state == IB_QPS_ERR && !READ_ONCE(qp->unpolled)) {
		while ((send = next_send(qp)))
			send_done(qp, send, IB_WC_WR_FLUSH_ERR);
		if (!qp->srq) {
			while (adapter_take(qp))
				adapter_receive_done(qp, &wc, false);
		} else if (!qp->last_wqe) {
			qp->last_wqe = true;
			adapter_qp_event(qp, IB_EVENT_QP_LAST_WQE_REACHED);
		}
	}
	mutex_unlock(&qp->mutex);
}

static void count(struct adapter_qp *qp, enum adapter_stat stat)
{
	atomic_inc(&adapter_qp_dev(qp)->stats[stat]);
}

/* The time that an encoded RNR NAK timer stands for */
static unsigned long rnr_delay(u8 timer)
{
	unsigned int us;

	if (!timer)
		us = 655360;
	else if (timer == 1)
		us = 10;
	else if (timer & 1)
		us = 30 << (timer - 3) / 2;
	else
		us = 10 << timer / 2;
	return usecs_to_jiffies(us);
}

/* The time that an encoded acknowledgment timeout stands for; 0 means none */
static unsigned long ack_delay(u8 timeout)
{
	return timeout ? nsecs_to_jiffies(4096ULL << timeout) + 1 : HZ;
}

static u32 packets(struct adapter_qp *qp, struct adapter_send *send)
{
	u32 mtu = ib_mtu_enum_to_int(qp->attr.path_mtu);

	return max(DIV_ROUND_UP(send->length, mtu), 1U);
}

/*
 * Whether peer is the other end of qp, and expects its next request. With
 * peer->mutex.
 */
static bool expects(struct adapter_qp *peer, struct adapter_qp *qp)
{
	return peer->ib.qp_type == IB_QPT_RC &&
	       (peer->state == IB_QPS_RTR || peer->state == IB_QPS_RTS) &&
	       peer->attr.dest_qp_num == qp->ib.qp_num &&
	       peer->rq_psn == qp->sq_psn &&
	       !memcmp(&peer->path.dgid, &qp->path.sgid, sizeof(union ib_gid));
}

/*
 * ask_peer() for iWARP.  A Send or a Write is done when it has left: what the
 * peer finds wrong with it ends the connection, and with that a Read too.
 */
static int ask_iwarp_peer(struct adapter_qp *qp, struct adapter_send *send)
{
	struct adapter_qp *peer = adapter_conn_peer(qp);
	int result = ADAPTER_LOST;

	if (!peer)
		return ADAPTER_LOST;
	mutex_lock(&peer->mutex);
	if (peer->state == IB_QPS_RTS)
		result = adapter_respond(qp, send, peer);
	mutex_unlock(&peer->mutex);
	adapter_ref_put(&peer->ref);
	switch (result) {
	case IB_WC_REM_INV_REQ_ERR:
	case IB_WC_REM_ACCESS_ERR:
	case IB_WC_REM_OP_ERR:
		return adapter_reads(send->opcode) ? IB_WC_WR_FLUSH_ERR :
						     IB_WC_SUCCESS;
	default:
		return result;
	}
}

/*
 * Executes one request with the peer.  Returns the status of the completion, or
 * what responder.c adds to it, and then sets *delay.
 */
static int ask_peer(struct adapter_qp *qp, struct adapter_send *send,
		    unsigned long *delay)
{
	struct adapter_qp *peer;
	int result = ADAPTER_LOST;

	*delay = ack_delay(qp->attr.timeout);
	if (adapter_is_iwarp(qp))
		return ask_iwarp_peer(qp, send);
	peer = adapter_find_qp(adapter_qp_dev(qp), &qp->path,
			       qp->attr.dest_qp_num);
	if (!peer)
		return ADAPTER_LOST;
	mutex_lock(&peer->mutex);
	if (expects(peer, qp)) {
		result = adapter_respond(qp, send, peer);
		if (result == IB_WC_SUCCESS) {
			qp->sq_psn = (qp->sq_psn + packets(qp, send)) &
				     PSN_MASK;
			peer->rq_psn = qp->sq_psn;
		} else if (result == ADAPTER_NOT_READY) {
			*delay = rnr_delay(peer->attr.min_rnr_timer);
			count(peer, ADAPTER_RNR_SENT);
		}
	}
	mutex_unlock(&peer->mutex);
	adapter_ref_put(&peer->ref);
	return result;
}

/* Returns false if the request has to be repeated after *delay. */
static bool transport(struct adapter_qp *qp, struct adapter_send *send,
		      enum ib_wc_status *status, unsigned long *delay)
{
	int result = ask_peer(qp, send, delay);

	switch (result) {
	case ADAPTER_LOST:
		count(qp, ADAPTER_TIMEOUTS);
		/* Without a timeout the requester waits for ever. */
		*status = IB_WC_RETRY_EXC_ERR;
		return qp->attr.timeout && qp->retries++ >= qp->attr.retry_cnt;
	case ADAPTER_NOT_READY:
		count(qp, ADAPTER_RNR_RECEIVED);
		*status = IB_WC_RNR_RETRY_EXC_ERR;
		return qp->attr.rnr_retry != FOR_EVER &&
		       qp->rnr_retries++ >= qp->attr.rnr_retry;
	default:
		*status = result;
		return true;
	}
}

/*
 * The rights that a request needs to its own memory.  On iWARP the peer's answer
 * to a Read names the sink by its key, as a Write does.
 */
static u32 sink_access(struct adapter_qp *qp, enum ib_wr_opcode opcode)
{
	if (!adapter_reads(opcode))
		return 0;
	return adapter_is_iwarp(qp) ?
		       IB_ACCESS_LOCAL_WRITE | IB_ACCESS_REMOTE_WRITE :
		       IB_ACCESS_LOCAL_WRITE;
}

static bool execute(struct adapter_qp *qp, struct adapter_send *send,
		    enum ib_wc_status *status, unsigned long *delay)
{
	u32 access = sink_access(qp, send->opcode);
	bool done = true;

	switch (send->opcode) {
	case IB_WR_REG_MR:
	case IB_WR_REG_MR_INTEGRITY:
		*status = adapter_register(qp, send) ? IB_WC_SUCCESS :
						       IB_WC_MW_BIND_ERR;
		return true;
	case IB_WR_LOCAL_INV:
		*status = adapter_invalidate(qp, send->invalidate_key, false) ?
				  IB_WC_SUCCESS :
				  IB_WC_MW_BIND_ERR;
		return true;
	case IB_WR_RDMA_READ:
	case IB_WR_RDMA_READ_WITH_INV:
		if (qp->attr.max_rd_atomic)
			break;
		adapter_broken(adapter_qp_dev(qp), RULE_READ_DEPTH, false,
			       "QP %u may not read", qp->ib.qp_num);
		*status = IB_WC_LOC_QP_OP_ERR;
		return true;
	default:
		break;
	}
	if (!adapter_spans_get(qp, &qp->local, send->sge, send->num_sge,
			       access)) {
		*status = IB_WC_LOC_PROT_ERR;
	} else {
		if (send->flags & IB_SEND_INLINE && send->length) {
			qp->local.span[0] = (struct adapter_span){
				.data = send->data,
				.length = send->length,
			};
			qp->local.nr = 1;
			qp->local.length = send->length;
		} else {
			/* With tuples that only the wire has: adapter_pi_owner() */
			send->length = qp->local.length;
		}
		if (qp->ib.qp_type == IB_QPT_GSI)
			*status = adapter_datagram(qp, send);
		else
			done = transport(qp, send, status, delay);
	}
	adapter_spans_put(&qp->local);
	/* As most drivers do it: rdma_rw names the key that the sink had before. */
	if (send->opcode == IB_WR_RDMA_READ_WITH_INV && done && send->num_sge &&
	    *status == IB_WC_SUCCESS &&
	    !adapter_invalidate(qp, send->sge[0].lkey, false))
		*status = IB_WC_LOC_PROT_ERR;
	return done;
}

/* Whether it is too early to repeat a request, even if another was posted. */
static bool must_wait(struct adapter_qp *qp)
{
	unsigned long now = jiffies;

	if (!qp->waits || READ_ONCE(qp->state) != IB_QPS_RTS)
		return false;
	if (time_before(now, qp->not_before)) {
		queue_delayed_work(adapter_wq, &qp->work, qp->not_before - now);
		return true;
	}
	qp->waits = false;
	return false;
}

void adapter_requester(struct work_struct *work)
{
	struct adapter_qp *qp =
		container_of(to_delayed_work(work), struct adapter_qp, work);
	struct adapter_send *send;
	enum ib_wc_status status;
	unsigned long delay;

	if (must_wait(qp))
		return;
	while (READ_ONCE(qp->state) == IB_QPS_RTS && (send = next_send(qp))) {
		status = adapter_fault_begin(qp, send);
		if (status == IB_WC_SUCCESS &&
		    !execute(qp, send, &status, &delay)) {
			qp->waits = true;
			qp->not_before = jiffies + delay;
			queue_delayed_work(adapter_wq, &qp->work, delay);
			return;
		}
		if (status == IB_WC_SUCCESS)
			status = adapter_fault_end(qp, send);
		if (status != IB_WC_SUCCESS) {
			WRITE_ONCE(qp->unpolled, adapter_qp_dev(qp)->profile->polled_flush);
			mutex_lock(&qp->mutex);
			adapter_qp_failed(qp);
			mutex_unlock(&qp->mutex);
		}
		send_done(qp, send, status);
		cond_resched();
	}
	flush(qp);
}
