// SPDX-License-Identifier: GPL-2.0-only
/*
 * The send queue of a target.
 *
 * A job is a response with the RDMA Writes ahead of it, or a Get_Data.  Jobs
 * are posted in the order in which they are submitted: StatSN was assigned in
 * that order.  When slots or STags are short they wait; a job that is larger
 * than the whole queue goes out in pieces.  Only the last work request of a
 * piece is signaled: its completion gives all slots of the piece back.
 */
#include "core.h"

static void iser_job_done(struct ib_cq *cq, struct ib_wc *wc);

/* The completion of work requests that are not signaled: errors only. */
static void iser_rdma_done(struct ib_cq *cq, struct ib_wc *wc)
{
	iser_wc_ok(wc->qp->qp_context, wc, "RDMA operation");
}

static struct ib_cqe iser_rdma_cqe = { .done = iser_rdma_done };

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
	for (i = 0; i < ISER_MAX_GETS; i++)
		iser_job_setup(&io->get[i], io, true);
}

/* Work requests that @len bytes from @offset need. */
static u32 iser_job_count(struct iser_io *io, u32 offset, u32 len, u32 max_sge)
{
	u32 segments = 0, skip;
	struct scatterlist *sg;

	if (!len)
		return 0;
	sg = iser_io_seek(io, offset, &skip);
	for (;;) {
		segments++;
		if (len <= sg_dma_len(sg) - skip)
			break;
		len -= sg_dma_len(sg) - skip;
		skip = 0;
		sg = sg_next(sg);
	}
	return DIV_ROUND_UP(segments, max_sge);
}

static int iser_post(struct iser_conn *conn, struct ib_send_wr *first)
{
	int ret = ib_post_send(conn->qp, first, NULL);

	if (ret)
		iser_conn_warn(conn, "can't post to the send queue: error %d, ending the connection",
			       ret);
	return ret;
}

/* The response of a job, behind its data. */
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
	memset(wr, 0, sizeof(*wr));
	wr->opcode = IB_WR_SEND;
	wr->sg_list = b->send_sge;
	wr->num_sge = 1 + io->extra_mapped;
	if (io->ctl.response && conn->info.remote_invalidate &&
	    (io->task.peer.rsv || io->task.peer.wsv)) {
		wr->opcode = IB_WR_SEND_WITH_INV;
		wr->ex.invalidate_rkey = io->task.peer.rsv ?
			io->task.peer.read_stag : io->task.peer.write_stag;
	}
	return wr;
}

/*
 * iWARP: an RDMA Read needs a sink that the peer may write, while it runs.
 * One STag's worth is posted at a time.
 * Return: 1 posted, 0 nothing to post it with, or negative errno.
 */
static int iser_job_post_sink(struct iser_job *job)
{
	struct iser_io *io = job->io;
	struct iser_conn *conn = io->task.conn;
	struct ib_rdma_wr *wr = &conn->batch->wr[0];
	struct ib_reg_wr *reg = &conn->batch->reg;
	struct ib_sge *sge = &conn->batch->sge[0];
	u32 left = job->len - job->done, n = 0, skip;
	struct scatterlist *sg;
	int ret;

	if (!iser_slots_take(&conn->slots, 2))
		return 0;
	job->mr = ib_mr_pool_get(conn->qp, &conn->qp->rdma_mrs);
	if (!job->mr) {
		iser_slots_return(&conn->slots, 2);
		return 0;
	}
	job->slots = 2;

	/*
	 * A list that itself begins at the offset: siw does not heed the
	 * sg_offset of ib_map_mr_sg().
	 */
	sg_init_table(conn->sink_sg, conn->res.region_pages);
	sg = iser_io_seek(io, job->offset + job->done, &skip);
	while (left && n < conn->res.region_pages) {
		struct scatterlist *to = &conn->sink_sg[n++];

		sg_dma_address(to) = sg_dma_address(sg) + skip;
		sg_dma_len(to) = min_t(u32, left, sg_dma_len(sg) - skip);
		left -= sg_dma_len(to);
		skip = 0;
		sg = sg_next(sg);
	}
	ib_update_fast_reg_key(job->mr, ib_inc_rkey(job->mr->rkey));
	ret = ib_map_mr_sg(job->mr, conn->sink_sg, n, NULL, PAGE_SIZE);
	if (ret <= 0 || !job->mr->length ||
	    job->mr->length > job->len - job->done)
		return -EINVAL;

	memset(reg, 0, sizeof(*reg));
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

/* Fill one RDMA Write or Read from where the job stands. */
static u32 iser_job_fill(struct iser_job *job, struct ib_rdma_wr *wr,
			 struct ib_sge *sge, u32 max_sge)
{
	struct iser_conn *conn = job->io->task.conn;
	u32 left = job->len - job->done, n = 0, skip;
	struct scatterlist *sg;

	memset(wr, 0, sizeof(*wr));
	wr->wr.opcode = job->get ? IB_WR_RDMA_READ : IB_WR_RDMA_WRITE;
	wr->wr.wr_cqe = &iser_rdma_cqe;
	wr->wr.sg_list = sge;
	wr->remote_addr = job->remote + job->done;
	wr->rkey = job->rkey;
	sg = iser_io_seek(job->io, job->offset + job->done, &skip);
	while (left && n < max_sge) {
		u32 bytes = min_t(u32, left, sg_dma_len(sg) - skip);

		sge[n++] = (struct ib_sge){ .addr = sg_dma_address(sg) + skip,
					    .length = bytes,
					    .lkey = conn->pd->local_dma_lkey };
		left -= bytes;
		job->done += bytes;
		skip = 0;
		sg = sg_next(sg);
	}
	wr->wr.num_sge = n;
	return n;
}

/*
 * Post what there are slots for.
 * Return: 1 something was posted, 0 nothing, or negative errno.
 */
static int iser_job_post(struct iser_job *job)
{
	struct iser_conn *conn = job->io->task.conn;
	struct iser_batch *b = conn->batch;
	u32 max_sge = job->get ? conn->max_sge_rd : conn->max_sge;
	u32 need, got, left;
	int ret;

	if (job->get && conn->sink_mr)
		return iser_job_post_sink(job);

	need = iser_job_count(job->io, job->offset + job->done,
			      job->len - job->done, max_sge) + !job->get;
	got = iser_slots_some(&conn->slots, need);
	if (!got)
		return 0;
	job->slots = got;
	job->complete = got == need;

	for (left = got; left; ) {
		struct ib_send_wr *first = NULL, **link = &first, *last = NULL;
		u32 i, n = 0;

		for (i = 0; left && i < ISER_BATCH &&
		     n + max_sge <= ISER_BATCH_SGES &&
		     job->done < job->len; i++, left--) {
			n += iser_job_fill(job, &b->wr[i], &b->sge[n], max_sge);
			last = &b->wr[i].wr;
			*link = last;
			link = &last->next;
		}
		if (left && job->done == job->len) {
			last = iser_job_response(job);
			*link = last;
			left--;
		}
		if (!left) {
			last->wr_cqe = &job->cqe;
			last->send_flags = IB_SEND_SIGNALED;
		}
		ret = iser_post(conn, first);
		if (ret)
			return ret;
	}
	return 1;
}

/* A job has ended: tell the half.  Nothing of it is in any queue. */
static void iser_job_end(struct iser_job *job, int status)
{
	struct iser_io *io = job->io;
	struct iser_conn *conn = io->task.conn;

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

/* A job can't be posted: a worker ends it.  Under send_lock. */
static void iser_job_to_flush(struct iser_conn *conn, struct iser_job *job)
{
	list_move_tail(&job->node, &conn->flushq);
	queue_work(iser_wq, &conn->flush_work);
}

/*
 * Post as many of the waiting jobs as possible, in order.  Under send_lock.
 * Return: 0, or negative errno: the caller ends the connection.
 */
static int iser_jobs_run(struct iser_conn *conn)
{
	struct iser_job *job, *next;

	list_for_each_entry_safe(job, next, &conn->sendq, node) {
		int ret;

		/* A piece is on its way; the next follows its completion. */
		if (job->slots)
			return 0;
		ret = iser_job_post(job);
		if (ret < 0)
			return ret;
		if (!ret)
			return 0;
		if (!job->complete)
			return 0;
		list_del_init(&job->node);
	}
	return 0;
}

/*
 * iser_job_submit - enter a job and post what can be posted
 *
 * Under send_lock, any context.  The end of the job is told by an up-call
 * from the completion queue or a worker, never from here.
 */
void iser_job_submit(struct iser_conn *conn, struct iser_job *job)
{
	int ret;

	job->done = 0;
	job->slots = 0;
	job->complete = false;
	list_add_tail(&job->node, &conn->sendq);
	if (!iser_state_live(conn->state)) {
		/* Before end_work has drained, it is the one to flush. */
		if (conn->state == ISER_DOWN)
			iser_job_to_flush(conn, job);
		return;
	}
	ret = iser_jobs_run(conn);
	if (ret)
		iser_connection_fail_locked(conn, ret);
}

static void iser_job_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct iser_job *job = container_of(wc->wr_cqe, struct iser_job, cqe);
	struct iser_conn *conn = job->io->task.conn;
	bool ok = iser_wc_ok(conn, wc, job->get ? "RDMA Read" : "Send");
	bool ended;
	int ret = 0;

	spin_lock_bh(&conn->send_lock);
	iser_slots_return(&conn->slots, job->slots);
	job->slots = 0;
	if (job->mr) {
		ib_mr_pool_put(conn->qp, &conn->qp->rdma_mrs, job->mr);
		job->mr = NULL;
	}
	/* What is still queued goes on, or is flushed by end_work. */
	ended = list_empty(&job->node);
	if (iser_state_live(conn->state))
		ret = iser_jobs_run(conn);
	if (ret)
		iser_connection_fail_locked(conn, ret);
	spin_unlock_bh(&conn->send_lock);
	/* Reading sendq unlocked only decides whether somebody may be waiting. */
	if (list_empty_careful(&conn->sendq) && waitqueue_active(&conn->wait))
		wake_up_all(&conn->wait);
	if (ended)
		iser_job_end(job, ok ? 0 : -ENOTCONN);
}

static void iser_jobs_end(struct list_head *jobs)
{
	struct iser_job *job, *next;

	list_for_each_entry_safe(job, next, jobs, node) {
		struct iser_conn *conn = job->io->task.conn;

		list_del_init(&job->node);
		if (job->mr) {
			ib_mr_pool_put(conn->qp, &conn->qp->rdma_mrs, job->mr);
			job->mr = NULL;
		}
		iser_job_end(job, -ENOTCONN);
	}
}

/* iser_jobs_flush - end what was never posted.  From end_work. */
void iser_jobs_flush(struct iser_conn *conn)
{
	LIST_HEAD(jobs);

	spin_lock_bh(&conn->send_lock);
	list_splice_init(&conn->sendq, &jobs);
	spin_unlock_bh(&conn->send_lock);
	iser_jobs_end(&jobs);
}

/* Jobs submitted after the end. */
void iser_flush_work(struct work_struct *work)
{
	struct iser_conn *conn = container_of(work, struct iser_conn, flush_work);
	LIST_HEAD(jobs);

	spin_lock_bh(&conn->send_lock);
	list_splice_init(&conn->flushq, &jobs);
	spin_unlock_bh(&conn->send_lock);
	iser_jobs_end(&jobs);
}
