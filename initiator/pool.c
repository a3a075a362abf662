// SPDX-License-Identifier: GPL-2.0-only
/*
 * The core's tasks that a connection has, and the idle ones among them.
 *
 * libiscsi deals its own tasks out in turn, so that a slot for each would soon
 * have been used, however few commands there are at a time.  A PDU takes the
 * slot that came back last instead, and a session begins with few: for each a
 * header, an STag, and a receive for the answer.  When three quarters are in use
 * there will be twice as many, up to node.session.cmds_max: first the receives
 * are posted, then the tasks are made (RFC 7145, section 8.1).  They are never
 * taken back.  Meanwhile, or without memory, a command that finds none goes back
 * to the SCSI layer, which comes again when another one has ended.
 *
 * Some slots are kept for other PDUs, so that task management and pings never
 * wait for commands.  These have no STag.
 */
#include "initiator.h"

#define POOL_PLAIN	8	/* for what is no SCSI command */
#define POOL_COMMANDS	16	/* to begin with */
#define POOL_RETRY	HZ
#define POOL_NEVER	U32_MAX

/* Which commands in use at a time make for more of them? */
static void pool_arm(struct iser_pool *pool)
{
	const struct iser_window *w = &pool->window;

	WRITE_ONCE(pool->enough, w->granted < w->most ?
		   w->granted - w->granted / 4 : POOL_NEVER);
}

/*
 * Make @nr more tasks; their receives are there.  Process context.
 * Return: 0 or negative errno: there may be some more nevertheless.
 */
static int pool_add(struct iser_endpoint *end, u32 nr)
{
	struct iser_pool *pool = &end->pool;
	struct iser_task *slot;
	int ret;

	for (; nr; nr--) {
		ret = iser_task_prepare(end->conn, pool->made);
		if (ret)
			return ret;
		slot = iser_conn_task(end->conn, pool->made);
		if (pool->made++ < pool->plain) {
			llist_add(&slot->idle, &pool->others);
		} else {
			pool->window.granted++;
			llist_add(&slot->idle, &pool->commands);
		}
	}
	return 0;
}

/* Twice as many.  The core sees to it that no memory is written out for it. */
static void pool_work(struct work_struct *work)
{
	struct iser_pool *pool = container_of(to_delayed_work(work),
					      struct iser_pool, work);
	struct iser_endpoint *end = container_of(pool, struct iser_endpoint,
						 pool);
	struct iser_window *w = &pool->window;
	u32 more = iser_window_more(w, 0), before = w->granted;
	u32 receives = pool->made + more;
	int ret = 0;

	/* There may be some of an attempt that has failed. */
	if (pool->receives < receives)
		ret = iser_add_receives(end->conn, receives - pool->receives);
	if (!ret) {
		pool->receives = max(pool->receives, receives);
		ret = pool_add(end, more);
	}
	if (ret == -ENOTCONN)
		return;
	if (ret && !pool->error)
		pr_warn_ratelimited("%pISpc: session stays at %u commands: no receives or STags for more, error %d; it is tried again\n",
				    &end->info->remote, w->granted, ret);
	pr_debug("%pISpc: session of %u commands made %u\n", &end->info->remote,
		 before, w->granted);
	WRITE_ONCE(pool->error, ret);
	pool_arm(pool);
}

/* iser_pool_init - no tasks yet */
void iser_pool_init(struct iser_pool *pool)
{
	init_llist_head(&pool->others);
	init_llist_head(&pool->commands);
	INIT_DELAYED_WORK(&pool->work, pool_work);
}

/**
 * iser_pool_plan - what shall a session begin with?
 * @pool: the endpoint's; planned
 * @tasks: commands and other PDUs outstanding at most
 * @discovery: no commands at all
 * Return: tasks to begin with; each needs a receive.
 */
u32 iser_pool_plan(struct iser_pool *pool, u32 tasks, bool discovery)
{
	pool->plain = min_t(u32, tasks, POOL_PLAIN);
	pool->window.most = discovery ? 0 : tasks - pool->plain;
	pool->receives = pool->plain +
		min_t(u32, pool->window.most, POOL_COMMANDS);
	return pool->receives;
}

/**
 * iser_pool_begin - make what was planned
 * @end: endpoint, with resources but not in full feature phase
 *
 * Process context, sleeps.  Return: 0 or negative errno.
 */
int iser_pool_begin(struct iser_endpoint *end)
{
	struct iser_pool *pool = &end->pool;
	int ret = pool_add(end, pool->receives - pool->made);

	pool_arm(pool);
	return ret;
}

/**
 * iser_pool_take - an idle slot
 * @end: endpoint in full feature phase
 * @command: for a SCSI command
 *
 * Under frwd_lock: one at a time takes.  Return: slot or NULL.
 */
struct iser_task *iser_pool_take(struct iser_endpoint *end, bool command)
{
	struct iser_pool *pool = &end->pool;
	struct llist_node *node = NULL;

	if (!command)
		node = llist_del_first(&pool->others);
	if (!node) {
		node = llist_del_first(&pool->commands);
		if (!node)
			return NULL;
		pool->taken++;
		if (unlikely(pool->taken - READ_ONCE(pool->given) >=
			     READ_ONCE(pool->enough))) {
			/* Until pool_work() has seen to it. */
			WRITE_ONCE(pool->enough, POOL_NEVER);
			queue_delayed_work(iser_answer_wq, &pool->work,
					   READ_ONCE(pool->error) ?
					   POOL_RETRY : 0);
		}
	}
	return llist_entry(node, struct iser_task, idle);
}

/**
 * iser_pool_put - a slot is idle again
 * @end: endpoint
 * @slot: of iser_pool_take()
 *
 * Under back_lock.
 */
void iser_pool_put(struct iser_endpoint *end, struct iser_task *slot)
{
	struct iser_pool *pool = &end->pool;

	if (slot->index < pool->plain) {
		llist_add(&slot->idle, &pool->others);
		return;
	}
	WRITE_ONCE(pool->given, pool->given + 1);
	llist_add(&slot->idle, &pool->commands);
}

/* iser_pool_end - nobody takes or gives any more.  Sleeps. */
void iser_pool_end(struct iser_pool *pool)
{
	cancel_delayed_work_sync(&pool->work);
}
