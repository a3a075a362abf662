// SPDX-License-Identifier: GPL-2.0-only
/*
 * The STags of an initiator's tasks, from allocation to release.  Where they are
 * registered and invalidated is in send.c.
 */
#include "../conn.h"
#include "../task.h"
#include "send.h"

#define ISER_SURE_PAGES		128	/* each driver allocates what it promises */

/*
 * iser_stags_add - allocate STags, for life, for new tasks that may need one
 *
 * Under setup_lock, which keeps the domain; sleeps.  Return: 0 or negative
 * errno; iser_stags_drop() cleans up.
 */
int iser_stags_add(struct iser_conn *conn, struct iser_tasks *part)
{
	enum ib_mr_type type = conn->info.sg_gaps ? IB_MR_TYPE_SG_GAPS :
						    IB_MR_TYPE_MEM_REG;
	struct iser_initiator_task *task;
	struct ib_mr *mr;
	u32 i;

	for (i = 0; i < ISER_TASKS_PART; i++) {
		task = iser_initiator_task(iser_tasks_nth(part, i));
		if (task->pub.index < conn->res.plain)
			continue;
		mr = ib_alloc_mr(conn->pd, type, conn->res.region_pages);
		if (IS_ERR(mr))
			return PTR_ERR(mr);
		task->region = mr;
	}
	return 0;
}

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
		mr = ib_alloc_mr(conn->pd, conn->info.sg_gaps ?
				 IB_MR_TYPE_SG_GAPS : IB_MR_TYPE_MEM_REG, pages);
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

/* iser_stags_drop - undo iser_stags_add().  Sleeps. */
void iser_stags_drop(struct iser_tasks *part)
{
	struct iser_initiator_task *task;
	u32 i;

	for (i = 0; i < ISER_TASKS_PART; i++) {
		task = iser_initiator_task(iser_tasks_nth(part, i));
		if (task->region)
			ib_dereg_mr(task->region);
		task->region = NULL;
	}
}

/* iser_stags_free - when the queue pair goes.  Sleeps. */
void iser_stags_free(struct iser_conn *conn)
{
	u32 i;

	if (conn->role != ISER_INITIATOR)
		return;
	for (i = 0; conn->tasks && i < conn->res.tasks / ISER_TASKS_PART; i++)
		if (conn->tasks[i])
			iser_stags_drop(conn->tasks[i]);
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
	struct iser_task *pub;
	u32 i;

	for (i = 0; i < conn->res.tasks; i++) {
		pub = iser_conn_task(conn, i);
		if (!pub)
			continue;
		task = iser_initiator_task(pub);
		if (task->region && task->region->rkey == rkey)
			return pub->state != ISER_TASK_POSTED || task->answered;
	}
	return false;
}
