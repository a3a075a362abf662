// SPDX-License-Identifier: GPL-2.0-only
/*
 * iWARP: an RDMA Read needs a sink that the peer may write, while it runs.
 */
#include <linux/slab.h>
#include "core.h"

/*
 * iser_sinks_init - iWARP: STags for the sinks of RDMA Reads
 * Sleeps.  Return: 0 or negative errno; iser_verbs_destroy() cleans up.
 */
int iser_sinks_init(struct iser_conn *conn)
{
	conn->sink_sg = kcalloc(conn->res.region_pages + 1,
				sizeof(*conn->sink_sg), GFP_KERNEL);
	if (!conn->sink_sg)
		return -ENOMEM;
	return ib_mr_pool_init(conn->qp, &conn->qp->rdma_mrs, conn->res.regions,
			       IB_MR_TYPE_MEM_REG, conn->res.region_pages, 0);
}

/*
 * iser_sinks_free - with the queue pair, ahead of it
 *
 * Also those that posted Reads still have: that ends the right of the peer to
 * write there.  Sleeps.
 */
void iser_sinks_free(struct iser_conn *conn)
{
	struct iser_task *task;
	u32 i, n;

	for (i = 0; conn->sink_mr && conn->tasks && i < conn->res.tasks; i++) {
		task = iser_conn_task(conn, i);
		for (n = 0; task && n < ISER_MAX_GETS; n++) {
			struct iser_job *job = &iser_io_of(task)->get[n];

			if (job->mr)
				ib_mr_pool_put(conn->qp, &conn->qp->rdma_mrs,
					       job->mr);
			job->mr = NULL;
		}
	}
	ib_mr_pool_destroy(conn->qp, &conn->qp->rdma_mrs);
}

/*
 * iser_sink_post - post one STag's worth of a Get
 *
 * Under send_lock.
 * Return: 1 posted, 0 nothing to post it with, or negative errno.
 */
int iser_sink_post(struct iser_job *job)
{
	struct iser_io *io = job->io;
	struct iser_conn *conn = io->task.conn;
	struct ib_rdma_wr *wr = &conn->batch->wr[0];
	struct ib_reg_wr *reg = &conn->batch->reg;
	struct ib_sge *sge = &conn->batch->sge[0];
	u32 left, room, n = 0, skip;
	struct scatterlist *sg;
	int ret;

	if (conn->count_reads && !iser_reads_free(&conn->reads))
		return 0;
	if (!iser_slots_take(&conn->slots, 2))
		return 0;
	job->mr = ib_mr_pool_get(conn->qp, &conn->qp->rdma_mrs);
	if (!job->mr) {
		iser_slots_return(&conn->slots, 2);
		return 0;
	}
	job->slots = 2;
	if (conn->count_reads)
		job->reads = iser_reads_some(&conn->reads, 1);

	/*
	 * A list that itself begins at the offset: siw does not heed the
	 * sg_offset of ib_map_mr_sg().  No more of the data than the STag has
	 * pages: behind an IOMMU one segment may be all of them, of which
	 * ib_map_mr_sg() would take none.
	 */
	sg_init_table(conn->sink_sg, conn->res.region_pages);
	sg = iser_io_seek(io, job->offset + job->done, &skip);
	room = conn->res.region_pages * ISER_STAG_PAGE -
		((sg_dma_address(sg) + skip) & (ISER_STAG_PAGE - 1));
	left = min(job->len - job->done, room);
	while (left && n < conn->res.region_pages) {
		struct scatterlist *to = &conn->sink_sg[n++];

		sg_dma_address(to) = sg_dma_address(sg) + skip;
		sg_dma_len(to) = min_t(u32, left, sg_dma_len(sg) - skip);
		left -= sg_dma_len(to);
		skip = 0;
		sg = sg_next(sg);
	}
	ib_update_fast_reg_key(job->mr, ib_inc_rkey(job->mr->rkey));
	ret = ib_map_mr_sg(job->mr, conn->sink_sg, n, NULL,
			   ISER_STAG_PAGE);
	if (ret <= 0 || !job->mr->length ||
	    job->mr->length > job->len - job->done)
		return -EINVAL;

	reg->wr.opcode = IB_WR_REG_MR;
	reg->wr.wr_cqe = &iser_rdma_cqe;
	reg->mr = job->mr;
	reg->key = job->mr->rkey;
	reg->access = IB_ACCESS_LOCAL_WRITE | IB_ACCESS_REMOTE_WRITE;
	reg->wr.next = &wr->wr;

	*sge = (struct ib_sge){ .addr = job->mr->iova, .lkey = job->mr->lkey,
				.length = job->mr->length };
	memset(wr, 0, sizeof(*wr));
	/* The device kills the sink's STag when the data are there. */
	wr->wr.opcode = IB_WR_RDMA_READ_WITH_INV;
	wr->wr.ex.invalidate_rkey = job->mr->rkey;
	wr->wr.wr_cqe = &job->cqe;
	wr->wr.send_flags = IB_SEND_SIGNALED;
	wr->wr.sg_list = sge;
	wr->wr.num_sge = 1;
	wr->remote_addr = job->remote + job->done;
	wr->rkey = job->rkey;
	job->done += job->mr->length;
	job->complete = job->done == job->len;
	return iser_post(conn, &reg->wr) ?: 1;
}
