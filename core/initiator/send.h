/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tasks of the initiator, their STags, and unsolicited Data-Out.
 */
#ifndef ISER_INITIATOR_SEND_H
#define ISER_INITIATOR_SEND_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <rdma/ib_verbs.h>
#include <iser/datamover.h>
#include "../recv.h"
#include "../pi.h"
#include "../qp.h"

struct iser_conn;

#define ISER_DATA_OUTS		16	/* unsolicited Data-Out on their way */
#define ISER_COMMAND_SGES		3	/* of a Send at the initiator */

/* A task with what the core keeps of it.  The half's part lies before it. */
struct iser_initiator_task {
	struct iser_task pub;	/* first */
	bool answered;		/* response came, or will not be waited for */
	bool deallocate;	/* the half waits for task_done() */
	bool awaited;		/* a completion is all it waits for */
	/*
	 * One for each completion to come, one for the response, one for
	 * Data-Out not yet posted.  The last ends the task.
	 */
	atomic_t refs;
	bool pi;		/* mapped, with protection information: iser_task_room() */
	unsigned int mapped;	/* entries of pub.data.sgl; 0: nothing is, or pi is set */
	int status;
	struct ib_mr *region;	/* allocated with the task, or NULL */
	struct ib_mr *mr;	/* region, while it is registered */
	struct iser_rx *rsp;	/* arrived, and not yet handed up */
	u8 *head;		/* header slot */
	u64 head_dma;
	struct ib_cqe send_cqe, inv_cqe;
	struct list_head wait;	/* conn->data_out.wait */
};

static_assert(!offsetof(struct iser_initiator_task, pub));

static inline struct iser_initiator_task *iser_initiator_task(struct iser_task *pub)
{
	return container_of(pub, struct iser_initiator_task, pub);
}

/* A task of a connection that carries protection information. */
struct iser_pi_task {
	struct iser_initiator_task task;	/* first */
	struct iser_pi_room room;
};

static_assert(!offsetof(struct iser_pi_task, task));

static inline struct iser_pi_room *iser_task_room(struct iser_initiator_task *task)
{
	return &container_of(task, struct iser_pi_task, task)->room;
}

/*
 * The work requests of a task.  The provider copies them when they are posted;
 * most members are the same for all tasks of a connection.
 */
struct iser_task_batch {
	struct ib_reg_wr reg;
	struct ib_reg_wr reg_pi;	/* the same of an integrity MR */
	struct ib_send_wr send;
	struct ib_sge sge[ISER_COMMAND_SGES];
	const struct ib_send_wr *not_posted;
};

/* An unsolicited Data-Out on its way. */
struct iser_data_out {
	struct list_head node;	/* conn->data_out.free; send_lock */
	struct ib_cqe cqe;
	struct iser_initiator_task *task;
	u8 *head;
	u64 head_dma;
};

/* The Data-Out of a connection. */
struct iser_data_out_queue {
	struct iser_data_out *all;
	struct iser_hdr_pages heads;
	struct list_head free;		/* iser_data_out; send_lock */
	struct list_head wait;		/* iser_initiator_task.wait; send_lock */
};

/* send.c */
void iser_initiator_recv_done(struct ib_cq *cq, struct ib_wc *wc);
int iser_task_batch_init(struct iser_conn *conn);
void iser_task_send_done(struct ib_cq *cq, struct ib_wc *wc);
void iser_task_inv_done(struct ib_cq *cq, struct ib_wc *wc);
void iser_task_drop(struct iser_initiator_task *task);
int iser_data_outs_init(struct iser_conn *conn);
void iser_data_outs_free(struct iser_conn *conn);

/* pi.c */
int iser_task_pi_init(struct iser_initiator_task *task, u32 pages);
void iser_task_pi_free(struct iser_initiator_task *task);
void iser_task_pi_unmap(struct iser_initiator_task *task);
bool iser_task_pi_has(const struct iser_initiator_task *task, u32 rkey);

/* task.c */
int iser_tasks_init(struct iser_conn *conn, u32 nr);
void iser_tasks_sweep(struct iser_conn *conn);
int iser_stags_try(struct iser_conn *conn);
void iser_stags_free(struct iser_conn *conn);
bool iser_stag_dead(struct iser_conn *conn, u32 rkey);

#endif
