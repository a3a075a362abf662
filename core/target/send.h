/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands of a target, and what it transfers for them: responses, RDMA Writes
 * and Reads.
 */
#ifndef ISER_TARGET_SEND_H
#define ISER_TARGET_SEND_H

#include <linux/list.h>
#include <linux/llist.h>
#include <linux/scatterlist.h>
#include <linux/workqueue.h>
#include <rdma/ib_verbs.h>
#include <iser/command.h>
#include "../pi.h"
#include "../recv.h"
#include "../../proto/sendq.h"

struct iser_conn;
struct iser_target_cmd;

/* What is posted for a command: a response with the data before it, or a Get. */
struct iser_transfer {
	struct list_head node;	/* conn->sq.waiting or sq.flush; send_lock */
	struct iser_target_cmd *cmd;
	struct ib_cqe cqe;
	u64 remote;		/* Tagged Offset of the first byte */
	u32 rkey;
	u32 burst;		/* Put: bytes between A-bits, or 0 */
	u32 offset, len;	/* bytes of the command's data */
	u32 done;		/* of them, posted */
	u32 credits;		/* of the piece that is under way, until it completes */
	u32 reads;		/* Get: counted in conn->sq.reads, likewise */
	bool get;
	bool busy;		/* Get: in use */
	bool awaited;		/* its completion must wake */
	bool complete;		/* everything is posted */
	bool ack_due;		/* Put: an RDMA Read of no bytes comes next */
	bool ack_last;		/* Put: the completion is an A-bit's too */
	bool fence;		/* Put: the response must wait for such Reads */
	struct ib_mr *mr;	/* iWARP Get: sink; or integrity MR: pi.c */
};

/* A command: what the half knows of it, the core's part follows. */
struct iser_target_cmd {
	struct iser_cmd cmd;	/* first */
	u8 *head;		/* header slot */
	u64 head_dma;
	u32 inline_len;		/* of the PDU being sent, and the rest of it */
	bool status;
	const struct iser_data *data;
	unsigned int data_mapped;
	struct llist_node sent;	/* conn->sq.unsignaled */

	/* the mapped buffer */
	const struct iser_data *buffer;
	unsigned int mapped;	/* entries of its list; 0: nothing is mapped, or pi is set */
	enum dma_data_direction dir;
	struct iser_pi_room *pi;	/* it is mapped, with protection information */

	struct iser_transfer response;
	struct ib_cqe read_cqe;	/* what completes a response and its data: iser_read_post() */
	struct ib_cqe ack_cqe;	/* what completes an A-bit */
	u32 acked;		/* sequences acknowledged */
	struct iser_transfer get[ISER_MAX_GETS];
};

static_assert(!offsetof(struct iser_target_cmd, cmd));

/* A command of a connection that carries protection information. */
struct iser_pi_cmd {
	struct iser_target_cmd c;	/* first */
	struct iser_pi_room room;
};

static_assert(!offsetof(struct iser_pi_cmd, c));

/* What a target has to post.  Under send_lock unless noted. */
struct iser_sq {
	struct iser_credits credits;	/* returned by completions, without the lock */
	struct list_head waiting;	/* transfers that are not posted, in order */
	struct list_head flush;		/* and those submitted after the end */
	struct work_struct flush_work;
	struct llist_head unsignaled;	/* responses posted without a completion; no lock */
	struct iser_reads reads;	/* ord, and those that are counted */
	bool count_reads;		/* the device would start more than ord */
	bool sink_mr;			/* iWARP: an RDMA Read needs a registered sink */
	struct scatterlist *sink_sg;
	struct scatterlist *pi_sg;	/* lists of a piece: data, then tuples */
};

void iser_cmd_pi_unmap(struct ib_device *dev, struct iser_target_cmd *c);

static inline struct iser_target_cmd *iser_target_cmd(struct iser_cmd *cmd)
{
	return container_of(cmd, struct iser_target_cmd, cmd);
}

/*
 * iser_cmd_unmap - unmap the buffer of a command, and a data segment; no-op when
 * nothing is mapped.  Any context, while the connection holds the device @dev.
 */
static inline void iser_cmd_unmap(struct ib_device *dev, struct iser_target_cmd *c)
{
	if (unlikely(c->data_mapped)) {
		ib_dma_unmap_sg(dev, c->data->sgl, c->data->nents, DMA_TO_DEVICE);
		c->data_mapped = 0;
	}
	if (c->mapped) {
		ib_dma_unmap_sg(dev, c->buffer->sgl, c->buffer->nents, c->dir);
		c->mapped = 0;
	} else if (iser_pi_used() && c->pi) {
		iser_cmd_pi_unmap(dev, c);
	}
}

/* command.c */
int iser_cmds_init(struct iser_conn *conn, u32 nr);
int iser_sinks_init(struct iser_conn *conn);
void iser_sinks_free(struct iser_conn *conn);

/* pi.c */
int iser_cmds_pi_init(struct iser_conn *conn);
bool iser_pi_post(struct iser_conn *conn, struct iser_transfer *x);
void iser_pi_piece_done(struct iser_conn *conn, struct iser_transfer *x);

/* send.c */
extern struct ib_cqe iser_rdma_cqe;
bool iser_piece_post(struct iser_conn *conn, struct iser_transfer *x,
		     struct ib_send_wr *first, struct ib_send_wr *last,
		     u32 nr, bool complete);
void iser_reads_set(struct iser_conn *conn, u32 ord, bool enforced);
int iser_batch_init(struct iser_conn *conn);
void iser_read_done(struct ib_cq *cq, struct ib_wc *wc);
void iser_response_done(struct ib_cq *cq, struct ib_wc *wc);
void iser_get_done(struct ib_cq *cq, struct ib_wc *wc);
void iser_transfers_run(struct iser_conn *conn);
void iser_unsignaled_end(struct iser_conn *conn, int status);
void iser_transfers_flush(struct iser_conn *conn);
void iser_flush_work(struct work_struct *work);
void iser_cmds_sweep(struct iser_conn *conn);

/* data_ack.c */
void iser_ack_done(struct ib_cq *cq, struct ib_wc *wc);
bool iser_ack_possible(const struct iser_conn *conn);
bool iser_ack_by_read(const struct iser_conn *conn);
void iser_ack_notify(struct iser_target_cmd *c);
u32 iser_ack_fill(struct iser_transfer *x, struct ib_rdma_wr *wr,
		  struct ib_sge *sge);

#endif
