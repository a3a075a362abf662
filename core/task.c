// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tasks of an initiator's connection, and, for both ends, the header slots of
 * unsignaled Sends.  What is sent for a task, and how it ends, is in
 * initiator/send.c.
 */
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include "conn.h"
#include "recv.h"
#include "task.h"
#include "initiator/send.h"
#include "target/send.h"

/*
 * Under setup_lock, which keeps the device; sleeps.
 * Return: tasks from number @first on, or ERR_PTR.
 */
static struct iser_tasks *iser_tasks_alloc(struct iser_conn *conn, u32 first)
{
	u32 before = conn->res.priv_size - sizeof(struct iser_task);
	u32 size = ALIGN(before + sizeof(struct iser_initiator_task), sizeof(u64));
	struct iser_tasks *part;
	int ret;
	u32 i;

	part = kzalloc(struct_size(part, mem, ISER_TASKS_PART * size), GFP_KERNEL);
	if (!part)
		return ERR_PTR(-ENOMEM);
	part->size = size;
	part->before = before;
	ret = iser_hdr_pages_init(&part->heads, conn->dev, ISER_TX_SLOT,
				  ISER_TASKS_PART, DMA_TO_DEVICE);
	if (ret)
		goto free;
	for (i = 0; i < ISER_TASKS_PART; i++) {
		struct iser_task *task = iser_tasks_nth(part, i);
		u64 dma;
		u8 *head = iser_hdr_slot(&part->heads, i, &dma);

		task->conn = conn;
		task->index = first + i;
		task->bhs = iser_bhs(head);
		iser_initiator_task(task)->head = head;
		iser_initiator_task(task)->head_dma = dma;
		iser_task_init(iser_initiator_task(task));
	}
	ret = iser_stags_add(conn, part);
	if (!ret)
		return part;
	iser_stags_drop(part);
	iser_hdr_pages_unmap(&part->heads);
	iser_hdr_pages_free(&part->heads);
free:
	kfree(part);
	return ERR_PTR(ret);
}

/*
 * iser_tasks_init - room for @nr tasks, which come with iser_task_prepare()
 * Under setup_lock; sleeps.
 */
int iser_tasks_init(struct iser_conn *conn, u32 nr)
{
	u32 parts = DIV_ROUND_UP(nr, ISER_TASKS_PART);
	int ret;

	if (nr > conn->param.tasks)
		return -ENOSPC;
	ret = iser_task_batch_init(conn);
	if (ret)
		return ret;
	conn->tasks = kcalloc(parts, sizeof(*conn->tasks), GFP_KERNEL);
	if (!conn->tasks)
		return -ENOMEM;
	conn->res.tasks = parts * ISER_TASKS_PART;
	return 0;
}

int iser_task_prepare(struct iser_conn *conn, u32 index)
{
	struct iser_tasks **at = &conn->tasks[index / ISER_TASKS_PART], *part;
	unsigned int flags;
	int ret = 0;

	/* end_work waits for this lock, so reclaim must not write. */
	flags = memalloc_noio_save();
	mutex_lock(&conn->setup_lock);
	if (*at)
		goto unlock;
	ret = -ENOTCONN;
	if (!iser_state_live(READ_ONCE(conn->state)))
		goto unlock;
	part = iser_tasks_alloc(conn, index / ISER_TASKS_PART * ISER_TASKS_PART);
	ret = PTR_ERR_OR_ZERO(part);
	if (ret)
		goto unlock;
	/* Pairs with the acquire in iser_conn_task(). */
	smp_store_release(at, part);
unlock:
	mutex_unlock(&conn->setup_lock);
	memalloc_noio_restore(flags);
	return ret;
}
EXPORT_SYMBOL_ISER(iser_task_prepare);

void iser_tasks_unmap(struct iser_conn *conn)
{
	u32 i;

	for (i = 0; conn->tasks && i < conn->res.tasks / ISER_TASKS_PART; i++)
		if (conn->tasks[i])
			iser_hdr_pages_unmap(&conn->tasks[i]->heads);
	iser_cmds_unmap(conn);
	iser_hdr_pages_unmap(&conn->data_out.heads);
	iser_hdr_pages_unmap(&conn->unsig.heads);
}

void iser_tasks_free(struct iser_conn *conn)
{
	u32 i;

	for (i = 0; conn->tasks && i < conn->res.tasks / ISER_TASKS_PART; i++) {
		if (!conn->tasks[i])
			continue;
		iser_hdr_pages_free(&conn->tasks[i]->heads);
		kfree(conn->tasks[i]);
	}
	kfree(conn->tasks);
	iser_cmds_free(conn);
	iser_hdr_pages_free(&conn->unsig.heads);
	conn->tasks = NULL;
}

struct iser_task *iser_conn_task(struct iser_conn *conn, u32 index)
{
	struct iser_tasks *part;

	if (!conn->tasks || index >= conn->res.tasks)
		return NULL;
	/* Pairs with the release in iser_task_prepare(). */
	part = smp_load_acquire(&conn->tasks[index / ISER_TASKS_PART]);
	return part ? iser_tasks_nth(part, index % ISER_TASKS_PART) : NULL;
}
EXPORT_SYMBOL_ISER(iser_conn_task);

/*
 * iser_tasks_sweep - after the last completion: end all tasks
 *
 * A task that waited for its response waits no longer.  From end_work; the
 * device is still held, but the queue pair is gone, so that no STag is valid.
 */
void iser_tasks_sweep(struct iser_conn *conn)
{
	u32 i;

	for (i = 0; conn->tasks && i < conn->res.tasks; i++) {
		struct iser_task *task = iser_conn_task(conn, i);

		if (task)
			iser_task_drop(iser_initiator_task(task));
	}
}

static void iser_unsig_covered(struct ib_cq *cq, struct ib_wc *wc)
{
	struct iser_unsig *q = container_of(wc->wr_cqe, struct iser_unsig, cqe);

	/* Signaled ones complete in their order, and only here. */
	if (iser_wc_ok(wc->qp->qp_context, wc, "Send"))
		WRITE_ONCE(q->done, q->done + q->each);
}

static void iser_unsig_failed(struct ib_cq *cq, struct ib_wc *wc)
{
	/* Unsignaled: comes only in error. */
	iser_wc_ok(wc->qp->qp_context, wc, "Send");
}

struct ib_cqe iser_unsig_cqe = { .done = iser_unsig_failed };

/* iser_unsig_init - the slots.  Sleeps.  Return: 0 or -ENOMEM. */
int iser_unsig_init(struct iser_conn *conn)
{
	BUILD_BUG_ON(ISER_UNSIG_HEADER < ISER_MSG_MIN);
	BUILD_BUG_ON(ISER_UNSIG_HEADER * ISER_UNSIG_SENDS > PAGE_SIZE);
	conn->unsig.cqe.done = iser_unsig_covered;
	conn->unsig.each = conn->unsig.nr / 3;
	conn->unsig.nr = 3 * conn->unsig.each;
	conn->unsig.signal = conn->unsig.each;
	return iser_hdr_pages_init(&conn->unsig.heads, conn->dev, ISER_UNSIG_HEADER,
				   conn->unsig.nr, DMA_TO_DEVICE);
}
