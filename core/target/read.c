// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data acknowledgment of a target: RFC 7145, section 7.3.5.
 *
 * A Data-In with an A-bit asks the initiator to acknowledge the data.  The
 * initiator's software has no part in that.  The completion of the RDMA Write
 * is enough if no task moves to another connection; otherwise an RDMA Read of
 * no bytes follows, which pushes the Write ahead of it to the memory.
 * All A-bits of a command complete in order, so a counter identifies them.  The
 * response invalidates the STag of the Reads, so it waits for them; siw would
 * otherwise complete it first.
 */
#include <linux/slab.h>
#include "../conn.h"
#include "../task.h"
#include "send.h"
#include "../trace.h"

/* iser_ack_by_read - whether Notice_Key_Values makes the RDMA Read necessary */
bool iser_ack_by_read(const struct iser_conn *conn)
{
	return conn->notice.ack_by_read || conn->notice.recovery_level != 1;
}

/*
 * iser_ack_possible - whether there is a means to acknowledge data
 *
 * Asked for connections that have A-bits: see iser_put_data().
 */
bool iser_ack_possible(const struct iser_conn *conn)
{
	return !iser_ack_by_read(conn) || conn->sq.reads.ord;
}

/* A Read has completed, so another one may be posted. */
static void iser_ack_read_over(struct iser_conn *conn)
{
	spin_lock_bh(&conn->send_lock);
	iser_reads_return(&conn->sq.reads, 1);
	iser_jobs_run(conn);
	spin_unlock_bh(&conn->send_lock);
}

/* iser_ack_notify - the next A-bit is acknowledged.  Completion queue. */
void iser_ack_notify(struct iser_io *io)
{
	struct iser_conn *conn = io->task.conn;

	if (conn->sq.count_reads && iser_ack_by_read(conn))
		iser_ack_read_over(conn);
	io->acked++;
	trace_iser_data_ack(conn, io->task.index, io->acked);
	conn->ops->data_ack_notify(&io->task, io->acked);
}

/* iser_ack_done - completion of a Write, or of a Read, that has an A-bit */
void iser_ack_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct iser_io *io = container_of(wc->wr_cqe, struct iser_io, ack_cqe);

	if (iser_wc_ok(io->task.conn, wc, "RDMA operation that acknowledges data"))
		iser_ack_notify(io);
}

/*
 * iser_ack_fill - RDMA Read of no bytes, from the buffer just written to
 *
 * No sink is needed (RFC 5040 and InfiniBand check no STag for no bytes).
 * iWARP requires an SGE nevertheless; elsewhere there is none, because some
 * adapters take one of no bytes for 2 GiB.  Under send_lock; the caller has
 * checked that another Read may be posted.  Return: SGEs used.
 */
u32 iser_ack_fill(struct iser_job *job, struct ib_rdma_wr *wr,
		  struct ib_sge *sge)
{
	struct iser_conn *conn = job->io->task.conn;

	memset(wr, 0, sizeof(*wr));
	if (conn->sq.sink_mr) {
		*sge = (struct ib_sge){ .lkey = conn->pd->local_dma_lkey };
		wr->wr.sg_list = sge;
		wr->wr.num_sge = 1;
	}
	wr->wr.opcode = IB_WR_RDMA_READ;
	wr->wr.wr_cqe = &job->io->ack_cqe;
	wr->wr.send_flags = IB_SEND_SIGNALED;
	wr->remote_addr = job->remote + job->done - job->burst;
	wr->rkey = job->rkey;
	job->ack_due = false;
	job->fence = true;
	if (conn->sq.count_reads)
		iser_reads_some(&conn->sq.reads, 1);
	return wr->wr.num_sge;
}

/*
 * iWARP: an RDMA Read needs a sink that the peer may write to while it runs.
 */

/*
 * iser_sinks_init - iWARP: STags for the sinks of RDMA Reads
 * Sleeps.  Return: 0 or negative errno; iser_verbs_destroy() cleans up.
 */
int iser_sinks_init(struct iser_conn *conn)
{
	conn->sq.sink_sg = kcalloc(conn->res.region_pages + 1,
				   sizeof(*conn->sq.sink_sg), GFP_KERNEL);
	if (!conn->sq.sink_sg)
		return -ENOMEM;
	return ib_mr_pool_init(conn->qp, &conn->qp->rdma_mrs, conn->res.regions,
			       IB_MR_TYPE_MEM_REG, conn->res.region_pages, 0);
}

/*
 * iser_sinks_free - free the STags before the queue pair
 *
 * This includes the STags of posted Reads and ends the peer's right to write
 * there.  Sleeps.
 */
void iser_sinks_free(struct iser_conn *conn)
{
	struct iser_task *task;
	u32 i, n;

	for (i = 0; conn->sq.sink_mr && conn->tasks && i < conn->res.tasks; i++) {
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
 * Return: 1 posted, 0 a slot or STag is missing, or negative errno.
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

	if (conn->sq.count_reads && !iser_reads_free(&conn->sq.reads))
		return 0;
	if (!iser_credits_take(&conn->sq.credits, 2))
		return 0;
	job->mr = ib_mr_pool_get(conn->qp, &conn->qp->rdma_mrs);
	if (!job->mr) {
		iser_credits_return(&conn->sq.credits, 2);
		return 0;
	}
	job->credits = 2;
	if (conn->sq.count_reads)
		job->reads = iser_reads_some(&conn->sq.reads, 1);

	/*
	 * The list itself begins at the offset, because siw ignores the
	 * sg_offset of ib_map_mr_sg().  It covers no more than the pages of the
	 * STag: with an IOMMU one segment may hold all of the data, of which
	 * ib_map_mr_sg() would take nothing.
	 */
	sg_init_table(conn->sq.sink_sg, conn->res.region_pages);
	sg = iser_io_seek(io, job->offset + job->done, &skip);
	room = conn->res.region_pages * ISER_STAG_PAGE -
		((sg_dma_address(sg) + skip) & (ISER_STAG_PAGE - 1));
	left = min(job->len - job->done, room);
	while (left && n < conn->res.region_pages) {
		struct scatterlist *to = &conn->sq.sink_sg[n++];

		sg_dma_address(to) = sg_dma_address(sg) + skip;
		sg_dma_len(to) = min_t(u32, left, sg_dma_len(sg) - skip);
		left -= sg_dma_len(to);
		skip = 0;
		sg = sg_next(sg);
	}
	ib_update_fast_reg_key(job->mr, ib_inc_rkey(job->mr->rkey));
	ret = ib_map_mr_sg(job->mr, conn->sq.sink_sg, n, NULL,
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
	/* The device invalidates the sink's STag after the data. */
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
