// SPDX-License-Identifier: GPL-2.0-only
/*
 * The send queue of a target.
 *
 * A job is a response with the RDMA Writes ahead of it, or a Get_Data.  Jobs
 * are posted in the order in which they are submitted: StatSN was assigned in
 * that order.  When slots or STags are short they wait; a job that is larger
 * than the whole queue goes out in pieces (transfer.c).  The last work request
 * of a piece is signaled: its completion gives all slots of the piece back,
 * and the RDMA Reads, where they are counted.
 */
#include "core.h"

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
 * iser_reads_set - iSER-ORD of a target
 * @enforced: the queue pair is made for this number
 *
 * Reads are counted only where the device would post more: devices round the
 * number up to a power of two.  Before the first Read, under send_lock.
 */
void iser_reads_set(struct iser_conn *conn, u32 ord, bool enforced)
{
	conn->count_reads = enforced ? !is_power_of_2(ord) :
		conn->count_reads || ord < conn->reads.ord;
	conn->reads.ord = ord;
}

/* A job has ended: tell the half.  Nothing of it is in any queue. */
static void iser_job_end(struct iser_job *job, int status)
{
	struct iser_io *io = job->io;
	struct iser_conn *conn = io->task.conn;

	if (job->awaited)
		iser_send_awaited(conn);
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
 * Post what there are slots for.  When that fails the connection ends.
 * Return: true when nothing of the job is left to post.
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
 * Ends the connection when that fails; after its end, end_work flushes them.
 * Under send_lock.
 */
void iser_jobs_run(struct iser_conn *conn)
{
	struct iser_job *job, *next;

	if (unlikely(conn->hello.hold) || !iser_state_live(conn->state))
		return;
	list_for_each_entry_safe(job, next, &conn->sendq, node) {
		/* A piece is on its way; the next follows its completion. */
		if (job->slots || !iser_job_start(conn, job))
			return;
		list_del_init(&job->node);
	}
}

/*
 * Post without a completion.  The job ends when something is polled next.
 * Return: false when it can't go that way.
 */
static bool iser_job_hush(struct iser_conn *conn, struct iser_job *job)
{
	int ret = iser_job_post_quiet(job);

	if (ret < 0)
		iser_connection_fail_locked(conn, ret);
	if (ret) {
		job->next = conn->hushed;
		WRITE_ONCE(conn->hushed, job);
	}
	return ret;
}

/* Post it, unless others wait already.  Return: true when all is posted. */
static bool iser_job_enter(struct iser_conn *conn, struct iser_job *job,
			   bool later)
{
	if (!list_empty(&conn->sendq) || conn->hello.hold)
		return false;
	return (later && iser_job_hush(conn, job)) || iser_job_start(conn, job);
}

/*
 * iser_job_submit - enter a job and post what can be posted
 * @later: nobody waits for its end
 *
 * Under send_lock, any context.  The end of the job is told by an up-call
 * from the completion queue or a worker, never from here.
 */
void iser_job_submit(struct iser_conn *conn, struct iser_job *job, bool later)
{
	job->awaited = false;
	job->done = 0;
	job->slots = 0;
	job->complete = false;
	job->ack_due = false;
	job->ack_last = false;
	job->fence = false;
	/* Before end_work has drained, it is the one to flush. */
	if (conn->state == ISER_DOWN) {
		iser_job_to_flush(conn, job);
		return;
	}
	if (!iser_state_live(conn->state)) {
		list_add_tail(&job->node, &conn->sendq);
		return;
	}
	if (!later) {
		job->awaited = true;
		iser_send_await(conn);
	}
	if (!iser_job_enter(conn, job, later)) {
		/* It waits for slots, which completions give back. */
		list_add_tail(&job->node, &conn->sendq);
		iser_send_event(conn);
	}
	if (later)
		iser_send_later(conn);
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
	iser_slots_return(&conn->slots, job->slots);
	job->slots = 0;
	if (job->reads) {
		iser_reads_return(&conn->reads, job->reads);
		job->reads = 0;
	}
	if (job->mr) {
		ib_mr_pool_put(conn->qp, &conn->qp->rdma_mrs, job->mr);
		job->mr = NULL;
	}
	/* What is still queued goes on, or is flushed by end_work. */
	ended = list_empty(&job->node);
	if (!list_empty(&conn->sendq))
		iser_jobs_run(conn);
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
		list_del_init(&job->node);
		job->slots = 0;
		iser_job_end(job, -ENOTCONN);
	}
}

static void iser_hushed_end(struct iser_conn *conn, int status)
{
	struct iser_job *job, *next;

	spin_lock_bh(&conn->send_lock);
	job = conn->hushed;
	conn->hushed = NULL;
	spin_unlock_bh(&conn->send_lock);
	for (; job; job = next) {
		next = job->next;
		iser_job_end(job, status);
	}
}

/* iser_jobs_hushed - end what went out without a completion.  When polled. */
void iser_jobs_hushed(struct iser_conn *conn)
{
	if (READ_ONCE(conn->hushed))
		iser_hushed_end(conn, 0);
}

/* iser_jobs_flush - end what was not posted, or not seen.  From end_work. */
void iser_jobs_flush(struct iser_conn *conn)
{
	LIST_HEAD(jobs);

	iser_hushed_end(conn, -ENOTCONN);
	spin_lock_bh(&conn->send_lock);
	list_splice_init(&conn->sendq, &jobs);
	spin_unlock_bh(&conn->send_lock);
	iser_jobs_end(&jobs);
}

static void iser_job_abandon(struct iser_job *job)
{
	if (!job->slots)
		return;
	job->slots = 0;
	iser_job_end(job, -ENOTCONN);
}

/*
 * iser_jobs_abandon - end what was posted and has never completed
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
