// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a job to work requests: RDMA Writes and Reads, the response.  All
 * functions run under send_lock, which guards the batch they build in.
 */
#include <iser/segment.h>
#include "core.h"

/* The completion of work requests that are not signaled: errors only. */
static void iser_rdma_done(struct ib_cq *cq, struct ib_wc *wc)
{
	iser_wc_ok(wc->qp->qp_context, wc, "RDMA operation");
}

struct ib_cqe iser_rdma_cqe = { .done = iser_rdma_done };

/* Work requests that @len > 0 bytes from @offset need. */
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
 * Work requests that the rest of a job needs.  Stops where an RDMA Read would
 * be one too many: then @whole is false.
 */
static u32 iser_job_need(const struct iser_job *job, u32 max_sge, bool *whole)
{
	struct iser_conn *conn = job->io->task.conn;
	u32 reads = conn->count_reads ? iser_reads_free(&conn->reads) : U32_MAX;
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
	wr->next = NULL;
	wr->opcode = IB_WR_SEND;
	wr->sg_list = b->send_sge;
	wr->num_sge = 1 + io->extra_mapped;
	/* It kills the STag: not before the Reads of it are over. */
	wr->send_flags = job->fence ? IB_SEND_FENCE : 0;
	if (io->ctl.response && conn->info.remote_invalidate &&
	    (io->task.peer.rsv || io->task.peer.wsv)) {
		wr->opcode = IB_WR_SEND_WITH_INV;
		wr->ex.invalidate_rkey = io->task.peer.rsv ?
			io->task.peer.read_stag : io->task.peer.write_stag;
	}
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
 * iser_job_post_quiet - post a response without data, unsignaled
 *
 * Under send_lock.  Return: 1 posted, 0 not of that kind or no slot for its
 * header, or negative errno.
 */
int iser_job_post_quiet(struct iser_job *job)
{
	struct iser_io *io = job->io;
	struct iser_conn *conn = io->task.conn;
	u32 len = ISER_MSG_MIN + io->ctl.inline_len;
	struct ib_send_wr *wr;
	u8 *head = NULL;
	u64 dma;

	if (!job->len && !io->extra_mapped)
		head = iser_quiet_slot(conn, len, &dma);
	if (!head)
		return 0;
	/* All of the slot: a constant number of bytes is copied faster. */
	memcpy(head, io->head, ISER_QUIET_SLOT);
	ib_dma_sync_single_for_device(conn->dev, dma, len, DMA_TO_DEVICE);
	wr = iser_job_response(job);
	wr->sg_list->addr = dma;
	iser_quiet_send(conn, wr);
	return iser_post(conn, wr) ?: 1;
}

/*
 * iser_job_post_whole - post all of a job with one doorbell: the usual case
 *
 * So many slots are taken as the segments of the buffer may need, and what is
 * left of them goes back: walking the segments twice to know it costs 400
 * instructions at 128 KiB.
 * Under send_lock.
 * Return: 1 posted, 0 not of that kind or too few slots, or negative errno.
 */
int iser_job_post_whole(struct iser_job *job)
{
	struct iser_io *io = job->io;
	struct iser_conn *conn = io->task.conn;
	u32 max_sge = job->get ? conn->max_sge_rd : conn->max_sge;
	struct ib_send_wr *last = NULL;
	struct iser_batch *b = conn->batch;
	u32 most = !job->get, i = 0, n = 0;
	struct iser_place at;

	if (job->done || job->burst ||
	    (job->get && (conn->count_reads || conn->sink_mr)))
		return 0;
	if (job->len) {
		most += io->mapped <= max_sge ? 1 :
			DIV_ROUND_UP(io->mapped, max_sge);
		if (most > ISER_BATCH || io->mapped > ISER_BATCH_SGES)
			return 0;
	}
	if (!iser_slots_take(&conn->slots, most))
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
		iser_slots_return(&conn->slots, most - i);
	job->slots = i;
	job->complete = true;
	return iser_post(conn, job->len ? &b->wr[0].wr : last) ?: 1;
}

/*
 * iser_job_post - post what there are slots for of any job
 * Under send_lock.
 * Return: 1 something was posted, 0 nothing, or negative errno.
 */
int iser_job_post(struct iser_job *job)
{
	struct iser_conn *conn = job->io->task.conn;
	struct iser_batch *b = conn->batch;
	u32 max_sge = job->get ? conn->max_sge_rd : conn->max_sge;
	struct iser_place at;
	u32 need, got, left;
	bool whole;
	int ret;

	if (job->get && conn->sink_mr)
		return iser_sink_post(job);

	need = iser_job_need(job, max_sge, &whole);
	got = iser_slots_some(&conn->slots, need);
	if (!got)
		return 0;
	job->slots = got;
	job->complete = whole && got == need;
	if (job->get && conn->count_reads)
		job->reads = iser_reads_some(&conn->reads, got);

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
