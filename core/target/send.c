// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a target sends for a command, in the order in which it happens: a transfer
 * becomes work requests, is posted or waits, and ends.  A transfer is a response
 * with the data before it, or a Get_Data.  The memory of commands is in command.c.
 *
 * What posts runs under send_lock, which also guards the batch that is filled.  Once
 * the last work request of a transfer is posted, its completion may end the command
 * at any time, without the lock: nothing of the command may be touched from then on.
 * A response that goes unsignaled may end it even before the post.
 */
#include <linux/llist.h>
#include <linux/slab.h>
#include <iser/flow.h>
#include "../conn.h"
#include "../cq.h"
#include "../qp.h"
#include "../sge.h"
#include "../table.h"
#include "../unsig.h"
#include "send.h"
#include "../trace.h"

/* Work requests of iser_read_post(): the RDMA Write and the Send. */
#define ISER_READ_WRS		2

/* The completion of work requests that are not signaled: errors only. */
static void iser_rdma_done(struct ib_cq *cq, struct ib_wc *wc)
{
	iser_wc_ok(wc->qp->qp_context, wc, "RDMA operation");
}

struct ib_cqe iser_rdma_cqe = { .done = iser_rdma_done };

/* The same for the registration of a sink. */
static void iser_sink_reg_done(struct ib_cq *cq, struct ib_wc *wc)
{
	iser_wc_local_ok(wc->qp->qp_context, wc, "registration of an STag");
}

static struct ib_cqe iser_sink_reg_cqe = { .done = iser_sink_reg_done };

/* iser_batch_init - what is the same in all work requests of commands.  Sleeps. */
int iser_batch_init(struct iser_conn *conn)
{
	struct iser_batch *b = kzalloc(sizeof(*b), GFP_KERNEL);

	if (!b)
		return -ENOMEM;
	b->send.sg_list = b->send_sge;
	b->send_sge[0].lkey = conn->pd->local_dma_lkey;
	b->put.wr.opcode = IB_WR_RDMA_WRITE;
	b->put.wr.wr_cqe = &iser_rdma_cqe;
	b->put.wr.sg_list = b->sge;
	b->put.wr.next = &b->send;
	conn->batch = b;
	return 0;
}

static noinline void iser_not_posted(struct iser_conn *conn, int err)
{
	if (iser_post_failed_locked(conn, err))
		iser_conn_warn(conn, "can't post to the send queue: error %d, ending the connection",
			       err);
}

/* Post a chain.  If that fails, the connection ends.  Return: whether it was posted. */
static inline bool iser_post(struct iser_conn *conn, struct ib_send_wr *first)
{
	int ret = iser_post_send(conn->qp, first, &conn->batch->not_posted);

	if (likely(!ret))
		return true;
	iser_not_posted(conn, ret);
	return false;
}

/* Returns true if the PDU invalidates an STag of the command, and stores which. */
static bool iser_response_invalidates(const struct iser_target_cmd *c, u32 *stag)
{
	const struct iser_header *peer = &c->cmd.peer;

	if (!(peer->rsv || peer->wsv) || !c->status ||
	    !c->cmd.conn->info.remote_invalidate)
		return false;
	*stag = peer->rsv ? peer->read_stag : peer->write_stag;
	return true;
}

/*
 * Fill the Send of a response, whose header is at @dma.  The caller sets the flags and
 * the completion.
 */
static __always_inline struct ib_send_wr *
iser_fill_response(struct iser_conn *conn, struct iser_target_cmd *c, u64 dma)
{
	u32 n = 0, head_len = ISER_MSG_MIN + c->inline_len;
	struct iser_batch *b = conn->batch;
	struct ib_send_wr *wr = &b->send;

	b->send_sge[0].addr = dma;
	b->send_sge[0].length = head_len;
	ib_dma_sync_single_for_device(conn->dev, dma, head_len, DMA_TO_DEVICE);
	if (unlikely(c->data_mapped)) {
		struct iser_place at = { .sg = c->data->sgl };
		u32 len = c->data->len;

		n = iser_fill_sges(&at, &len, &b->send_sge[1], c->data_mapped,
				   conn->pd->local_dma_lkey);
	}
	wr->num_sge = 1 + n;
	wr->opcode = iser_response_invalidates(c, &wr->ex.invalidate_rkey) ?
		IB_WR_SEND_WITH_INV : IB_WR_SEND;
	return wr;
}

/*
 * Fill one RDMA Write or Read from where the transfer stands, within a burst.
 * Return: SGEs used.
 */
static u32 iser_fill_data(struct iser_transfer *x, struct iser_place *at,
			  struct ib_rdma_wr *wr, struct ib_sge *sge, u32 max_sge)
{
	struct iser_conn *conn = x->cmd->cmd.conn;
	u32 left = x->len - x->done, n;

	if (unlikely(x->burst))
		left = iser_burst_left(x->done, x->len, x->burst);
	wr->wr.next = NULL;
	wr->wr.send_flags = 0;
	wr->wr.opcode = x->get ? IB_WR_RDMA_READ : IB_WR_RDMA_WRITE;
	wr->wr.wr_cqe = &iser_rdma_cqe;
	wr->wr.sg_list = sge;
	wr->remote_addr = x->remote + x->done;
	wr->rkey = x->rkey;
	x->done += left;
	n = iser_fill_sges(at, &left, sge, max_sge, conn->pd->local_dma_lkey);
	x->done -= left;
	wr->wr.num_sge = n;
	if (unlikely(x->burst && iser_burst_acked(x->done, x->len, x->burst))) {
		if (iser_ack_by_read(conn)) {
			x->ack_due = true;
		} else {
			wr->wr.wr_cqe = &x->cmd->ack_cqe;
			wr->wr.send_flags = IB_SEND_SIGNALED;
		}
	}
	return n;
}

/*
 * iser_piece_post - post the last part of a piece of @nr work requests
 *
 * The completion of @last gives their credits back, and the RDMA Reads, if they are
 * counted.
 * Return: @complete, or true when the connection ends: then end_work flushes @x.
 */
bool iser_piece_post(struct iser_conn *conn, struct iser_transfer *x,
		     struct ib_send_wr *first, struct ib_send_wr *last,
		     u32 nr, bool complete)
{
	x->ack_last = last->wr_cqe == &x->cmd->ack_cqe;
	last->wr_cqe = &x->cqe;
	last->send_flags |= IB_SEND_SIGNALED;
	x->credits = nr;
	x->complete = complete;
	iser_credits_take(&conn->sq.credits, nr);
	if (complete && unlikely(!list_empty(&x->node)))
		list_del_init(&x->node);
	if (likely(iser_post(conn, first)))
		return complete;
	/* Its completion will not come. */
	x->complete = false;
	if (list_empty(&x->node))
		list_add(&x->node, &conn->sq.waiting);
	return true;
}

/*
 * iWARP: post one STag's worth of a Get
 *
 * There an RDMA Read needs a sink that the peer may write to while it runs.
 * Return: as iser_transfer_post().
 */
static bool iser_sink_post(struct iser_conn *conn, struct iser_transfer *x)
{
	struct ib_rdma_wr *wr = &conn->batch->wr[0];
	struct ib_reg_wr *reg = &conn->batch->reg;
	struct ib_sge *sge = &conn->batch->sge[0];
	u32 left, room, n = 0, skip;
	struct scatterlist *sg;
	int ret;

	if (conn->sq.count_reads && !iser_reads_free(&conn->sq.reads))
		return false;
	if (iser_credits_free(&conn->sq.credits) < 2)
		return false;
	x->mr = ib_mr_pool_get(conn->qp, &conn->qp->rdma_mrs);
	if (!x->mr)
		return false;
	if (conn->sq.count_reads)
		x->reads = iser_reads_some(&conn->sq.reads, 1);

	/*
	 * The list itself begins at the offset, because siw ignores the
	 * sg_offset of ib_map_mr_sg().  It covers no more than the pages of the
	 * STag: with an IOMMU one segment may hold all of the data, of which
	 * ib_map_mr_sg() would take nothing.
	 */
	sg_init_table(conn->sq.sink_sg, conn->res.region_pages);
	sg = iser_sg_seek(x->cmd->buffer->sgl, x->offset + x->done, &skip);
	room = conn->res.region_pages * ISER_STAG_PAGE -
		((sg_dma_address(sg) + skip) & (ISER_STAG_PAGE - 1));
	left = min(x->len - x->done, room);
	while (left && n < conn->res.region_pages) {
		struct scatterlist *to = &conn->sq.sink_sg[n++];

		sg_dma_address(to) = sg_dma_address(sg) + skip;
		sg_dma_len(to) = min_t(u32, left, sg_dma_len(sg) - skip);
		left -= sg_dma_len(to);
		skip = 0;
		sg = sg_next(sg);
	}
	ib_update_fast_reg_key(x->mr, ib_inc_rkey(x->mr->rkey));
	ret = ib_map_mr_sg(x->mr, conn->sq.sink_sg, n, NULL, ISER_STAG_PAGE);
	if (ret <= 0 || !x->mr->length || x->mr->length > x->len - x->done) {
		iser_connection_fail_locked(conn, -EINVAL);
		return false;
	}

	reg->wr.opcode = IB_WR_REG_MR;
	reg->wr.wr_cqe = &iser_sink_reg_cqe;
	reg->mr = x->mr;
	reg->key = x->mr->rkey;
	reg->access = IB_ACCESS_LOCAL_WRITE | IB_ACCESS_REMOTE_WRITE;
	reg->wr.next = &wr->wr;

	*sge = (struct ib_sge){ .addr = x->mr->iova, .lkey = x->mr->lkey,
				.length = x->mr->length };
	memset(wr, 0, sizeof(*wr));
	/* The device invalidates the sink's STag after the data. */
	wr->wr.opcode = IB_WR_RDMA_READ_WITH_INV;
	wr->wr.ex.invalidate_rkey = x->mr->rkey;
	wr->wr.sg_list = sge;
	wr->wr.num_sge = 1;
	wr->remote_addr = x->remote + x->done;
	wr->rkey = x->rkey;
	x->done += x->mr->length;
	return iser_piece_post(conn, x, &reg->wr, &wr->wr, 2, x->done == x->len);
}

/*
 * Post as much of a transfer as there are credits for, with one doorbell for each
 * batch.  If the transfer is larger than the send queue, or credits or RDMA Reads
 * are short, it goes out in pieces: the next follows the completion of this one.
 * Return: false if a part of it must wait.
 */
static bool iser_transfer_post(struct iser_conn *conn, struct iser_transfer *x)
{
	u32 max_sge = x->get ? conn->max_sge_rd : conn->max_sge;
	u32 room = iser_credits_free(&conn->sq.credits);
	struct ib_send_wr *first = NULL, *last = NULL, *wr;
	struct iser_batch *b = conn->batch;
	bool complete = false;
	struct iser_place at;
	u32 nr, i = 0, n = 0;

	if (iser_pi_used() && x->get && x->cmd->pi)
		return iser_pi_post(conn, x);
	if (x->get && conn->sq.sink_mr)
		return iser_sink_post(conn, x);
	if (!room)
		return false;
	if (x->done < x->len)
		at.sg = iser_sg_seek(x->cmd->buffer->sgl, x->offset + x->done, &at.skip);
	for (nr = 0; nr < room && !complete; nr++) {
		if (x->done == x->len && !x->ack_due) {
			wr = iser_fill_response(conn, x->cmd, x->cmd->head_dma);
			/* It may invalidate the STag only after the Reads from it. */
			wr->send_flags = x->fence ? IB_SEND_FENCE : 0;
			complete = true;
		} else {
			if (unlikely(conn->sq.count_reads && (x->get || x->ack_due))) {
				if (!iser_reads_some(&conn->sq.reads, 1))
					break;
				x->reads += x->get;
			}
			/* More follows, so nothing of this batch need be signaled. */
			if (unlikely(i == ISER_BATCH || n + max_sge > ISER_BATCH_SGES)) {
				if (!iser_post(conn, first))
					return false;
				last = NULL;
				i = 0;
				n = 0;
			}
			wr = &b->wr[i].wr;
			if (unlikely(x->ack_due))
				n += iser_ack_fill(x, &b->wr[i++], &b->sge[n]);
			else
				n += iser_fill_data(x, &at, &b->wr[i++],
						    &b->sge[n], max_sge);
			complete = x->get && x->done == x->len;
		}
		if (last)
			last->next = wr;
		else
			first = wr;
		last = wr;
	}
	return nr && iser_piece_post(conn, x, first, last, nr, complete);
}

/*
 * iser_transfers_run - post as many of the waiting transfers as possible, in order
 *
 * Ends the connection if that fails; after its end, end_work flushes them.
 * Under send_lock.
 */
void iser_transfers_run(struct iser_conn *conn)
{
	struct iser_transfer *x;

	while (!list_empty(&conn->sq.waiting) && !conn->hello.hold &&
	       iser_state_live(conn->state)) {
		x = list_first_entry(&conn->sq.waiting, struct iser_transfer,
				     node);
		/* A piece is on its way; the next follows its completion. */
		if (smp_load_acquire(&x->credits) || !iser_transfer_post(conn, x))
			return;
	}
}

/*
 * It can't be posted, or not all of it.  Transfers are posted in the order in which
 * they were submitted: StatSN was assigned in that order.
 */
static void iser_transfer_wait(struct iser_conn *conn, struct iser_transfer *x)
{
	/* Only after end_work has drained must a worker flush. */
	if (conn->state == ISER_DOWN) {
		list_add_tail(&x->node, &conn->sq.flush);
		queue_work(iser_wq, &conn->sq.flush_work);
		return;
	}
	list_add_tail(&x->node, &conn->sq.waiting);
	if (!iser_state_live(conn->state))
		return;
	/*
	 * Completions give credits back without the lock.  Pairs with the barrier
	 * in iser_piece_over(): either that finds this waiting, or this finds them.
	 */
	smp_mb();
	iser_transfers_run(conn);
	if (!list_empty(&conn->sq.waiting))
		iser_send_cq_event(conn);
}

/*
 * Enter a transfer and post what can be posted.  The completion queue or a worker
 * reports its end by an up-call; this function never does.
 * @awaited: the half waits for its end, so that its completion must wake
 */
static void iser_transfer_submit(struct iser_conn *conn, struct iser_transfer *x,
				 bool awaited)
{
	bool live = iser_state_live(conn->state);

	x->done = 0;
	x->credits = 0;
	x->reads = 0;
	x->complete = false;
	x->ack_due = false;
	x->ack_last = false;
	x->fence = false;
	x->awaited = awaited && live;
	if (x->awaited)
		iser_send_cq_arm(conn);
	if (unlikely(!live || conn->hello.hold || !list_empty(&conn->sq.waiting)) ||
	    !iser_transfer_post(conn, x))
		iser_transfer_wait(conn, x);
}

/*
 * Send_Control, which also posts what Put_Data has noted: RFC 5047, sections 8.1
 * and 8.2.
 */

void iser_send_begin(struct iser_conn *conn)
	__acquires(conn)
{
	spin_lock_bh(&conn->send_lock);
}
EXPORT_SYMBOL_ISER(iser_send_begin);

void iser_send_cancel(struct iser_conn *conn)
	__releases(conn)
{
	spin_unlock_bh(&conn->send_lock);
}
EXPORT_SYMBOL_ISER(iser_send_cancel);

/* Name the STag to be invalidated: RFC 7145, section 7.3.2. */
static void iser_response_names(struct iser_target_cmd *c)
{
	const struct iser_header *peer = &c->cmd.peer;
	struct iser_header hdr = { };

	if (c->status) {
		hdr.rsv = peer->rsv;
		hdr.read_stag = peer->read_stag;
		hdr.wsv = peer->wsv && !peer->rsv;
		hdr.write_stag = peer->write_stag;
	}
	iser_encode_control(c->head, &hdr);
}

/* Map a data segment that is not in the slot. */
static void iser_response_map(struct iser_conn *conn, struct iser_target_cmd *c)
{
	int n;

	if (!iser_state_live(conn->state))
		return;
	n = ib_dma_map_sg(conn->dev, c->data->sgl, c->data->nents, DMA_TO_DEVICE);
	if (n > 0)
		c->data_mapped = n;
	if (n <= 0 || n >= conn->max_sge)
		iser_connection_fail_locked(conn, -ENOMEM);
}

static noinline void iser_response_trace(struct iser_conn *conn,
					 struct iser_target_cmd *c)
{
	u32 stag = 0;

	if (c->response.len)
		trace_iser_rdma(conn, false, c->cmd.index, 0, c->response.len,
				c->cmd.peer.read_stag);
	iser_response_invalidates(c, &stag);
	trace_iser_send_control(conn, c->cmd.bhs, ISER_MSG_MIN + c->inline_len,
				stag);
}

/*
 * Post a SCSI Response without data, unsignaled: the next poll ends the command.
 * Return: false if there is no header slot for it.
 */
static bool iser_response_unsignaled(struct iser_conn *conn, struct iser_target_cmd *c)
{
	struct ib_send_wr *wr;
	u8 *head;
	u64 dma;

	head = iser_unsig_header(&conn->unsig, ISER_MSG_MIN + c->inline_len, &dma);
	if (!head)
		return false;
	/* All of the slot: a constant number of bytes is copied faster. */
	memcpy(head, c->head, ISER_UNSIG_HEADER);
	wr = iser_fill_response(conn, c, dma);
	iser_unsig_send(&conn->unsig, wr);
	/*
	 * The initiator may use the task tag again once it has the response, and
	 * must find that the command has ended: so this comes before the post.
	 */
	llist_add(&c->sent, &conn->sq.unsignaled);
	iser_post(conn, wr);
	return true;
}

/*
 * Post a SCSI Response and the data before it that fit into one RDMA Write.  Most
 * reads are such, and this takes a third of the instructions of
 * iser_transfer_submit(): nothing goes out in pieces, is counted, or must be
 * remembered for the completion.
 * Return: false if it takes more.
 */
static bool iser_read_post(struct iser_conn *conn, struct iser_target_cmd *c)
{
	struct iser_place at = { .sg = c->buffer->sgl };
	struct iser_transfer *x = &c->response;
	struct iser_batch *b = conn->batch;
	struct ib_send_wr *wr;
	u32 left = x->len;

	if (c->mapped > conn->max_sge ||
	    iser_credits_free(&conn->sq.credits) < ISER_READ_WRS)
		return false;
	b->put.wr.num_sge = iser_fill_sges(&at, &left, b->sge, c->mapped,
					   conn->pd->local_dma_lkey);
	b->put.remote_addr = c->cmd.peer.read_base;
	b->put.rkey = c->cmd.peer.read_stag;
	wr = iser_fill_response(conn, c, c->head_dma);
	wr->wr_cqe = &c->read_cqe;
	wr->send_flags = IB_SEND_SIGNALED;
	x->credits = ISER_READ_WRS;
	iser_credits_take(&conn->sq.credits, ISER_READ_WRS);
	if (likely(iser_post(conn, &b->put.wr)))
		return true;
	/* Its completion will not come: end_work flushes it. */
	list_add(&x->node, &conn->sq.waiting);
	return true;
}

/* Post a response the long way, or have it wait. */
static void iser_response_submit(struct iser_conn *conn, struct iser_target_cmd *c,
				 bool awaited)
{
	c->response.remote = c->cmd.peer.read_base;
	c->response.rkey = c->cmd.peer.read_stag;
	iser_transfer_submit(conn, &c->response, awaited);
}

void iser_send_response(struct iser_cmd *cmd, u32 inline_len,
			const struct iser_data *data, bool status)
	__releases(conn)
{
	struct iser_target_cmd *c = iser_target_cmd(cmd);
	struct iser_conn *conn = cmd->conn;
	/* A half that asks for acknowledgments waits for them. */
	bool later = status && !c->response.burst && !conn->notice.tell_delivery;
	bool live, posted = false;

	c->inline_len = inline_len;
	c->data = data;
	c->status = status;
	if (unlikely(conn->notice.name_stags))
		iser_response_names(c);
	if (unlikely(data))
		iser_response_map(conn, c);
	if (trace_iser_rdma_enabled() || trace_iser_send_control_enabled())
		iser_response_trace(conn, c);
	live = iser_state_live(conn->state);
	if (likely(later && live && !conn->hello.hold &&
		   list_empty(&conn->sq.waiting)))
		posted = c->response.len ? iser_read_post(conn, c) :
			iser_response_unsignaled(conn, c);
	if (unlikely(!posted))
		iser_response_submit(conn, c, !later);
	/*
	 * If the post has ended the connection, the work that is queued here is cancelled
	 * nevertheless: end_work waits for a grace period first, which this lock holds up.
	 */
	if (later && live)
		iser_send_cq_poll_later(&conn->poll);
	spin_unlock_bh(&conn->send_lock);
}
EXPORT_SYMBOL_ISER(iser_send_response);

bool iser_send_counts(const struct iser_conn *conn, u32 *begun, u32 *ended)
{
	/* @ended is never later than @begun. */
	*ended = smp_load_acquire(&conn->sq.credits.given);
	*begun = READ_ONCE(conn->sq.credits.taken);
	return !work_pending(&conn->poll.work);
}
EXPORT_SYMBOL_ISER(iser_send_counts);

/*
 * Get_Data: RFC 5047, section 8.3.
 */

/* A transfer that data_completion_notify() ends, or NULL if all are in use. */
static inline struct iser_transfer *iser_get_begin(struct iser_target_cmd *c, u32 offset,
						   u32 len, u64 remote, u32 rkey)
{
	struct iser_transfer *x = NULL;
	int i;

	for (i = 0; i < ISER_MAX_GETS && !x; i++)
		/* Pairs with the release in iser_get_end(). */
		if (!smp_load_acquire(&c->get[i].busy))
			x = &c->get[i];
	if (WARN_ON_ONCE(!x))
		return NULL;
	x->busy = true;
	x->offset = offset;
	x->len = len;
	x->remote = remote;
	x->rkey = rkey;
	return x;
}

void iser_get_data(struct iser_cmd *cmd, u32 offset, u32 len, u64 tagged)
{
	struct iser_conn *conn = cmd->conn;
	struct iser_transfer *x = iser_get_begin(iser_target_cmd(cmd), offset, len,
						 tagged, cmd->peer.write_stag);

	if (!x)
		return;
	trace_iser_rdma(conn, true, cmd->index, offset, len, x->rkey);

	spin_lock_bh(&conn->send_lock);
	/* An ORD of 0 permits no RDMA Read: RFC 7145, section 7.3.6. */
	if (!conn->sq.reads.ord && iser_state_live(conn->state)) {
		iser_conn_warn(conn, "the initiator allows no RDMA Read, but a write needs one, ending the connection");
		iser_connection_fail_locked(conn, -EPROTO);
	}
	iser_transfer_submit(conn, x, true);
	spin_unlock_bh(&conn->send_lock);
}
EXPORT_SYMBOL_ISER(iser_get_data);

void iser_put_data_notify(struct iser_cmd *cmd, u32 len)
{
	struct iser_conn *conn = cmd->conn;
	struct iser_transfer *x = iser_get_begin(iser_target_cmd(cmd), 0, len,
						 cmd->peer.read_base,
						 cmd->peer.read_stag);

	if (!x)
		return;
	trace_iser_rdma(conn, false, cmd->index, 0, len, x->rkey);
	spin_lock_bh(&conn->send_lock);
	iser_transfer_submit(conn, x, true);
	spin_unlock_bh(&conn->send_lock);
}
EXPORT_SYMBOL_ISER(iser_put_data_notify);

/*
 * iser_reads_set - iSER-ORD of a target
 * @enforced: the queue pair is made for this number
 *
 * Reads are counted only if the device would start more, because devices round
 * the number up to a power of two.  Before the first Read, under send_lock.
 */
void iser_reads_set(struct iser_conn *conn, u32 ord, bool enforced)
{
	conn->sq.count_reads = enforced ? !is_power_of_2(ord) :
		conn->sq.count_reads || ord < conn->sq.reads.ord;
	conn->sq.reads.ord = ord;
}

/*
 * Completions.  One is handled at a time, by what polls the connection.
 */

/* Transfers or callers wait for what a completion has given back. */
static void iser_piece_wake(struct iser_conn *conn)
{
	spin_lock_bh(&conn->send_lock);
	iser_transfers_run(conn);
	spin_unlock_bh(&conn->send_lock);
	/* Read without the lock only to decide whether to wake a waiter. */
	if (list_empty_careful(&conn->sq.waiting) && wq_has_sleeper(&conn->wait))
		wake_up_all(&conn->wait);
}

/* Give back the credits of what has completed. */
static inline void iser_piece_credits(struct iser_conn *conn, u32 credits)
{
	iser_credits_return(&conn->sq.credits, credits);
	/*
	 * The barrier in wq_has_sleeper() pairs with that in iser_transfer_wait() as
	 * well.  One look at the list is enough: its head never points to itself while
	 * there is an entry.
	 */
	if (unlikely(wq_has_sleeper(&conn->wait) || !list_empty(&conn->sq.waiting)))
		iser_piece_wake(conn);
}

/*
 * A piece has completed: give back what it held.
 * Return: true if it was the last, so that nothing of the transfer is queued.  If
 * it was not, the transfer goes on, or end_work flushes it.
 */
static bool iser_piece_over(struct iser_conn *conn, struct iser_transfer *x)
{
	bool complete = x->complete;
	u32 credits = x->credits;

	if (unlikely(x->reads)) {
		spin_lock_bh(&conn->send_lock);
		iser_reads_return(&conn->sq.reads, x->reads);
		x->reads = 0;
		spin_unlock_bh(&conn->send_lock);
	}
	if (unlikely(x->mr)) {
		if (x->cmd->pi)
			iser_pi_piece_done(conn, x);
		else
			ib_mr_pool_put(conn->qp, &conn->qp->rdma_mrs, x->mr);
		x->mr = NULL;
	}
	/* Pairs with the acquire in iser_transfers_run(): it may post the next. */
	smp_store_release(&x->credits, 0);
	iser_piece_credits(conn, credits);
	return complete;
}

/* A response is over, and with it the command. */
static inline void iser_response_end(struct iser_conn *conn, struct iser_target_cmd *c,
				     int status)
{
	if (unlikely(c->response.awaited)) {
		c->response.awaited = false;
		iser_send_cq_disarm(conn);
	}
	iser_cmd_unmap(conn->dev, c);
	c->response.len = 0;
	c->response.burst = 0;
	conn->ops->response_done(&c->cmd, status);
}

/* A Get is over; the up-call may use it again. */
static void iser_get_end(struct iser_transfer *x, int status)
{
	struct iser_conn *conn = x->cmd->cmd.conn;
	u32 offset = x->offset, len = x->len;

	if (x->awaited)
		iser_send_cq_disarm(conn);
	/* Its members have been read: iser_get_data() may use it again. */
	smp_store_release(&x->busy, false);
	conn->ops->data_completion_notify(&x->cmd->cmd, offset, len, status);
}

/* iser_response_done - completion of a piece of a response */
void iser_response_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct iser_target_cmd *c = container_of(wc->wr_cqe, struct iser_target_cmd,
						 response.cqe);
	struct iser_conn *conn = c->cmd.conn;
	bool ok = iser_wc_ok(conn, wc, "Send");

	if (unlikely(c->response.ack_last) && ok)
		iser_ack_notify(c);
	if (iser_piece_over(conn, &c->response))
		iser_response_end(conn, c, ok ? 0 : -ENOTCONN);
}

/* iser_read_done - completion of what iser_read_post() has posted */
void iser_read_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct iser_target_cmd *c = container_of(wc->wr_cqe, struct iser_target_cmd,
						 read_cqe);
	struct iser_conn *conn = c->cmd.conn;
	int status = iser_wc_ok(conn, wc, "Send") ? 0 : -ENOTCONN;

	c->response.credits = 0;
	iser_piece_credits(conn, ISER_READ_WRS);
	iser_response_end(conn, c, status);
}

/* iser_get_done - completion of a piece of a Get */
void iser_get_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct iser_transfer *x = container_of(wc->wr_cqe, struct iser_transfer, cqe);
	struct iser_conn *conn = x->cmd->cmd.conn;
	bool ok = iser_wc_ok(conn, wc, "RDMA Read");

	if (iser_piece_over(conn, x))
		iser_get_end(x, ok ? 0 : -ENOTCONN);
}

/* iser_unsignaled_end - end commands whose responses were posted unsignaled */
void iser_unsignaled_end(struct iser_conn *conn, int status)
{
	struct iser_target_cmd *c, *next;

	llist_for_each_entry_safe(c, next, llist_del_all(&conn->sq.unsignaled), sent)
		iser_response_end(conn, c, status);
}

/*
 * The end of a connection.
 */

static void iser_transfer_end(struct iser_transfer *x, int status)
{
	x->credits = 0;
	if (x->get)
		iser_get_end(x, status);
	else
		iser_response_end(x->cmd->cmd.conn, x->cmd, status);
}

static void iser_transfers_end(struct list_head *transfers)
{
	struct iser_transfer *x, *next;

	list_for_each_entry_safe(x, next, transfers, node) {
		list_del_init(&x->node);
		iser_transfer_end(x, -ENOTCONN);
	}
}

/* iser_transfers_flush - end those not posted, or unsignaled.  From end_work. */
void iser_transfers_flush(struct iser_conn *conn)
{
	LIST_HEAD(transfers);

	iser_unsignaled_end(conn, -ENOTCONN);
	spin_lock_bh(&conn->send_lock);
	list_splice_init(&conn->sq.waiting, &transfers);
	spin_unlock_bh(&conn->send_lock);
	iser_transfers_end(&transfers);
}

/* iser_flush_work - end transfers submitted after the end */
void iser_flush_work(struct work_struct *work)
{
	struct iser_conn *conn = container_of(work, struct iser_conn, sq.flush_work);
	LIST_HEAD(transfers);

	spin_lock_bh(&conn->send_lock);
	list_splice_init(&conn->sq.flush, &transfers);
	spin_unlock_bh(&conn->send_lock);
	iser_transfers_end(&transfers);
}

/*
 * iser_cmds_sweep - end transfers that were posted and have never completed, and
 * unmap all data
 *
 * After iser_transfers_flush().  The queue pair is gone, which makes it safe to
 * unmap.  From end_work.
 */
void iser_cmds_sweep(struct iser_conn *conn)
{
	struct iser_target_cmd *c;
	u32 at = 0, n;

	while ((c = iser_table_next(&conn->table, &at))) {
		for (n = 0; n < ISER_MAX_GETS; n++)
			if (c->get[n].credits)
				iser_transfer_end(&c->get[n], -ENOTCONN);
		if (c->response.credits)
			iser_transfer_end(&c->response, -ENOTCONN);
	}
	/* iser_unmap_data() may run now; its caller frees the buffer. */
	at = 0;
	while ((c = iser_table_next(&conn->table, &at))) {
		spin_lock_bh(&conn->send_lock);
		iser_cmd_unmap(conn->dev, c);
		spin_unlock_bh(&conn->send_lock);
	}
}
