// SPDX-License-Identifier: GPL-2.0-only
/*
 * The test build: what the core posts is looked at, and refused as some
 * adapters refuse it.
 */
#include "../../common/core.h"

static bool fault_receives(const struct ib_send_wr *wr)
{
	return wr->opcode == IB_WR_RDMA_READ ||
		wr->opcode == IB_WR_RDMA_READ_WITH_INV;
}

int iser_fault_post_send(struct ib_qp *qp, const struct ib_send_wr *wr,
			 const struct ib_send_wr **bad)
{
	const struct ib_send_wr *at;

	for (at = wr; at; at = at->next)
		if (at->opcode != IB_WR_REG_MR && at->opcode != IB_WR_LOCAL_INV)
			iser_fault_sges(at->sg_list, at->num_sge,
					qp->pd->local_dma_lkey,
					fault_receives(at));
	return (ib_post_send)(qp, wr, bad);
}

int iser_fault_post_recv(struct ib_qp *qp, const struct ib_recv_wr *wr,
			 const struct ib_recv_wr **bad)
{
	iser_fault_sges(wr->sg_list, wr->num_sge, qp->pd->local_dma_lkey, true);
	return (ib_post_recv)(qp, wr, bad);
}

int iser_fault_post_srq_recv(struct ib_srq *srq, const struct ib_recv_wr *wr,
			     const struct ib_recv_wr **bad)
{
	iser_fault_sges(wr->sg_list, wr->num_sge, srq->pd->local_dma_lkey, true);
	return (ib_post_srq_recv)(srq, wr, bad);
}
