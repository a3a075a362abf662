// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tasks of an initiator and their STags: their memory, and how they end with
 * the connection.  What is sent for a task, and where its STag is registered and
 * invalidated, is in send.c.
 */
#include <linux/slab.h>
#include <iser/task.h>
#include "../conn.h"
#include "../table.h"
#include "send.h"

#define ISER_SURE_PAGES		128	/* each driver allocates what it promises */

/* Sleeps.  Return: an STag for @pages, or ERR_PTR. */
static struct ib_mr *iser_stag_alloc(struct iser_conn *conn, u32 pages)
{
	return ib_alloc_mr(conn->pd, conn->info.sg_gaps ? IB_MR_TYPE_SG_GAPS :
							  IB_MR_TYPE_MEM_REG, pages);
}

/* Undoes iser_task_init().  Sleeps. */
static void iser_stag_free(void *entry)
{
	struct iser_initiator_task *task = entry;

	if (task->region)
		ib_dereg_mr(task->region);
	task->region = NULL;
	if (task->pub.conn->info.pi)
		iser_task_pi_free(task);
}

/* A task that may need an STag gets it for life. */
static int iser_task_init(struct iser_conn *conn, void *entry, u32 index, u8 *head,
			  u64 dma)
{
	struct iser_initiator_task *task = entry;
	struct ib_mr *mr;
	int ret;

	task->pub.conn = conn;
	task->pub.index = index;
	task->pub.bhs = iser_bhs(head);
	task->head = head;
	task->head_dma = dma;
	task->send_cqe.done = iser_task_send_done;
	task->inv_cqe.done = iser_task_inv_done;
	INIT_LIST_HEAD(&task->wait);
	if (index < conn->res.plain)
		return 0;
	mr = iser_stag_alloc(conn, conn->res.region_pages);
	if (IS_ERR(mr))
		return PTR_ERR(mr);
	task->region = mr;
	if (!conn->info.pi)
		return 0;
	ret = iser_task_pi_init(task, conn->res.region_pages);
	if (ret)
		iser_stag_free(task);
	return ret;
}

static const struct iser_table_kind iser_task_kind = {
	.shared = sizeof(struct iser_task),
	.own = sizeof(struct iser_initiator_task),
	.init = iser_task_init,
	.undo = iser_stag_free,
};

static const struct iser_table_kind iser_pi_task_kind = {
	.shared = sizeof(struct iser_task),
	.own = sizeof(struct iser_pi_task),
	.init = iser_task_init,
	.undo = iser_stag_free,
};

/*
 * iser_tasks_init - room for @nr tasks
 * Under setup_lock; sleeps.  Return: 0 or negative errno.
 */
int iser_tasks_init(struct iser_conn *conn, u32 nr)
{
	if (nr > conn->param.tasks)
		return -ENOSPC;
	return iser_task_batch_init(conn) ?:
	       iser_table_init(conn, nr, conn->info.pi ? &iser_pi_task_kind :
							 &iser_task_kind);
}

struct iser_task *iser_conn_task(struct iser_conn *conn, u32 index)
{
	struct iser_initiator_task *task = iser_table_at(&conn->table, index);

	return task ? &task->pub : NULL;
}
EXPORT_SYMBOL_ISER(iser_conn_task);

/*
 * iser_stags_try - find out how many pages an STag can have
 *
 * pvrdma allocates at most 128, but promises what its host has.
 * From the handler of conn->cm.id; sleeps.  Return: 0 or negative errno.
 */
int iser_stags_try(struct iser_conn *conn)
{
	u32 pages = conn->info.max_pages;
	struct ib_mr *mr;

	for (; pages > ISER_SURE_PAGES; pages /= 2) {
		mr = iser_stag_alloc(conn, pages);
		if (!IS_ERR(mr)) {
			ib_dereg_mr(mr);
			break;
		}
		if (PTR_ERR(mr) != -EINVAL)
			return PTR_ERR(mr);
	}
	conn->info.max_pages = pages;
	return 0;
}

/* iser_stags_free - when the queue pair goes.  Sleeps. */
void iser_stags_free(struct iser_conn *conn)
{
	struct iser_initiator_task *task;
	u32 at = 0;

	if (conn->role != ISER_INITIATOR)
		return;
	while ((task = iser_table_next(&conn->table, &at)))
		iser_stag_free(task);
}

/*
 * iser_stag_dead - whether an STag belongs to a task that waits for no response
 *
 * Such an STag is, or soon will be, invalid.  A task that is used again has
 * another key.  Completion queue.
 */
bool iser_stag_dead(struct iser_conn *conn, u32 rkey)
{
	const struct iser_initiator_task *task;
	u32 at = 0;

	while ((task = iser_table_next(&conn->table, &at)))
		if ((task->region && task->region->rkey == rkey) ||
		    (conn->info.pi && iser_task_pi_has(task, rkey)))
			return task->pub.state != ISER_TASK_POSTED || task->answered;
	return false;
}

/*
 * iser_tasks_sweep - after the last completion: end all tasks
 *
 * A task that waited for its response waits no longer.  From end_work; the
 * device is still held, but the queue pair is gone, so that no STag is valid.
 */
void iser_tasks_sweep(struct iser_conn *conn)
{
	struct iser_initiator_task *task;
	u32 at = 0;

	while ((task = iser_table_next(&conn->table, &at)))
		iser_task_drop(task);
}
