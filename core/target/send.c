// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sending side of a target: Put_Data, Get_Data and Send_Control, and the ends
 * that it reports, task_done() and Data_Completion_Notify.
 *
 * First comes what turns a job into work requests: RDMA Writes and Reads, and the
 * response.  It runs under send_lock, which guards the batch that it fills.
 */
#include <linux/slab.h>
#include <iser/flow.h>
#include "../conn.h"
#include "../cq.h"
#include "../qp.h"
#include "../task.h"
#include "send.h"
#include "../trace.h"

/* The completion of work requests that are not signaled: errors only. */
static void iser_rdma_done(struct ib_cq *cq, struct ib_wc *wc)
{
	iser_wc_ok(wc->qp->qp_context, wc, "RDMA operation");
}

struct ib_cqe iser_rdma_cqe = { .done = iser_rdma_done };

/* Counts the work requests that @len > 0 bytes from @offset need. */
static u32 iser_job_count(struct iser_io *io, u32 offset, u32 len, u32 max_sge)
{
	struct scatterlist *sg;
	u32 segments = 0, skip;

	sg = iser_io_seek(io, offset, &skip);
	for (;;) {
		segments++;
		if (len <= sg_dma_len(sg) - skip)
			break;
		len -= sg_dma_len(sg) - skip;
		skip = 0;
		sg = iser_sg_next(sg);
	}
	return DIV_ROUND_UP(segments, max_sge);
}

/*
 * Counts the work requests that the rest of a job needs.  Stops before the
 * first RDMA Read that exceeds conn->sq.reads: then @whole is false.
 */
static u32 iser_job_need(const struct iser_job *job, u32 max_sge, bool *whole)
{
	struct iser_conn *conn = job->io->task.conn;
	u32 reads = conn->sq.count_reads ? iser_reads_free(&conn->sq.reads) : U32_MAX;
	u32 at = job->done, n = 0, len;
	bool due = job->ack_due;

	*whole = false;
	for (;;) {
		if (due) {
			if (!reads--)
				return n;
			n++;
		}
		if (at == job->len)
			break;
		len = iser_burst_left(at, job->len, job->burst);
		n += iser_job_count(job->io, job->offset + at, len, max_sge);
		at += len;
		due = iser_burst_acked(at, job->len, job->burst) &&
			iser_ack_by_read(conn);
	}
	if (job->get && n > reads)
		return reads;
	*whole = true;
	return n + !job->get;
}

/* iser_post - post a chain.  A failure is logged here; the caller ends the connection. */
int iser_post(struct iser_conn *conn, struct ib_send_wr *first)
{
	int ret = ib_post_send(conn->qp, first, NULL);

	if (ret)
		iser_conn_warn(conn, "can't post to the send queue: error %d, ending the connection",
			       ret);
	return ret;
}

/* Returns true if the PDU invalidates an STag of the task, and stores which. */
static bool iser_response_invalidates(const struct iser_io *io, u32 *stag)
{
	const struct iser_header *peer = &io->task.peer;

	if (!io->ctl.response || !io->task.conn->info.remote_invalidate ||
	    !(peer->rsv || peer->wsv))
		return false;
	*stag = peer->rsv ? peer->read_stag : peer->write_stag;
	return true;
}

/* Fills the response of a job, which follows its data. */
static struct ib_send_wr *iser_job_response(struct iser_job *job)
{
	struct iser_io *io = job->io;
	struct iser_conn *conn = io->task.conn;
	struct iser_batch *b = conn->batch;
	struct ib_send_wr *wr = &b->send;
	struct scatterlist *sg;
	int i;

	b->send_sge[0] = (struct ib_sge){
		.addr = io->head_dma,
		.length = ISER_MSG_MIN + io->ctl.inline_len,
		.lkey = conn->pd->local_dma_lkey };
	if (io->extra_mapped)
		for_each_sg(io->ctl.data->sgl, sg, io->extra_mapped, i)
			b->send_sge[i + 1] = (struct ib_sge){
				.addr = sg_dma_address(sg),
				.length = sg_dma_len(sg),
				.lkey = conn->pd->local_dma_lkey };
	wr->next = NULL;
	wr->opcode = IB_WR_SEND;
	wr->sg_list = b->send_sge;
	wr->num_sge = 1 + io->extra_mapped;
	/* It may invalidate the STag only after the Reads from it. */
	wr->send_flags = job->fence ? IB_SEND_FENCE : 0;
	if (iser_response_invalidates(io, &wr->ex.invalidate_rkey))
		wr->opcode = IB_WR_SEND_WITH_INV;
	return wr;
}

/* Where a job stands in its buffer. */
struct iser_place {
	struct scatterlist *sg;
	u32 skip;
};

/*
 * Fill one RDMA Write or Read from where the job stands, within a burst.
 * Return: SGEs used.
 */
static u32 iser_job_fill(struct iser_job *job, struct iser_place *at,
			 struct ib_rdma_wr *wr, struct ib_sge *sge, u32 max_sge)
{
	struct iser_conn *conn = job->io->task.conn;
	u32 lkey = conn->pd->local_dma_lkey;
	u32 left = job->len - job->done;
	struct scatterlist *sg = at->sg;
	u32 n = 0, skip = at->skip;

	if (unlikely(job->burst))
		left = iser_burst_left(job->done, job->len, job->burst);
	wr->wr.next = NULL;
	wr->wr.send_flags = 0;
	wr->wr.opcode = job->get ? IB_WR_RDMA_READ : IB_WR_RDMA_WRITE;
	wr->wr.wr_cqe = &iser_rdma_cqe;
	wr->wr.sg_list = sge;
	wr->remote_addr = job->remote + job->done;
	wr->rkey = job->rkey;
	if (skip == sg_dma_len(sg)) {
		sg = iser_sg_next(sg);
		skip = 0;
	}
	job->done += left;
	for (;;) {
		u32 bytes = min_t(u32, left, sg_dma_len(sg) - skip);

		sge[n++] = (struct ib_sge){ .addr = sg_dma_address(sg) + skip,
					    .length = bytes, .lkey = lkey };
		left -= bytes;
		skip += bytes;
		if (!left || n == max_sge)
			break;
		sg = iser_sg_next(sg);
		skip = 0;
	}
	job->done -= left;
	at->sg = sg;
	at->skip = skip;
	wr->wr.num_sge = n;
	if (unlikely(job->burst &&
		     iser_burst_acked(job->done, job->len, job->burst))) {
		if (iser_ack_by_read(conn)) {
			job->ack_due = true;
		} else {
			wr->wr.wr_cqe = &job->io->ack_cqe;
			wr->wr.send_flags = IB_SEND_SIGNALED;
		}
	}
	return n;
}

/*
 * iser_job_post_unsignaled - post a response without data, unsignaled
 *
 * Under send_lock.  Return: 1 posted, 0 not of that kind or no header slot
 * for it, or negative errno.
 */
static int iser_job_post_unsignaled(struct iser_job *job)
{
	struct iser_io *io = job->io;
	struct iser_conn *conn = io->task.conn;
	u32 len = ISER_MSG_MIN + io->ctl.inline_len;
	struct ib_send_wr *wr;
	u8 *head = NULL;
	u64 dma;

	if (!job->len && !io->extra_mapped)
		head = iser_unsig_header(&conn->unsig, len, &dma);
	if (!head)
		return 0;
	/* All of the slot: a constant number of bytes is copied faster. */
	memcpy(head, io->head, ISER_UNSIG_HEADER);
	ib_dma_sync_single_for_device(conn->dev, dma, len, DMA_TO_DEVICE);
	wr = iser_job_response(job);
	wr->sg_list->addr = dma;
	iser_unsig_send(&conn->unsig, wr);
	return iser_post(conn, wr) ?: 1;
}

/*
 * iser_job_post_whole - post all of a job with one doorbell: the usual case
 *
 * Takes as many credits as the segments of the buffer may need, and gives the
 * rest back: walking the segments first to count them costs 400 instructions
 * at 128 KiB.
 * Under send_lock.
 * Return: 1 posted, 0 not of that kind or too few credits, or negative errno.
 */
static int iser_job_post_whole(struct iser_job *job)
{
	struct iser_io *io = job->io;
	struct iser_conn *conn = io->task.conn;
	u32 max_sge = job->get ? conn->max_sge_rd : conn->max_sge;
	struct ib_send_wr *last = NULL;
	struct iser_batch *b = conn->batch;
	u32 most = !job->get, i = 0, n = 0;
	struct iser_place at;

	if (job->done || job->burst ||
	    (job->get && (conn->sq.count_reads || conn->sq.sink_mr)))
		return 0;
	if (job->len) {
		most += io->mapped <= max_sge ? 1 :
			DIV_ROUND_UP(io->mapped, max_sge);
		if (most > ISER_BATCH || io->mapped > ISER_BATCH_SGES)
			return 0;
	}
	if (!iser_credits_take(&conn->sq.credits, most))
		return 0;
	if (job->len)
		at.sg = iser_io_seek(io, job->offset, &at.skip);
	while (job->done < job->len) {
		n += iser_job_fill(job, &at, &b->wr[i], &b->sge[n], max_sge);
		if (last)
			last->next = &b->wr[i].wr;
		last = &b->wr[i++].wr;
	}
	if (!job->get) {
		struct ib_send_wr *send = iser_job_response(job);

		if (last)
			last->next = send;
		last = send;
		i++;
	}
	last->wr_cqe = &job->cqe;
	last->send_flags |= IB_SEND_SIGNALED;
	if (most != i)
		iser_credits_return(&conn->sq.credits, most - i);
	job->credits = i;
	job->complete = true;
	return iser_post(conn, job->len ? &b->wr[0].wr : last) ?: 1;
}

/*
 * iser_sink_post - iWARP: post one STag's worth of a Get
 *
 * There an RDMA Read needs a sink that the peer may write to while it runs.
 *
 * Under send_lock.
 * Return: 1 posted, 0 a credit or STag is missing, or negative errno.
 */
static int iser_sink_post(struct iser_job *job)
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

/*
 * iser_job_post - post as much of any job as there are credits for
 * Under send_lock.
 * Return: 1 something was posted, 0 nothing, or negative errno.
 */
static int iser_job_post(struct iser_job *job)
{
	struct iser_conn *conn = job->io->task.conn;
	struct iser_batch *b = conn->batch;
	u32 max_sge = job->get ? conn->max_sge_rd : conn->max_sge;
	struct iser_place at;
	u32 need, got, left;
	bool whole;
	int ret;

	if (job->get && conn->sq.sink_mr)
		return iser_sink_post(job);

	need = iser_job_need(job, max_sge, &whole);
	got = iser_credits_some(&conn->sq.credits, need);
	if (!got)
		return 0;
	job->credits = got;
	job->complete = whole && got == need;
	if (job->get && conn->sq.count_reads)
		job->reads = iser_reads_some(&conn->sq.reads, got);

	if (job->done < job->len)
		at.sg = iser_io_seek(job->io, job->offset + job->done,
				     &at.skip);
	for (left = got; left; ) {
		struct ib_send_wr *first = NULL, **link = &first, *last = NULL;
		u32 i, n = 0;

		for (i = 0; left && i < ISER_BATCH &&
		     n + max_sge <= ISER_BATCH_SGES &&
		     (job->done < job->len || job->ack_due); i++, left--) {
			if (job->ack_due)
				n += iser_ack_fill(job, &b->wr[i], &b->sge[n]);
			else
				n += iser_job_fill(job, &at, &b->wr[i],
						   &b->sge[n], max_sge);
			last = &b->wr[i].wr;
			*link = last;
			link = &last->next;
		}
		if (left && job->done == job->len && !job->ack_due) {
			last = iser_job_response(job);
			*link = last;
			left--;
		}
		if (!left) {
			job->ack_last = last->wr_cqe == &job->io->ack_cqe;
			last->wr_cqe = &job->cqe;
			last->send_flags |= IB_SEND_SIGNALED;
		}
		ret = iser_post(conn, first);
		if (ret)
			return ret;
	}
	return 1;
}

/*
 * The send queue of a target.
 *
 * A job is a response with the RDMA Writes ahead of it, or a Get_Data.  Jobs
 * are posted in the order in which they are submitted: StatSN was assigned in
 * that order.  Each work request takes a send credit.  When credits or STags are
 * short, jobs wait; one that is larger than the whole queue goes out in pieces.
 * The last work request of a piece is signaled: its completion gives all credits
 * of the piece back, and the RDMA Reads, if they are counted.
 */

static void iser_job_done(struct ib_cq *cq, struct ib_wc *wc);

static void iser_job_setup(struct iser_job *job, struct iser_io *io, bool get)
{
	INIT_LIST_HEAD(&job->node);
	job->io = io;
	job->get = get;
	job->cqe.done = iser_job_done;
}

/* iser_job_init - the jobs of a task, once */
void iser_job_init(struct iser_io *io)
{
	int i;

	iser_job_setup(&io->send, io, false);
	io->ack_cqe.done = iser_ack_done;
	for (i = 0; i < ISER_MAX_GETS; i++)
		iser_job_setup(&io->get[i], io, true);
}

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

/* Tells the half that a job has ended, which is no longer in any queue. */
static void iser_job_end(struct iser_job *job, int status)
{
	struct iser_io *io = job->io;
	struct iser_conn *conn = io->task.conn;

	if (job->awaited)
		iser_send_cq_disarm(conn);
	if (job->get) {
		u32 offset = job->offset, len = job->len;

		WRITE_ONCE(job->busy, false);
		conn->ops->data_completion_notify(&io->task, offset, len,
						  status);
		return;
	}
	iser_io_unmap(io);
	WRITE_ONCE(io->state, ISER_IO_IDLE);
	conn->ops->task_done(&io->task, status);
}

/* A worker ends a job that can't be posted.  Under send_lock. */
static void iser_job_to_flush(struct iser_conn *conn, struct iser_job *job)
{
	list_move_tail(&job->node, &conn->sq.flush);
	queue_work(iser_wq, &conn->sq.flush_work);
}

/*
 * Post what there are credits for.  If that fails, the connection ends.
 * Return: true if all of the job is posted.
 */
static bool iser_job_start(struct iser_conn *conn, struct iser_job *job)
{
	int ret = iser_job_post_whole(job) ?: iser_job_post(job);

	if (ret < 0)
		iser_connection_fail_locked(conn, ret);
	return ret > 0 && job->complete;
}

/*
 * iser_jobs_run - post as many of the waiting jobs as possible, in order
 *
 * Ends the connection if that fails; after its end, end_work flushes them.
 * Under send_lock.
 */
void iser_jobs_run(struct iser_conn *conn)
{
	struct iser_job *job, *next;

	if (unlikely(conn->hello.hold) || !iser_state_live(conn->state))
		return;
	list_for_each_entry_safe(job, next, &conn->sq.jobs, node) {
		/* A piece is on its way; the next follows its completion. */
		if (job->credits || !iser_job_start(conn, job))
			return;
		list_del_init(&job->node);
	}
}

/*
 * Post without a completion.  The next poll ends the job.
 * Return: true if it was posted, or if the post has failed, which ends the
 * connection; false if it is not of that kind.
 */
static bool iser_job_unsignaled(struct iser_conn *conn, struct iser_job *job)
{
	int ret = iser_job_post_unsignaled(job);

	if (ret < 0)
		iser_connection_fail_locked(conn, ret);
	if (ret) {
		job->next = conn->sq.unsignaled;
		WRITE_ONCE(conn->sq.unsignaled, job);
	}
	return ret;
}

/* Post it, unless others wait already.  Return: true if all is posted. */
static bool iser_job_enter(struct iser_conn *conn, struct iser_job *job,
			   bool later)
{
	if (!list_empty(&conn->sq.jobs) || conn->hello.hold)
		return false;
	return (later && iser_job_unsignaled(conn, job)) || iser_job_start(conn, job);
}

/*
 * iser_job_submit - enter a job and post what can be posted
 * @later: the half does not wait for its end
 *
 * Under send_lock, any context.  The completion queue or a worker reports the
 * end of the job by an up-call; this function never does.
 */
static void iser_job_submit(struct iser_conn *conn, struct iser_job *job, bool later)
{
	job->awaited = false;
	job->done = 0;
	job->credits = 0;
	job->complete = false;
	job->ack_due = false;
	job->ack_last = false;
	job->fence = false;
	/* Only after end_work has drained must a worker flush. */
	if (conn->state == ISER_DOWN) {
		iser_job_to_flush(conn, job);
		return;
	}
	if (!iser_state_live(conn->state)) {
		list_add_tail(&job->node, &conn->sq.jobs);
		return;
	}
	if (!later) {
		job->awaited = true;
		iser_send_cq_arm(conn);
	}
	if (!iser_job_enter(conn, job, later)) {
		/* It waits for credits, which completions give back. */
		list_add_tail(&job->node, &conn->sq.jobs);
		iser_send_cq_event(conn);
	}
	if (later)
		iser_send_cq_poll_later(conn);
}

static void iser_job_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct iser_job *job = container_of(wc->wr_cqe, struct iser_job, cqe);
	struct iser_conn *conn = job->io->task.conn;
	bool ok = iser_wc_ok(conn, wc, job->get ? "RDMA Read" : "Send");
	bool ended;

	if (ok && job->ack_last)
		iser_ack_notify(job->io);
	spin_lock_bh(&conn->send_lock);
	iser_credits_return(&conn->sq.credits, job->credits);
	job->credits = 0;
	if (job->reads) {
		iser_reads_return(&conn->sq.reads, job->reads);
		job->reads = 0;
	}
	if (job->mr) {
		ib_mr_pool_put(conn->qp, &conn->qp->rdma_mrs, job->mr);
		job->mr = NULL;
	}
	/* A job that is still queued goes on, or end_work flushes it. */
	ended = list_empty(&job->node);
	if (!list_empty(&conn->sq.jobs))
		iser_jobs_run(conn);
	spin_unlock_bh(&conn->send_lock);
	/* sq.jobs is read without the lock only to decide whether to wake a waiter. */
	if (list_empty_careful(&conn->sq.jobs) && waitqueue_active(&conn->wait))
		wake_up_all(&conn->wait);
	if (ended)
		iser_job_end(job, ok ? 0 : -ENOTCONN);
}

static void iser_jobs_end(struct list_head *jobs)
{
	struct iser_job *job, *next;

	list_for_each_entry_safe(job, next, jobs, node) {
		list_del_init(&job->node);
		job->credits = 0;
		iser_job_end(job, -ENOTCONN);
	}
}

static void iser_unsignaled_end(struct iser_conn *conn, int status)
{
	struct iser_job *job, *next;

	spin_lock_bh(&conn->send_lock);
	job = conn->sq.unsignaled;
	conn->sq.unsignaled = NULL;
	spin_unlock_bh(&conn->send_lock);
	for (; job; job = next) {
		next = job->next;
		iser_job_end(job, status);
	}
}

/* iser_jobs_unsignaled_sent - end jobs posted unsignaled.  At each poll. */
void iser_jobs_unsignaled_sent(struct iser_conn *conn)
{
	if (READ_ONCE(conn->sq.unsignaled))
		iser_unsignaled_end(conn, 0);
}

/* iser_jobs_flush - end jobs not posted, or unsignaled.  From end_work. */
void iser_jobs_flush(struct iser_conn *conn)
{
	LIST_HEAD(jobs);

	iser_unsignaled_end(conn, -ENOTCONN);
	spin_lock_bh(&conn->send_lock);
	list_splice_init(&conn->sq.jobs, &jobs);
	spin_unlock_bh(&conn->send_lock);
	iser_jobs_end(&jobs);
}

static void iser_job_abandon(struct iser_job *job)
{
	if (!job->credits)
		return;
	job->credits = 0;
	iser_job_end(job, -ENOTCONN);
}

/*
 * iser_jobs_abandon - end jobs that were posted and have never completed
 *
 * After iser_jobs_flush().  The queue pair is gone, which makes it safe to
 * unmap the data.  From end_work.
 */
void iser_jobs_abandon(struct iser_conn *conn)
{
	struct iser_task *task;
	u32 i, n;

	if (conn->role != ISER_TARGET || !conn->tasks)
		return;
	for (i = 0; i < conn->res.tasks; i++) {
		task = iser_conn_task(conn, i);
		if (!task)
			continue;
		for (n = 0; n < ISER_MAX_GETS; n++)
			iser_job_abandon(&iser_io_of(task)->get[n]);
		iser_job_abandon(&iser_io_of(task)->send);
	}
}

/* Ends jobs submitted after the end. */
void iser_flush_work(struct work_struct *work)
{
	struct iser_conn *conn = container_of(work, struct iser_conn, sq.flush_work);
	LIST_HEAD(jobs);

	spin_lock_bh(&conn->send_lock);
	list_splice_init(&conn->sq.flush, &jobs);
	spin_unlock_bh(&conn->send_lock);
	iser_jobs_end(&jobs);
}

/*
 * Send_Control, Put_Data and Get_Data: RFC 5047, sections 8.1 to 8.3.
 */

void iser_send_begin(struct iser_conn *conn)
	__acquires(conn)
{
	spin_lock_bh(&conn->send_lock);
}
EXPORT_SYMBOL_ISER(iser_send_begin);

void iser_send_end(struct iser_conn *conn)
	__releases(conn)
{
	spin_unlock_bh(&conn->send_lock);
}
EXPORT_SYMBOL_ISER(iser_send_end);

/* iser_send_response - Send_Control of a target.  Under send_lock.  Return: 0. */
int iser_send_response(struct iser_io *io, const struct iser_control *ctl)
{
	struct iser_conn *conn = io->task.conn;
	const struct iser_header *peer = &io->task.peer;
	struct iser_header hdr = { };
	u32 invalidated = 0;
	int n;

	io->ctl.data = ctl->data;
	io->ctl.inline_len = ctl->inline_len;
	io->ctl.response = ctl->response;
	WRITE_ONCE(io->state, ISER_IO_POSTED);
	/* Name the STag to be invalidated: RFC 7145, section 7.3.2. */
	if (ctl->response && conn->notice.name_stags) {
		hdr.rsv = peer->rsv;
		hdr.read_stag = peer->read_stag;
		hdr.wsv = peer->wsv && !peer->rsv;
		hdr.write_stag = peer->write_stag;
	}
	iser_encode_control(io->head, &hdr);
	if (iser_state_live(conn->state)) {
		ib_dma_sync_single_for_device(conn->dev, io->head_dma,
					      ISER_MSG_MIN + ctl->inline_len,
					      DMA_TO_DEVICE);
		if (ctl->data) {
			n = ib_dma_map_sg(conn->dev, ctl->data->sgl,
					  ctl->data->nents, DMA_TO_DEVICE);
			if (n > 0)
				io->extra_mapped = n;
			if (n <= 0 || n >= conn->max_sge)
				iser_connection_fail_locked(conn, -ENOMEM);
		}
	}
	if (io->send.len)
		trace_iser_rdma(conn, false, io->task.index, io->send.offset,
				io->send.len, io->task.peer.read_stag);
	iser_response_invalidates(io, &invalidated);
	trace_iser_send_control(conn, io->task.bhs,
				ISER_MSG_MIN + ctl->inline_len, invalidated);
	io->send.remote = peer->read_base + io->send.offset;
	io->send.rkey = peer->read_stag;
	/* A half that asks for acknowledgments waits for them. */
	iser_job_submit(conn, &io->send, ctl->later && !io->send.burst);
	return 0;
}

int iser_map_data(struct iser_task *task, const struct iser_data *data,
		  bool read)
{
	struct iser_conn *conn = task->conn;
	int ret = 0;

	rcu_read_lock();
	/* After the end the jobs are flushed and touch no data. */
	if (iser_state_live(READ_ONCE(conn->state)))
		ret = iser_io_map(iser_io_of(task), data,
				  read ? DMA_TO_DEVICE : DMA_FROM_DEVICE);
	rcu_read_unlock();
	return ret;
}
EXPORT_SYMBOL_ISER(iser_map_data);

void iser_unmap_data(struct iser_task *task)
{
	struct iser_conn *conn = task->conn;
	bool live;

	rcu_read_lock();
	live = iser_state_live(READ_ONCE(conn->state));
	if (live)
		iser_io_unmap(iser_io_of(task));
	rcu_read_unlock();
	if (live)
		return;
	/* end_work may do the same: the lock admits one. */
	spin_lock_bh(&conn->send_lock);
	iser_io_unmap(iser_io_of(task));
	spin_unlock_bh(&conn->send_lock);
}
EXPORT_SYMBOL_ISER(iser_unmap_data);

void iser_put_data(struct iser_task *task, u32 offset, u32 len, u32 burst)
{
	struct iser_job *job = &iser_io_of(task)->send;

	/* The pieces are contiguous, so one range grows. */
	if (!job->len) {
		job->offset = offset;
		/* RFC 7143, section 11.7.2: no A-bit at level 0. */
		job->burst = task->conn->notice.recovery_level &&
			     iser_ack_possible(task->conn) ? burst : 0;
	}
	job->len += len;
}
EXPORT_SYMBOL_ISER(iser_put_data);

void iser_get_data(struct iser_task *task, u32 offset, u32 len, u64 tagged)
{
	struct iser_io *io = iser_io_of(task);
	struct iser_conn *conn = task->conn;
	struct iser_job *job = NULL;
	int i;

	for (i = 0; i < ISER_MAX_GETS && !job; i++)
		if (!READ_ONCE(io->get[i].busy))
			job = &io->get[i];
	if (WARN_ON_ONCE(!job))
		return;
	job->busy = true;
	job->offset = offset;
	job->len = len;
	job->remote = tagged;
	job->rkey = task->peer.write_stag;
	trace_iser_rdma(conn, true, task->index, offset, len, job->rkey);

	spin_lock_bh(&conn->send_lock);
	/* An ORD of 0 permits no RDMA Read: RFC 7145, section 7.3.6. */
	if (!conn->sq.reads.ord && iser_state_live(conn->state)) {
		iser_conn_warn(conn, "the initiator allows no RDMA Read, but a write needs one, ending the connection");
		iser_connection_fail_locked(conn, -EPROTO);
	}
	iser_job_submit(conn, job, false);
	spin_unlock_bh(&conn->send_lock);
}
EXPORT_SYMBOL_ISER(iser_get_data);
