/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The send queue of a target: responses, RDMA Writes and Reads.
 */
#ifndef ISER_TARGET_SEND_H
#define ISER_TARGET_SEND_H

#include <linux/list.h>
#include <linux/workqueue.h>
#include <rdma/ib_verbs.h>
#include "../../proto/sendq.h"

struct iser_conn;
struct iser_control;
struct iser_io;

/* Something to post at a target: a response with the data before it, or a Get. */
struct iser_job {
	struct list_head node;	/* conn->sq.jobs or sq.flush; send_lock */
	struct iser_job *next;	/* conn->sq.unsignaled; send_lock */
	struct iser_io *io;
	struct ib_cqe cqe;
	bool get;
	bool busy;		/* Get: in use */
	bool awaited;		/* its completion must wake */
	bool complete;		/* everything is posted */
	u32 offset, len, done;	/* bytes of the command's data; done: posted */
	u64 remote;		/* Tagged Offset of @offset */
	u32 rkey;
	u32 credits;		/* taken, until their completion */
	u32 reads;		/* Get: counted in conn->sq.reads, likewise */
	u32 burst;		/* Put: bytes between A-bits, or 0 */
	bool ack_due;		/* Put: an RDMA Read of no bytes comes next */
	bool ack_last;		/* Put: the completion is an A-bit's too */
	bool fence;		/* Put: the response must wait for such Reads */
	struct ib_mr *mr;	/* iWARP Get: sink */
};

/* What a target has to post.  All under send_lock. */
struct iser_sq {
	struct iser_credits credits;
	struct list_head jobs;
	struct list_head flush;		/* jobs submitted after the end */
	struct work_struct flush_work;
	struct iser_job *unsignaled;	/* jobs posted without a completion */
	struct iser_reads reads;	/* ord, and those that are counted */
	bool count_reads;		/* the device would start more than ord */
	bool sink_mr;			/* iWARP: an RDMA Read needs a registered sink */
	struct scatterlist *sink_sg;
};

extern struct ib_cqe iser_rdma_cqe;
int iser_post(struct iser_conn *conn, struct ib_send_wr *first);
int iser_send_response(struct iser_io *io, const struct iser_control *ctl);
void iser_reads_set(struct iser_conn *conn, u32 ord, bool enforced);
void iser_job_init(struct iser_io *io);
void iser_jobs_run(struct iser_conn *conn);
void iser_jobs_flush(struct iser_conn *conn);
void iser_jobs_abandon(struct iser_conn *conn);
void iser_jobs_unsignaled_sent(struct iser_conn *conn);
void iser_flush_work(struct work_struct *work);
int iser_sinks_init(struct iser_conn *conn);
void iser_sinks_free(struct iser_conn *conn);

/* data_ack.c */
void iser_ack_done(struct ib_cq *cq, struct ib_wc *wc);
bool iser_ack_possible(const struct iser_conn *conn);
bool iser_ack_by_read(const struct iser_conn *conn);
void iser_ack_notify(struct iser_io *io);
u32 iser_ack_fill(struct iser_job *job, struct ib_rdma_wr *wr,
		  struct ib_sge *sge);

#endif
