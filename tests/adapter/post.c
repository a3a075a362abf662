// SPDX-License-Identifier: GPL-2.0-only
/* Posting of work requests, in any context. */
#include <linux/log2.h>
#include "adapter.h"

/* Only iWARP invalidates the sink of a Read, and has no immediate data. */
static bool offered(enum ib_wr_opcode opcode,
		    const struct adapter_profile *profile)
{
	bool iwarp = profile->iwarp;

	switch (opcode) {
	case IB_WR_RDMA_WRITE_WITH_IMM:
	case IB_WR_SEND_WITH_IMM:
		return !iwarp;
	case IB_WR_RDMA_READ_WITH_INV:
		return iwarp;
	case IB_WR_RDMA_WRITE:
	case IB_WR_SEND:
	case IB_WR_SEND_WITH_INV:
	case IB_WR_RDMA_READ:
	case IB_WR_LOCAL_INV:
	case IB_WR_REG_MR:
		return true;
	case IB_WR_REG_MR_INTEGRITY:
		return profile->max_pi_entries;
	default:
		return false;
	}
}

/* Whether it goes to the peer. */
static bool leaves(enum ib_wr_opcode opcode)
{
	return opcode != IB_WR_LOCAL_INV && !adapter_registers(opcode);
}

static bool takes_inline(enum ib_wr_opcode opcode)
{
	return leaves(opcode) && !adapter_reads(opcode);
}

/*
 * Checks what the verbs forbid at once. Returns NR_RULES if nothing is broken.
 */
static enum adapter_rule check(struct adapter_qp *qp,
			       const struct ib_send_wr *wr, u64 length)
{
	const struct adapter_profile *profile = adapter_qp_dev(qp)->profile;

	if (qp->ib.qp_type == IB_QPT_GSI ? wr->opcode != IB_WR_SEND :
					   !offered(wr->opcode, profile))
		return RULE_OPCODE;
	if (wr->num_sge < 0 || wr->num_sge > qp->max_send_sge)
		return RULE_SGE_COUNT;
	if (adapter_reads(wr->opcode) && wr->num_sge > profile->max_sge_rd)
		return RULE_READ_SGES;
	if (length > ADAPTER_MAX_MESSAGE)
		return RULE_LENGTH;
	if (profile->zero_is_2g && adapter_zero_sge(wr->sg_list, wr->num_sge))
		return RULE_ZERO_SGE;
	if (wr->send_flags & IB_SEND_INLINE &&
	    (!takes_inline(wr->opcode) || length > qp->max_inline))
		return RULE_INLINE;
	if (READ_ONCE(qp->listens) && leaves(wr->opcode) &&
	    READ_ONCE(qp->state) == IB_QPS_RTS)
		return RULE_MPA_FIRST;
	if (adapter_registers(wr->opcode))
		return adapter_pi_check(qp, reg_wr(wr));
	return NR_RULES;
}

static void copy_data(struct adapter_send *send, const struct ib_send_wr *wr)
{
	void *to = send->data;
	int i;

	if (!(wr->send_flags & IB_SEND_INLINE)) {
		send->num_sge = wr->num_sge;
		if (wr->num_sge)
			memcpy(send->sge, wr->sg_list,
			       wr->num_sge * sizeof(*send->sge));
		return;
	}
	send->num_sge = 0;
	for (i = 0; i < wr->num_sge; i++) {
		memcpy(to, (void *)(uintptr_t)wr->sg_list[i].addr,
		       wr->sg_list[i].length);
		to += wr->sg_list[i].length;
	}
}

static void copy_target(struct adapter_send *send, const struct ib_send_wr *wr)
{
	struct adapter_mr *mr;

	switch (wr->opcode) {
	case IB_WR_RDMA_WRITE:
	case IB_WR_RDMA_WRITE_WITH_IMM:
	case IB_WR_RDMA_READ:
	case IB_WR_RDMA_READ_WITH_INV:
		send->rdma.addr = rdma_wr(wr)->remote_addr;
		send->rdma.key = rdma_wr(wr)->rkey;
		break;
	case IB_WR_REG_MR:
	case IB_WR_REG_MR_INTEGRITY:
		mr = to_adapter(reg_wr(wr)->mr, mr);
		atomic_inc(&mr->posted);
		send->reg.index = mr->index;
		send->reg.key = reg_wr(wr)->key;
		send->reg.access = reg_wr(wr)->access;
		adapter_pi_posted(mr, &send->reg.sig_attrs);
		break;
	default:
		break;
	}
}

/* Whether one of the used slots will be freed by a completion. */
static bool any_signaled(struct adapter_qp *qp, u32 tail, u32 mask)
{
	for (; tail != qp->sq_head; tail++) {
		if (qp->send[tail & mask].signaled)
			return true;
	}
	return false;
}

/* Whether a request uses what an earlier Read reads from, or writes to. */
static bool touches(const struct adapter_send *read,
		    const struct adapter_send *send)
{
	struct ib_sge from = { read->rdma.addr, read->length, read->rdma.key };
	struct ib_sge to = { send->rdma.addr, send->length, send->rdma.key };
	int i, j;

	switch (send->opcode) {
	case IB_WR_RDMA_READ:
	case IB_WR_RDMA_READ_WITH_INV:
	case IB_WR_REG_MR:
	case IB_WR_REG_MR_INTEGRITY:
		return false;
	case IB_WR_LOCAL_INV:
		for (i = 0; i < read->num_sge; i++) {
			if (read->sge[i].lkey == send->invalidate_key)
				return true;
		}
		return false;
	case IB_WR_SEND_WITH_INV:
		if (read->rdma.key == send->invalidate_key)
			return true;
		break;
	case IB_WR_RDMA_WRITE:
	case IB_WR_RDMA_WRITE_WITH_IMM:
		if (adapter_overlap(&from, &to))
			return true;
		break;
	default:
		break;
	}
	for (i = 0; i < read->num_sge; i++) {
		for (j = 0; j < send->num_sge; j++) {
			if (adapter_overlap(&read->sge[i], &send->sge[j]))
				return true;
		}
	}
	return false;
}

/*
 * The adapter executes one request at a time.  An adapter of hardware goes on
 * while its Reads are in flight: all that were posted before, whose completions
 * the consumer has not polled, and behind which there is no fence.  So this is
 * judged when a request is posted.  With sq_lock.
 */
static void check_reads(struct adapter_qp *qp, struct adapter_send *send,
			u32 tail, u32 mask)
{
	bool broken = false;
	u32 index = tail;

	send->reads = adapter_reads(send->opcode);
	if (send->flags & IB_SEND_FENCE)
		qp->sq_fence = qp->sq_head;
	if ((s32)(qp->sq_fence - index) > 0)
		index = qp->sq_fence;
	for (; (s32)(qp->sq_reads - index) > 0; index++) {
		struct adapter_send *read = &qp->send[index & mask];

		if (!adapter_reads(read->opcode))
			continue;
		send->reads++;
		broken |= touches(read, send);
	}
	if (adapter_reads(send->opcode))
		qp->sq_reads = qp->sq_head + 1;
	if (broken)
		adapter_broken(adapter_qp_dev(qp), RULE_FENCE, false,
			       "QP %u: opcode %u, one of %u Reads in flight",
			       qp->ib.qp_num, send->opcode, send->reads);
}

static int post_one(struct adapter_qp *qp, const struct ib_send_wr *wr)
{
	u32 mask = roundup_pow_of_two(max(qp->sq_depth, 1U)) - 1;
	struct adapter_send *send = &qp->send[qp->sq_head & mask];
	struct adapter_dev *dev = adapter_qp_dev(qp);
	enum ib_qp_state state = READ_ONCE(qp->state);
	/* Pairs with the release in cq.c. */
	u32 tail = smp_load_acquire(&qp->sq_tail);
	enum adapter_rule broken;
	u64 length = 0;
	int i;

	if (state == IB_QPS_RESET || state == IB_QPS_INIT ||
	    state == IB_QPS_RTR) {
		adapter_broken(dev, RULE_SEND_STATE, false,
			       "QP %u is in state %u", qp->ib.qp_num, state);
		return -EINVAL;
	}
	if (qp->sq_head - tail >= qp->sq_depth) {
		broken = any_signaled(qp, tail, mask) || !qp->sq_depth ?
				 RULE_SEND_OVERFLOW :
				 RULE_UNSIGNALED;
		adapter_broken(dev, broken, false, "QP %u has %u requests",
			       qp->ib.qp_num, qp->sq_depth);
		return -ENOMEM;
	}
	for (i = 0; i < wr->num_sge; i++)
		length += wr->sg_list[i].length;
	if (qp->ib.qp_type == IB_QPT_RC) {
		int ret = adapter_fault(FAULT_POST_SEND);

		if (ret)
			return ret;
	}
	if (dev->profile->no_local_inv && wr->opcode == IB_WR_LOCAL_INV)
		return -EINVAL;
	broken = check(qp, wr, length);
	if (broken != NR_RULES) {
		adapter_broken(dev, broken, false,
			       "QP %u: opcode %u, %d SGEs, %llu bytes, %#x",
			       qp->ib.qp_num, wr->opcode, wr->num_sge, length,
			       wr->send_flags);
		return -EINVAL;
	}
	send->wr_id = wr->wr_id;
	send->opcode = wr->opcode;
	send->flags = wr->send_flags;
	send->signaled = qp->signal_all || wr->send_flags & IB_SEND_SIGNALED;
	send->tried = false;
	send->length = length;
	send->imm_data = wr->ex.imm_data;
	copy_data(send, wr);
	if (qp->ib.qp_type == IB_QPT_GSI) {
		send->ud.path = to_adapter(ud_wr(wr)->ah, ah)->path;
		send->ud.qpn = ud_wr(wr)->remote_qpn;
		send->ud.qkey = ud_wr(wr)->remote_qkey;
	} else {
		copy_target(send, wr);
		check_reads(qp, send, tail, mask);
	}
	qp->sq_head++;
	adapter_cq_expect(qp->send_cq, qp->ib.qp_num);
	return 0;
}

int adapter_post_send(struct ib_qp *ib, const struct ib_send_wr *wr,
		      const struct ib_send_wr **bad)
{
	struct adapter_qp *qp = to_adapter(ib, qp);
	unsigned long flags;
	int ret = 0;

	spin_lock_irqsave(&qp->sq_lock, flags);
	for (; wr; wr = wr->next) {
		ret = post_one(qp, wr);
		if (ret) {
			*bad = wr;
			break;
		}
	}
	spin_unlock_irqrestore(&qp->sq_lock, flags);
	queue_delayed_work(adapter_wq, &qp->work, 0);
	return ret;
}

int adapter_post_recv(struct ib_qp *ib, const struct ib_recv_wr *wr,
		      const struct ib_recv_wr **bad)
{
	struct adapter_qp *qp = to_adapter(ib, qp);
	struct adapter_dev *dev = adapter_qp_dev(qp);
	int ret;

	if (qp->srq) {
		*bad = wr;
		return -EINVAL;
	}
	if (READ_ONCE(qp->state) == IB_QPS_RESET) {
		adapter_broken(dev, RULE_RECV_STATE, false, "QP %u is in RESET",
			       ib->qp_num);
		*bad = wr;
		return -EINVAL;
	}
	ret = adapter_rq_post(dev, &qp->rq, "QP", ib->qp_num, wr, bad);
	if (READ_ONCE(qp->state) == IB_QPS_ERR)
		queue_delayed_work(adapter_wq, &qp->work, 0);
	return ret;
}
