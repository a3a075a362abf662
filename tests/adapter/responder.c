// SPDX-License-Identifier: GPL-2.0-only
/*
 * What arrives at a queue pair.  The worker of the requester runs this, with
 * the mutex of the responder.  Its own spans hold the data of the requester
 * (qp->local) and the memory of the responder (qp->remote).
 */
#include "adapter.h"

/* Takes the next receive of qp to qp->taken. With qp->mutex. */
bool adapter_take(struct adapter_qp *qp)
{
	bool found, limit;

	found = adapter_rq_take(adapter_qp_rq(qp), &qp->taken, &limit);
	if (qp->srq && limit)
		adapter_srq_event(qp->srq, IB_EVENT_SRQ_LIMIT_REACHED);
	return found;
}

/* Completes qp->taken. wc lacks what is the same for all. */
void adapter_receive_done(struct adapter_qp *qp, struct ib_wc *wc,
			  bool solicited)
{
	struct adapter_cqe cqe = { .wc = *wc, .qp = qp, .receive = true };

	cqe.wc.wr_id = qp->taken.wr_id;
	cqe.wc.qp = &qp->ib;
	if (qp->srq)
		adapter_cq_expect(qp->recv_cq, qp->ib.qp_num);
	adapter_complete(qp->recv_cq, &cqe, solicited);
}

/*
 * The peer has done what it must not: it gets an error, and so does the queue
 * pair.
 */
static enum ib_wc_status refuse(struct adapter_qp *peer,
				enum ib_wc_status status,
				enum ib_event_type event)
{
	adapter_qp_failed(peer);
	adapter_qp_event(peer, event);
	return status;
}

/* The receive that the peer has taken ends with an error. */
static enum ib_wc_status fail_receive(struct adapter_qp *peer,
				      enum ib_wc_status own,
				      enum ib_wc_status requester)
{
	struct ib_wc wc = { .status = own };

	adapter_qp_failed(peer);
	adapter_receive_done(peer, &wc, false);
	return requester;
}

static enum ib_wc_status scatter(struct adapter_qp *qp,
				 struct adapter_send *send,
				 struct adapter_qp *peer)
{
	if (!adapter_spans_get(peer, &qp->remote, peer->taken.sge,
			       peer->taken.num_sge, IB_ACCESS_LOCAL_WRITE))
		return fail_receive(peer, IB_WC_LOC_PROT_ERR, IB_WC_REM_OP_ERR);
	if (send->length > qp->remote.length) {
		adapter_broken(adapter_qp_dev(peer), RULE_RECV_LENGTH, true,
			       "QP %u: %u bytes for a receive of %llu",
			       peer->ib.qp_num, send->length,
			       qp->remote.length);
		return fail_receive(peer, IB_WC_LOC_LEN_ERR,
				    IB_WC_REM_INV_REQ_ERR);
	}
	switch (adapter_carry(peer, &qp->remote, qp, &qp->local, send->length,
			      true)) {
	case ADAPTER_COPIED:
		return IB_WC_SUCCESS;
	case ADAPTER_SOURCE_FAULT:
		return fail_receive(peer, IB_WC_WR_FLUSH_ERR,
				    IB_WC_LOC_PROT_ERR);
	default:
		return fail_receive(peer, IB_WC_LOC_PROT_ERR, IB_WC_REM_OP_ERR);
	}
}

/* iWARP has no RNR NAK: consumers count their messages. */
static int no_receive(struct adapter_qp *peer)
{
	if (!adapter_is_iwarp(peer))
		return ADAPTER_NOT_READY;
	adapter_broken(adapter_qp_dev(peer), RULE_RECV_MISSING, true,
		       "QP %u: a message, and no receive", peer->ib.qp_num);
	return refuse(peer, IB_WC_REM_OP_ERR, IB_EVENT_QP_FATAL);
}

static int respond_send(struct adapter_qp *qp, struct adapter_send *send,
			struct adapter_qp *peer)
{
	struct ib_wc wc = {
		.status = IB_WC_SUCCESS,
		.opcode = IB_WC_RECV,
		.byte_len = send->length,
	};
	enum ib_wc_status status;

	if (!adapter_take(peer))
		return no_receive(peer);
	status = adapter_fault(FAULT_RECV);
	if (status != IB_WC_SUCCESS)
		return fail_receive(peer, status, IB_WC_REM_OP_ERR);
	status = scatter(qp, send, peer);
	adapter_spans_put(&qp->remote);
	if (status != IB_WC_SUCCESS)
		return status;
	if (send->opcode == IB_WR_SEND_WITH_INV) {
		if (!adapter_invalidate(peer, send->invalidate_key, true)) {
			fail_receive(peer, IB_WC_LOC_ACCESS_ERR, 0);
			return refuse(peer, IB_WC_REM_ACCESS_ERR,
				      IB_EVENT_QP_ACCESS_ERR);
		}
		wc.wc_flags = IB_WC_WITH_INVALIDATE;
		wc.ex.invalidate_rkey = send->invalidate_key;
	} else if (send->opcode == IB_WR_SEND_WITH_IMM) {
		wc.wc_flags = IB_WC_WITH_IMM;
		wc.ex.imm_data = send->imm_data;
	}
	adapter_receive_done(peer, &wc, send->flags & IB_SEND_SOLICITED);
	return IB_WC_SUCCESS;
}

/* Finds the memory of the peer for an RDMA Read or Write. */
static bool find_memory(struct adapter_qp *qp, struct adapter_send *send,
			struct adapter_qp *peer, u32 access)
{
	qp->remote.nr = 0;
	qp->remote.length = 0;
	if (!(peer->attr.qp_access_flags & access)) {
		adapter_broken(adapter_qp_dev(peer), RULE_KEY_RIGHTS, true,
			       "QP %u has no access %#x", peer->ib.qp_num,
			       access);
		return false;
	}
	return adapter_span_get(peer, &qp->remote, send->rdma.addr,
				send->length, send->rdma.key, access, true);
}

static int respond_write(struct adapter_qp *qp, struct adapter_send *send,
			 struct adapter_qp *peer)
{
	bool imm = send->opcode == IB_WR_RDMA_WRITE_WITH_IMM;
	struct ib_wc wc = {
		.status = IB_WC_SUCCESS,
		.opcode = IB_WC_RECV_RDMA_WITH_IMM,
		.byte_len = send->length,
		.wc_flags = IB_WC_WITH_IMM,
		.ex.imm_data = send->imm_data,
	};
	enum adapter_copied copied = ADAPTER_COPIED;

	if (imm && !adapter_rq_waiting(adapter_qp_rq(peer)))
		return ADAPTER_NOT_READY;
	if (send->length) {
		if (!find_memory(qp, send, peer, IB_ACCESS_REMOTE_WRITE))
			return refuse(peer, IB_WC_REM_ACCESS_ERR,
				      IB_EVENT_QP_ACCESS_ERR);
		copied = adapter_carry(peer, &qp->remote, qp, &qp->local,
				       send->length, true);
		adapter_spans_put(&qp->remote);
	}
	if (copied == ADAPTER_SOURCE_FAULT)
		return IB_WC_LOC_PROT_ERR;
	if (copied == ADAPTER_SINK_FAULT)
		return refuse(peer, IB_WC_REM_OP_ERR, IB_EVENT_QP_FATAL);
	if (!imm)
		return IB_WC_SUCCESS;
	/* Another queue pair may have taken the last one of a shared queue. */
	if (!adapter_take(peer))
		return ADAPTER_NOT_READY;
	adapter_receive_done(peer, &wc, send->flags & IB_SEND_SOLICITED);
	return IB_WC_SUCCESS;
}

static int respond_read(struct adapter_qp *qp, struct adapter_send *send,
			struct adapter_qp *peer)
{
	u32 reads = min_t(u32, send->reads, qp->attr.max_rd_atomic);
	enum adapter_copied copied;

	if (reads > peer->attr.max_dest_rd_atomic) {
		adapter_broken(adapter_qp_dev(peer), RULE_READ_DEPTH, true,
			       "QP %u: %u Reads in flight, not %u",
			       peer->ib.qp_num, reads,
			       peer->attr.max_dest_rd_atomic);
		return refuse(peer, IB_WC_REM_INV_REQ_ERR, IB_EVENT_QP_REQ_ERR);
	}
	if (!send->length)
		return IB_WC_SUCCESS;
	if (!find_memory(qp, send, peer, IB_ACCESS_REMOTE_READ))
		return refuse(peer, IB_WC_REM_ACCESS_ERR,
			      IB_EVENT_QP_ACCESS_ERR);
	copied = adapter_carry(qp, &qp->local, peer, &qp->remote, send->length,
			       false);
	adapter_spans_put(&qp->remote);
	if (copied == ADAPTER_SOURCE_FAULT)
		return refuse(peer, IB_WC_REM_OP_ERR, IB_EVENT_QP_FATAL);
	return copied == ADAPTER_COPIED ? IB_WC_SUCCESS : IB_WC_LOC_PROT_ERR;
}

/*
 * Returns the status of the requester's completion, ADAPTER_LOST or
 * ADAPTER_NOT_READY.
 */
int adapter_respond(struct adapter_qp *qp, struct adapter_send *send,
		    struct adapter_qp *peer)
{
	if (peer->state == IB_QPS_RTR && !peer->established) {
		peer->established = true;
		adapter_qp_event(peer, IB_EVENT_COMM_EST);
	}
	WRITE_ONCE(peer->listens, false);
	switch (send->opcode) {
	case IB_WR_RDMA_WRITE:
	case IB_WR_RDMA_WRITE_WITH_IMM:
		return respond_write(qp, send, peer);
	case IB_WR_RDMA_READ:
	case IB_WR_RDMA_READ_WITH_INV:
		return respond_read(qp, send, peer);
	default:
		return respond_send(qp, send, peer);
	}
}
