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
#include "../conn.h"
#include "send.h"
#include "../trace.h"

/* iser_ack_by_read - whether Notice_Key_Values makes the RDMA Read necessary */
bool iser_ack_by_read(const struct iser_conn *conn)
{
	return conn->notice.recovery_level != 1;
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
	iser_transfers_run(conn);
	spin_unlock_bh(&conn->send_lock);
}

/* iser_ack_notify - the next A-bit is acknowledged.  Completion queue. */
void iser_ack_notify(struct iser_target_cmd *c)
{
	struct iser_conn *conn = c->cmd.conn;

	if (conn->sq.count_reads && iser_ack_by_read(conn))
		iser_ack_read_over(conn);
	c->acked++;
	trace_iser_data_ack(conn, c->cmd.index, c->acked);
	conn->ops->data_ack_notify(&c->cmd, c->acked);
}

/* iser_ack_done - completion of a Write, or of a Read, that has an A-bit */
void iser_ack_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct iser_target_cmd *c = container_of(wc->wr_cqe, struct iser_target_cmd,
						 ack_cqe);

	if (iser_wc_ok(c->cmd.conn, wc, "RDMA operation that acknowledges data"))
		iser_ack_notify(c);
}

/*
 * iser_ack_fill - RDMA Read of no bytes, from the buffer just written to
 *
 * No sink is needed (RFC 5040 and InfiniBand check no STag for no bytes).
 * iWARP requires an SGE nevertheless; elsewhere there is none, because some
 * adapters take one of no bytes for 2 GiB.  Under send_lock; the caller has
 * counted the Read.  Return: SGEs used.
 */
u32 iser_ack_fill(struct iser_transfer *x, struct ib_rdma_wr *wr,
		  struct ib_sge *sge)
{
	struct iser_conn *conn = x->cmd->cmd.conn;

	memset(wr, 0, sizeof(*wr));
	if (conn->sq.sink_mr) {
		*sge = (struct ib_sge){ .lkey = conn->pd->local_dma_lkey };
		wr->wr.sg_list = sge;
		wr->wr.num_sge = 1;
	}
	wr->wr.opcode = IB_WR_RDMA_READ;
	wr->wr.wr_cqe = &x->cmd->ack_cqe;
	wr->wr.send_flags = IB_SEND_SIGNALED;
	wr->remote_addr = x->remote + x->done - x->burst;
	wr->rkey = x->rkey;
	x->ack_due = false;
	x->fence = true;
	return wr->wr.num_sge;
}
