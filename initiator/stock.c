// SPDX-License-Identifier: GPL-2.0-only
/*
 * The core's tasks that a connection has, and the idle ones among them.
 *
 * libiscsi deals its own tasks out in turn, so that a slot for each would soon
 * have been used, however few commands there are at a time.  So a PDU takes any
 * slot that is idle, and a session begins with few: for each a header, an STag,
 * and a receive for the answer.  When three quarters are in use there will be
 * twice as many, up to node.session.cmds_max: first the receives are posted, then
 * the tasks are made (RFC 7145, section 8.1).  They are never taken back.
 * Meanwhile, or without memory, a command that finds none goes back to the SCSI
 * layer, which comes again when another one has ended.
 *
 * Slots are taken under one of libiscsi's locks and come back under the other.
 * So there are two lists; who finds the first empty takes all of the second.
 *
 * Some slots are kept for other PDUs, so that task management and pings never
 * wait for commands.  These have no STag.
 */
#include "initiator.h"

#define STOCK_PLAIN	8	/* for what is no SCSI command */
#define STOCK_COMMANDS	16	/* to begin with */
#define STOCK_RETRY	HZ
#define STOCK_NEVER	(-1)

/* How few idle slots for commands make for more of them? */
static void stock_arm(struct iser_stock *stock)
{
	const struct iser_window *w = &stock->window;

	WRITE_ONCE(stock->low, w->granted < w->most ? w->granted / 4 :
						     STOCK_NEVER);
}

/*
 * Make @nr more tasks; their receives are there.  Process context.
 * Return: 0 or negative errno: there may be some more nevertheless.
 */
static int stock_add(struct iser_endpoint *end, u32 nr)
{
	spinlock_t *back_lock = &end->iscsi->session->back_lock;
	struct iser_stock *stock = &end->stock;
	int ret;

	for (; nr; nr--) {
		ret = iser_task_prepare(end->conn, stock->made);
		if (ret)
			return ret;
		spin_lock_bh(back_lock);
		iser_stock_put(stock, iser_conn_task(end->conn, stock->made));
		spin_unlock_bh(back_lock);
		if (stock->made++ >= stock->plain)
			stock->window.granted++;
	}
	return 0;
}

/* Twice as many.  The core sees to it that no memory is written out for it. */
static void stock_work(struct work_struct *work)
{
	struct iser_stock *stock = container_of(to_delayed_work(work),
					      struct iser_stock, work);
	struct iser_endpoint *end = container_of(stock, struct iser_endpoint,
						 stock);
	struct iser_window *w = &stock->window;
	u32 more = iser_window_more(w, 0), before = w->granted;
	u32 receives = stock->made + more;
	int ret = 0;

	/* There may be some of an attempt that has failed. */
	if (stock->receives < receives)
		ret = iser_add_receives(end->conn, receives - stock->receives);
	if (!ret) {
		stock->receives = max(stock->receives, receives);
		ret = stock_add(end, more);
	}
	if (ret == -ENOTCONN)
		return;
	if (ret && !stock->error)
		iser_log(ISER_LOG_SESSION, &end->info->remote,
			 "session stays at %u commands: no receives or STags for more, error %d; it is tried again",
			 w->granted, ret);
	pr_debug("%pISpc: session of %u commands made %u\n", &end->info->remote,
		 before, w->granted);
	WRITE_ONCE(stock->error, ret);
	stock_arm(stock);
}

/* iser_stock_init - no tasks yet */
void iser_stock_init(struct iser_stock *stock)
{
	INIT_DELAYED_WORK(&stock->work, stock_work);
}

/**
 * iser_stock_plan - what shall a session begin with?
 * @stock: the endpoint's; planned
 * @tasks: commands and other PDUs outstanding at most
 * @discovery: no commands at all
 * Return: tasks to begin with; each needs a receive.
 */
u32 iser_stock_plan(struct iser_stock *stock, u32 tasks, bool discovery)
{
	stock->plain = min_t(u32, tasks, STOCK_PLAIN);
	stock->window.most = discovery ? 0 : tasks - stock->plain;
	stock->receives = stock->plain +
		min_t(u32, stock->window.most, STOCK_COMMANDS);
	return stock->receives;
}

/**
 * iser_stock_begin - make what was planned
 * @end: endpoint, with resources but not in full feature phase
 *
 * Process context, sleeps.  Return: 0 or negative errno.
 */
int iser_stock_begin(struct iser_endpoint *end)
{
	struct iser_stock *stock = &end->stock;
	int ret = stock_add(end, stock->receives - stock->made);

	stock_arm(stock);
	return ret;
}

/* Under frwd_lock. */
static struct iser_task *stock_refill(struct iser_endpoint *end,
				      struct iser_idle *idle)
{
	spinlock_t *back_lock = &end->iscsi->session->back_lock;
	struct iser_stock *stock = &end->stock;
	struct iser_task *slot;
	int nr;

	spin_lock(back_lock);
	slot = idle->back;
	idle->back = NULL;
	nr = idle->nr_back;
	idle->nr_back = 0;
	spin_unlock(back_lock);

	if (idle == &stock->commands && nr <= READ_ONCE(stock->low)) {
		/* Until stock_work() has seen to it. */
		WRITE_ONCE(stock->low, STOCK_NEVER);
		queue_delayed_work(iser_answer_wq, &stock->work,
				   READ_ONCE(stock->error) ? STOCK_RETRY : 0);
	}
	return slot;
}

/* Under frwd_lock. */
static struct iser_task *stock_pop(struct iser_endpoint *end,
				   struct iser_idle *idle)
{
	struct iser_task *slot = idle->ready ?: stock_refill(end, idle);

	if (slot)
		idle->ready = slot->next;
	return slot;
}

/**
 * iser_stock_find - an idle slot, where the first look finds none
 * @end: endpoint in full feature phase
 * @command: for a SCSI command
 *
 * Under frwd_lock, BH off.  Return: slot or NULL.
 */
struct iser_task *iser_stock_find(struct iser_endpoint *end, bool command)
{
	struct iser_task *slot = NULL;

	if (!command)
		slot = stock_pop(end, &end->stock.others);
	return slot ?: stock_pop(end, &end->stock.commands);
}

/* iser_stock_end - nobody takes or gives any more.  Sleeps. */
void iser_stock_end(struct iser_stock *stock)
{
	cancel_delayed_work_sync(&stock->work);
}
