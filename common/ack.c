// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data acknowledgment of a target: RFC 7145, section 7.3.5.
 *
 * A Data-In with an A-bit asks for word that the initiator has the data.  The
 * initiator's side needs no help for that: either the RDMA Write completes,
 * which is enough where no task moves to another connection, or an RDMA Read
 * of no bytes does, which has pushed the Write ahead of it to its memory.
 * All A-bits of a command complete in order, so a counter tells which it was.
 * The response completes behind them: it waits for the Reads (siw would else
 * complete it before them), which it must as it kills their STag.
 */
#include "trace.h"

/* iser_ack_by_read - is the RDMA Read needed?  Notice_Key_Values says it. */
bool iser_ack_by_read(const struct iser_conn *conn)
{
	return conn->notice.ack_by_read || conn->notice.recovery_level != 1;
}

/* iser_ack_burst - the burst of Put_Data, or 0 where there is to be no A-bit */
u32 iser_ack_burst(const struct iser_conn *conn, u32 burst)
{
	/* RFC 7143, section 11.7.2: not at level 0. */
	if (!conn->notice.recovery_level && !conn->notice.ack_by_read)
		return 0;
	if (iser_ack_by_read(conn) && !conn->reads.ord)
		return 0;
	return burst;
}

/* A Read is over: what is one too many may follow. */
static void iser_ack_read_over(struct iser_conn *conn)
{
	spin_lock_bh(&conn->send_lock);
	iser_reads_return(&conn->reads, 1);
	iser_jobs_run(conn);
	spin_unlock_bh(&conn->send_lock);
}

/* iser_ack_notify - one more A-bit is acknowledged.  Completion queue. */
void iser_ack_notify(struct iser_io *io)
{
	struct iser_conn *conn = io->task.conn;

	if (conn->count_reads && iser_ack_by_read(conn))
		iser_ack_read_over(conn);
	io->acked++;
	trace_iser_data_ack(conn, io->task.index, io->acked);
	conn->ops->data_ack_notify(&io->task, io->acked);
}

/* iser_ack_done - completion of a Write, or of a Read, that has an A-bit */
void iser_ack_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct iser_io *io = container_of(wc->wr_cqe, struct iser_io, ack_cqe);

	if (iser_wc_ok(io->task.conn, wc, "RDMA Write or Read of an A-bit"))
		iser_ack_notify(io);
}

/*
 * iser_ack_fill - RDMA Read of no bytes, from the buffer just written to
 *
 * No sink is needed (RFC 5040 and InfiniBand check no STag for no bytes).  iWARP
 * wants an SGE nevertheless; elsewhere there is none, as some adapters take one
 * of no bytes for 2 GiB.  Under send_lock; the caller has found room among the
 * Reads.  Return: SGEs used.
 */
u32 iser_ack_fill(struct iser_job *job, struct ib_rdma_wr *wr,
		  struct ib_sge *sge)
{
	struct iser_conn *conn = job->io->task.conn;

	memset(wr, 0, sizeof(*wr));
	if (conn->sink_mr) {
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
	if (conn->count_reads)
		iser_reads_some(&conn->reads, 1);
	return wr->wr.num_sge;
}
