// SPDX-License-Identifier: GPL-2.0-only
/* The test build: checks what the core posts, and refuses what some adapters refuse. */
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include "../../core/conn.h"

static unsigned int fault_map_bytes;	/* most bytes of an STag */
module_param(fault_map_bytes, uint, 0644);
static unsigned int fault_sink_pages;	/* most pages of an STag for an RDMA Read */
module_param(fault_sink_pages, uint, 0644);
static struct ib_mr *fault_sink;	/* the last one that the core took */
static unsigned int fault_alloc_pages;	/* most pages that an STag may have */
module_param(fault_alloc_pages, uint, 0644);
static bool fault_no_read;		/* a command of an initiator that reads is refused */
module_param(fault_no_read, bool, 0644);
static int fault_leaving;		/* refuse so much, as siw's queue pair that closes */
module_param(fault_leaving, int, 0644);
static bool fault_no_invalidate;
module_param(fault_no_invalidate, bool, 0644);
static bool fault_no_srq;		/* although the device has some */
module_param(fault_no_srq, bool, 0644);
static unsigned int fault_srqs;		/* how many requests were refused */
module_param(fault_srqs, uint, 0644);
static int fault_again;			/* refuse so many receives for now */
module_param(fault_again, int, 0644);

static bool fault_leaves(int num_sge)
{
	/* What has no SGEs may be a drain. */
	if (!num_sge || READ_ONCE(fault_leaving) <= 0)
		return false;
	fault_leaving--;
	return true;
}

static bool fault_receives(const struct ib_send_wr *wr)
{
	return wr->opcode == IB_WR_RDMA_READ ||
		wr->opcode == IB_WR_RDMA_READ_WITH_INV;
}

/*
 * Where disks wait for a connection, an allocation must not wait for a disk.  Programs of
 * which the same is true have the flag too.
 */
void iser_fault_noio(void)
{
	WARN(preemptible() && !(current->flags & PF_MEMALLOC_NOIO),
	     "set-up or end of a connection may write out for memory\n");
}

int iser_fault_map_mr_sg(struct ib_mr *mr, struct scatterlist *sg, int nents,
			 unsigned int *offset, unsigned int page_size)
{
	unsigned int bytes = 0;
	struct scatterlist *at;
	int i;

	/* Of an STag with 16 or 64 KiB pages one adapter takes only the first quarter. */
	WARN(page_size != SZ_4K, "an STag with pages of %u bytes\n", page_size);
	for_each_sg(sg, at, nents, i)
		bytes += sg_dma_len(at);
	if (fault_map_bytes && bytes > fault_map_bytes)
		return 0;
	/*
	 * siw counts segments.  An adapter takes none at all of a segment that is too
	 * long.
	 */
	if (fault_sink_pages && mr == fault_sink &&
	    (sg_dma_address(sg) & (page_size - 1)) + sg_dma_len(sg) >
	    (u64)fault_sink_pages * page_size)
		return 0;
	return (ib_map_mr_sg)(mr, sg, nents, offset, page_size);
}

struct ib_mr *iser_fault_sink_get(struct ib_qp *qp, struct list_head *list)
{
	fault_sink = (ib_mr_pool_get)(qp, list);
	return fault_sink;
}

struct ib_mr *iser_fault_alloc_mr(struct ib_pd *pd, enum ib_mr_type type,
				  u32 pages)
{
	iser_fault_noio();
	if (fault_alloc_pages && pages > fault_alloc_pages)
		return ERR_PTR(-EINVAL);
	return (ib_alloc_mr)(pd, type, pages);
}

struct ib_srq *iser_fault_create_srq(struct ib_pd *pd,
				     struct ib_srq_init_attr *attr)
{
	iser_fault_noio();
	if (fault_no_srq) {
		fault_srqs++;
		return ERR_PTR(-EINVAL);
	}
	return (ib_create_srq)(pd, attr);
}

int iser_fault_disconnect(struct rdma_cm_id *id)
{
	iser_fault_noio();
	return (rdma_disconnect)(id);
}

int iser_fault_post_send(struct ib_qp *qp, const struct ib_send_wr *wr,
			 const struct ib_send_wr **bad)
{
	const struct ib_send_wr *at;

	if (fault_leaves(wr->num_sge))
		return -ENOTCONN;
	if (fault_no_invalidate && wr->opcode == IB_WR_LOCAL_INV)
		return -EINVAL;
	if (fault_no_read && wr->opcode == IB_WR_REG_MR &&
	    reg_wr(wr)->access & IB_ACCESS_REMOTE_WRITE &&
	    wr->next && wr->next->opcode == IB_WR_SEND)
		return -EINVAL;
	for (at = wr; at; at = at->next)
		if (at->opcode == IB_WR_REG_MR)
			iser_fault_register(qp, at);
		else if (at->opcode != IB_WR_LOCAL_INV)
			iser_fault_sges(at->sg_list, at->num_sge,
					qp->pd, fault_receives(at));
	return (ib_post_send)(qp, wr, bad);
}

int iser_fault_post_recv(struct ib_qp *qp, const struct ib_recv_wr *wr,
			 const struct ib_recv_wr **bad)
{
	/* A receive without SGEs is that of a drain. */
	if (wr->num_sge && READ_ONCE(fault_again) > 0) {
		fault_again--;
		return -EAGAIN;
	}
	if (fault_leaves(wr->num_sge))
		return -ENOTCONN;
	iser_fault_sges(wr->sg_list, wr->num_sge, qp->pd, true);
	return (ib_post_recv)(qp, wr, bad);
}

int iser_fault_post_srq_recv(struct ib_srq *srq, const struct ib_recv_wr *wr,
			     const struct ib_recv_wr **bad)
{
	iser_fault_sges(wr->sg_list, wr->num_sge, srq->pd, true);
	return (ib_post_srq_recv)(srq, wr, bad);
}
