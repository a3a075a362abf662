/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tasks, the buffers mapped for them, and header slots for unsignaled Sends.
 */
#ifndef ISER_CORE_TASK_H
#define ISER_CORE_TASK_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/scatterlist.h>
#include <rdma/ib_verbs.h>
#include <iser/datamover.h>
#include <iser/task.h>
#include "recv.h"
#include "target/send.h"

struct iser_conn;
struct iser_rx;

#define ISER_TX_SLOT		384	/* header slot of a task: ten to a page */
#define ISER_INLINE_MAX		(ISER_TX_SLOT - ISER_MSG_MIN)
#define ISER_UNSIG_SENDS	48	/* unsignaled Sends of a connection, at most */
#define ISER_UNSIG_HEADER	80	/* their headers: one page */

enum iser_io_state {
	ISER_IO_IDLE,
	ISER_IO_STARTED,	/* the half fills the slot; nothing is posted */
	ISER_IO_POSTED,
};

/* A task with what the core knows of it. */
struct iser_io {
	struct iser_task task;
	enum iser_io_state state;
	u8 *head;		/* header slot */
	u64 head_dma;
	struct iser_control ctl;
	int status;

	/* the mapped buffer; extra: ctl.data */
	struct scatterlist *sgl;
	unsigned int nents, mapped;
	enum dma_data_direction dir;
	u32 data_len;
	unsigned int extra_mapped;

	union {
		struct {	/* initiator */
			/*
			 * One for each completion to come, one for the response,
			 * one for Data-Out not yet posted.  The last ends the task.
			 */
			atomic_t refs;
			struct ib_mr *region;	/* allocated with the task */
			struct ib_mr *mr;	/* region, while it is registered */
			bool answered;		/* response came, or will not be waited for */
			bool deallocate;	/* the half waits for task_done() */
			bool awaited;		/* a completion is all it waits for */
			u32 unsolicited;	/* Data-Out bytes not posted yet */
			struct iser_rx *rsp;
			struct ib_cqe send_cqe, inv_cqe;
			struct list_head wait;	/* conn->data_out.wait */
		};
		struct {	/* target */
			struct iser_job send;
			struct ib_cqe ack_cqe;		/* what completes an A-bit */
			u32 acked;			/* sequences acknowledged */
			struct iser_job get[ISER_MAX_GETS];
		};
	};
};

/* Tasks that are allocated at a time: no more than a page, and one of slots. */
#define ISER_TASKS_PART	8
struct iser_tasks {
	struct iser_hdr_pages heads;
	struct iser_io io[ISER_TASKS_PART];
};

/* Header slots of Sends of which one in some is signaled. */
struct iser_unsig {
	struct iser_hdr_pages heads;
	u32 nr;			/* slots */
	u32 next;		/* slot of the next Send; send_lock */
	u32 bare;		/* Sends since the last signaled one; send_lock */
	u32 posted;		/* Sends; send_lock */
	u32 done;		/* of them, known to have completed */
	struct ib_cqe cqe;
};

static inline struct iser_io *iser_io_of(struct iser_task *task)
{
	return container_of(task, struct iser_io, task);
}

/* sg_next() of a segment that is not the last: no call for each page. */
static inline struct scatterlist *iser_sg_next(struct scatterlist *sg)
{
	sg++;
	return unlikely(sg_is_chain(sg)) ? sg_chain_ptr(sg) : sg;
}

int iser_tasks_init(struct iser_conn *conn, u32 nr);
void iser_tasks_sweep(struct iser_conn *conn);
void iser_tasks_unmap(struct iser_conn *conn);
void iser_tasks_free(struct iser_conn *conn);
struct scatterlist *iser_io_seek(struct iser_io *io, u32 offset, u32 *skip);
u32 iser_io_gather(struct iser_io *io, u32 offset, u32 len, struct ib_sge *sge,
		   u32 max);
int iser_io_map(struct iser_io *io, const struct iser_data *data,
		enum dma_data_direction dir);
void iser_io_unmap(struct iser_io *io);
int iser_unsig_init(struct iser_conn *conn);
u8 *iser_unsig_header(struct iser_conn *conn, u32 len, u64 *dma);
void iser_unsig_send(struct iser_conn *conn, struct ib_send_wr *wr);

#endif
