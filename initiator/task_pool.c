// SPDX-License-Identifier: GPL-2.0-only
/*
 * The iSER tasks of a connection, and the idle ones among them.
 *
 * libiscsi allocates its tasks in turn.  With an iSER task for each of them all
 * would soon have been used, even if there are few commands at a time.  So a
 * PDU takes any idle iSER task, and a session starts with few, each with a
 * header slot, an STag, and a receive for the answer.  When three quarters are
 * in use, pool_work() doubles them, up to node.session.cmds_max: it first posts
 * the receives, then makes the tasks (RFC 7145, section 8.1).  The pool never
 * shrinks.  Meanwhile, or without memory, a command that finds none idle goes
 * back to the SCSI layer, which tries again when another one has ended.
 *
 * iSER tasks are taken under one of libiscsi's locks and come back under the
 * other.  So there are two lists; a caller that finds the first empty takes all
 * of the second.
 *
 * Some are reserved for other PDUs, so that task management and pings never
 * wait for commands.  These have no STag.
 */
#include "initiator.h"

#define POOL_RESERVED	8	/* for PDUs other than commands */
#define POOL_COMMANDS	16	/* at the start */
#define POOL_RETRY	HZ
#define POOL_NEVER	(-1)

/* Set the number of idle iSER tasks at which more are made. */
static void pool_arm(struct iscsi_iser_task_pool *pool)
{
	const struct iser_window *w = &pool->window;

	WRITE_ONCE(pool->low, w->granted < w->most ? w->granted / 4 :
						     POOL_NEVER);
}

/*
 * Make @nr more tasks; their receives are posted.  Process context.
 * Return: 0 or negative errno; some tasks may have been added even then.
 */
static int pool_add(struct iscsi_iser_endpoint *end, u32 nr)
{
	spinlock_t *back_lock = &end->iscsi->session->back_lock;
	struct iscsi_iser_task_pool *pool = &end->pool;
	int ret;

	for (; nr; nr--) {
		ret = iser_prepare_entry(end->conn, pool->made);
		if (ret)
			return ret;
		spin_lock_bh(back_lock);
		iscsi_iser_task_pool_put(pool, iser_conn_task(end->conn, pool->made));
		spin_unlock_bh(back_lock);
		if (pool->made++ >= pool->reserved)
			pool->window.granted++;
	}
	return 0;
}

/* Double the tasks.  The core's allocations cause no write-out of memory. */
static void pool_work(struct work_struct *work)
{
	struct iscsi_iser_task_pool *pool =
		container_of(to_delayed_work(work), struct iscsi_iser_task_pool, work);
	struct iscsi_iser_endpoint *end =
		container_of(pool, struct iscsi_iser_endpoint, pool);
	struct iser_window *w = &pool->window;
	u32 more = iser_window_more(w, 0), before = w->granted;
	u32 receives = pool->made + more;
	int ret = 0;

	/* An attempt that failed may have left some. */
	if (pool->receives < receives)
		ret = iser_add_receives(end->conn, receives - pool->receives);
	if (!ret) {
		pool->receives = max(pool->receives, receives);
		ret = pool_add(end, more);
	}
	if (ret == -ENOTCONN)
		return;
	if (ret && !pool->error)
		iser_log(ISER_LOG_SESSION, &end->info->remote,
			 "session stays at %u commands: can't allocate receives or STags for more, error %d, trying again",
			 w->granted, ret);
	pr_debug("%pISpc: session of %u commands made %u\n", &end->info->remote,
		 before, w->granted);
	WRITE_ONCE(pool->error, ret);
	pool_arm(pool);
}

/* iscsi_iser_task_pool_init - no tasks yet */
void iscsi_iser_task_pool_init(struct iscsi_iser_task_pool *pool)
{
	INIT_DELAYED_WORK(&pool->work, pool_work);
}

/**
 * iscsi_iser_task_pool_plan - plan the tasks at the start of a session
 * @pool: of the endpoint; planned
 * @tasks: commands and other PDUs outstanding at most
 * @discovery: no commands at all
 * Return: tasks at the start; each needs a receive.
 */
u32 iscsi_iser_task_pool_plan(struct iscsi_iser_task_pool *pool, u32 tasks,
			      bool discovery)
{
	pool->reserved = min_t(u32, tasks, POOL_RESERVED);
	pool->window.most = discovery ? 0 : tasks - pool->reserved;
	pool->receives = pool->reserved +
		min_t(u32, pool->window.most, POOL_COMMANDS);
	return pool->receives;
}

/**
 * iscsi_iser_task_pool_begin - make the planned tasks
 * @end: endpoint, with resources but not in full feature phase
 *
 * Process context, sleeps.
 * Return: 0 or negative errno.
 */
int iscsi_iser_task_pool_begin(struct iscsi_iser_endpoint *end)
{
	struct iscsi_iser_task_pool *pool = &end->pool;
	int ret = pool_add(end, pool->receives - pool->made);

	pool_arm(pool);
	return ret;
}

/* Under frwd_lock. */
static struct iser_task *pool_refill(struct iscsi_iser_endpoint *end,
				     struct iscsi_iser_free_list *idle)
{
	spinlock_t *back_lock = &end->iscsi->session->back_lock;
	struct iscsi_iser_task_pool *pool = &end->pool;
	struct iser_task *iser_task;
	int nr;

	spin_lock(back_lock);
	iser_task = idle->returned;
	idle->returned = NULL;
	nr = idle->nr_returned;
	idle->nr_returned = 0;
	spin_unlock(back_lock);

	if (idle == &pool->commands && nr <= READ_ONCE(pool->low)) {
		/* pool_work() sets it again. */
		WRITE_ONCE(pool->low, POOL_NEVER);
		queue_delayed_work(iscsi_iser_answer_wq, &pool->work,
				   READ_ONCE(pool->error) ? POOL_RETRY : 0);
	}
	return iser_task;
}

/* Under frwd_lock. */
static struct iser_task *pool_pop(struct iscsi_iser_endpoint *end,
				  struct iscsi_iser_free_list *idle)
{
	struct iser_task *iser_task = idle->free ?: pool_refill(end, idle);

	if (iser_task)
		idle->free = iser_task->next;
	return iser_task;
}

/**
 * iscsi_iser_task_pool_find - take an idle iSER task by the slow path
 * @end: endpoint in full feature phase
 * @command: for a SCSI command
 *
 * Under frwd_lock, BH off.
 * Return: iSER task or NULL.
 */
struct iser_task *iscsi_iser_task_pool_find(struct iscsi_iser_endpoint *end,
					    bool command)
{
	struct iser_task *iser_task = NULL;

	if (!command)
		iser_task = pool_pop(end, &end->pool.others);
	return iser_task ?: pool_pop(end, &end->pool.commands);
}

/* iscsi_iser_task_pool_end - stop, after the last take and put.  Sleeps. */
void iscsi_iser_task_pool_end(struct iscsi_iser_task_pool *pool)
{
	cancel_delayed_work_sync(&pool->work);
}
