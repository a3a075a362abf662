// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks on their way out.
 *
 * A libiscsi task takes one of the core's tasks from the pool of its
 * connection.  From alloc_pdu to xmit_task libiscsi writes the PDU straight into
 * it; then the core owns it until the response is notified, or task_done();
 * cleanup_task gives it back.
 *
 * No reference of libiscsi's is taken: the core hands the response up, and
 * with it ends the task, only when Send and all Data-Out have been posted and
 * have completed.  What xmit_task still touches after that is not reused,
 * since frwd_lock, which it holds, is needed for a new task.
 */
#include "initiator.h"

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

#define POOL_RESERVED	8	/* for what is no SCSI command */
#define POOL_COMMANDS	16	/* to begin with */
#define POOL_RETRY	HZ
#define POOL_NEVER	(-1)

/* How few idle slots for commands make for more of them? */
static void pool_arm(struct iser_task_pool *pool)
{
	const struct iser_window *w = &pool->window;

	WRITE_ONCE(pool->low, w->granted < w->most ? w->granted / 4 :
						     POOL_NEVER);
}

/*
 * Make @nr more tasks; their receives are there.  Process context.
 * Return: 0 or negative errno: there may be some more nevertheless.
 */
static int pool_add(struct iser_endpoint *end, u32 nr)
{
	spinlock_t *back_lock = &end->iscsi->session->back_lock;
	struct iser_task_pool *pool = &end->pool;
	int ret;

	for (; nr; nr--) {
		ret = iser_task_prepare(end->conn, pool->made);
		if (ret)
			return ret;
		spin_lock_bh(back_lock);
		iser_task_pool_put(pool, iser_conn_task(end->conn, pool->made));
		spin_unlock_bh(back_lock);
		if (pool->made++ >= pool->reserved)
			pool->window.granted++;
	}
	return 0;
}

/* Twice as many.  The core sees to it that no memory is written out for it. */
static void pool_work(struct work_struct *work)
{
	struct iser_task_pool *pool = container_of(to_delayed_work(work),
					      struct iser_task_pool, work);
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
		iser_log(ISER_LOG_SESSION, &end->info->remote,
			 "session stays at %u commands: no receives or STags for more, error %d; it is tried again",
			 w->granted, ret);
	pr_debug("%pISpc: session of %u commands made %u\n", &end->info->remote,
		 before, w->granted);
	WRITE_ONCE(pool->error, ret);
	pool_arm(pool);
}

/* iser_task_pool_init - no tasks yet */
void iser_task_pool_init(struct iser_task_pool *pool)
{
	INIT_DELAYED_WORK(&pool->work, pool_work);
}

/**
 * iser_task_pool_plan - what shall a session begin with?
 * @pool: the endpoint's; planned
 * @tasks: commands and other PDUs outstanding at most
 * @discovery: no commands at all
 * Return: tasks to begin with; each needs a receive.
 */
u32 iser_task_pool_plan(struct iser_task_pool *pool, u32 tasks, bool discovery)
{
	pool->reserved = min_t(u32, tasks, POOL_RESERVED);
	pool->window.most = discovery ? 0 : tasks - pool->reserved;
	pool->receives = pool->reserved +
		min_t(u32, pool->window.most, POOL_COMMANDS);
	return pool->receives;
}

/**
 * iser_task_pool_begin - make what was planned
 * @end: endpoint, with resources but not in full feature phase
 *
 * Process context, sleeps.  Return: 0 or negative errno.
 */
int iser_task_pool_begin(struct iser_endpoint *end)
{
	struct iser_task_pool *pool = &end->pool;
	int ret = pool_add(end, pool->receives - pool->made);

	pool_arm(pool);
	return ret;
}

/* Under frwd_lock. */
static struct iser_task *pool_refill(struct iser_endpoint *end,
				     struct iser_free_list *idle)
{
	spinlock_t *back_lock = &end->iscsi->session->back_lock;
	struct iser_task_pool *pool = &end->pool;
	struct iser_task *slot;
	int nr;

	spin_lock(back_lock);
	slot = idle->returned;
	idle->returned = NULL;
	nr = idle->nr_returned;
	idle->nr_returned = 0;
	spin_unlock(back_lock);

	if (idle == &pool->commands && nr <= READ_ONCE(pool->low)) {
		/* Until pool_work() has seen to it. */
		WRITE_ONCE(pool->low, POOL_NEVER);
		queue_delayed_work(iser_answer_wq, &pool->work,
				   READ_ONCE(pool->error) ? POOL_RETRY : 0);
	}
	return slot;
}

/* Under frwd_lock. */
static struct iser_task *pool_pop(struct iser_endpoint *end,
				  struct iser_free_list *idle)
{
	struct iser_task *slot = idle->free ?: pool_refill(end, idle);

	if (slot)
		idle->free = slot->next;
	return slot;
}

/**
 * iser_task_pool_find - an idle slot, where the first look finds none
 * @end: endpoint in full feature phase
 * @command: for a SCSI command
 *
 * Under frwd_lock, BH off.  Return: slot or NULL.
 */
struct iser_task *iser_task_pool_find(struct iser_endpoint *end, bool command)
{
	struct iser_task *slot = NULL;

	if (!command)
		slot = pool_pop(end, &end->pool.others);
	return slot ?: pool_pop(end, &end->pool.commands);
}

/* iser_task_pool_end - nobody takes or gives any more.  Sleeps. */
void iser_task_pool_end(struct iser_task_pool *pool)
{
	cancel_delayed_work_sync(&pool->work);
}

/*
 * Immediate PDUs: no command window bounds them, but the target has receives
 * only for as many as it has declared (RFC 7145, section 8.1.1.3).
 *
 * They stay outstanding until the target has acknowledged a PDU that is not
 * immediate and has no lower CmdSN.  A session without commands sends pings
 * and nothing else; so pings leave some credit to others, and a PDU for which
 * there is none goes without the immediate flag: its answer retires all
 * before it.
 */

/* For a task management request and a Logout. */
#define KEEP_CREDIT	2

static bool is_unexpected(const struct iscsi_task *task)
{
	u8 opcode = task->hdr->opcode & ISCSI_OPCODE_MASK;

	/* A NOP-Out without a tag answers the target: it expects that. */
	return task->hdr->opcode & ISCSI_OP_IMMEDIATE &&
	       opcode != ISCSI_OP_LOGIN && task->hdr->itt != RESERVED_ITT;
}

/*
 * As long as CmdSN stands where one has left it, nothing was sent that could
 * have retired it: ExpCmdSN of a new connection is a guess of libiscsi.
 */
static void retire(struct iser_endpoint *end,
		   const struct iscsi_session *session)
{
	u32 exp = READ_ONCE(session->exp_cmdsn);

	if (iscsi_sna_lt(session->cmdsn, exp))
		exp = session->cmdsn;
	iser_unexpected_acked(&end->unexpected, exp);
}

static bool has_credit(const struct iser_unexpected *u, bool ping)
{
	return !u->limit || u->outstanding + (ping ? KEEP_CREDIT : 0) < u->limit;
}

/**
 * iser_unexpected_init - may this PDU be immediate?  Counts it.
 * @task: a task that is no SCSI command, in full feature phase
 *
 * Called from init_task, under frwd_lock, which keeps CmdSN.
 * Return: 0, maybe with the immediate flag taken off; -EBUSY when the command
 * window is closed as well.
 */
static int iser_unexpected_init(struct iscsi_task *task)
{
	struct iser_endpoint *end = task->conn->dd_data;
	struct iscsi_session *session = task->conn->session;
	bool ping = (task->hdr->opcode & ISCSI_OPCODE_MASK) ==
		    ISCSI_OP_NOOP_OUT;

	if (!is_unexpected(task))
		return 0;
	retire(end, session);
	if (has_credit(&end->unexpected, ping)) {
		iser_unexpected_take(&end->unexpected, true);
		iser_unexpected_note(&end->unexpected, session->cmdsn);
		return 0;
	}
	if (!iscsi_sna_lte(session->queued_cmdsn, session->max_cmdsn))
		return -EBUSY;

	/* What libiscsi does for a PDU that is not immediate. */
	task->hdr->opcode &= ~ISCSI_OP_IMMEDIATE;
	session->queued_cmdsn++;
	session->cmdsn++;
	return 0;
}

/**
 * iscsi_iser_task_alloc_pdu - say where libiscsi shall write the header
 * @task: task
 * @opcode: of the PDU, with the immediate bit
 *
 * Under frwd_lock.  Return: 0; -ENOTCONN outside of full feature phase;
 * -ENOMEM when none is idle: a command goes back to the SCSI layer, which tries
 * again.
 */
int iscsi_iser_task_alloc_pdu(struct iscsi_task *task, u8 opcode)
{
	struct iser_endpoint *end = task->conn->dd_data;
	struct iser_itask *it = task->dd_data;
	struct iser_task *slot;

	it->task = NULL;
	it->no_answer = false;
	it->asked = false;
	if (!end)
		return -ENOTCONN;

	if ((opcode & ISCSI_OPCODE_MASK) == ISCSI_OP_LOGIN) {
		task->hdr = &end->login_hdr;
		task->hdr_max = sizeof(end->login_hdr);
		return 0;
	}
	if (!end->full)
		return -ENOTCONN;

	slot = iser_task_pool_take(end, task->sc);
	if (!slot || iser_task_start(slot, NULL))
		return -ENOMEM;
	slot->upper = task;
	it->task = slot;
	it->state = ITASK_STARTED;
	task->hdr = (struct iscsi_hdr *)slot->bhs;
	task->hdr_max = ISER_BHS_LEN + min_t(u32, end->info->inline_max,
					     ISER_CDB_AHS);
	return 0;
}

/*
 * Does each PDU with unsolicited data find room for the segments of its piece?
 * The core sends them from where they lie, a segment an SGE.
 */
static bool can_gather(const struct iscsi_task *task, u32 max)
{
	u32 piece = task->imm_count, left = piece + task->unsol_r2t.data_length;
	struct scatterlist *sg = scsi_sglist(task->sc);
	u32 skip = 0, n = 0;

	if (scsi_sg_count(task->sc) <= max)
		return true;
	while (left) {
		u32 len;

		if (!piece) {
			piece = min(left, task->conn->max_xmit_dlength);
			n = 0;
		}
		if (++n > max)
			return false;
		len = min(piece, sg->length - skip);
		piece -= len;
		left -= len;
		skip += len;
		if (skip == sg->length) {
			sg = sg_next(sg);
			skip = 0;
		}
	}
	return true;
}

/* Let the target fetch all of a write: nothing obliges us to send any of it. */
static void send_nothing_unsolicited(struct iscsi_task *task)
{
	task->imm_count = 0;
	task->unsol_r2t.data_length = 0;
	zero_data(task->hdr->dlength);
	task->hdr->flags |= ISCSI_FLAG_CMD_FINAL;
}

static void describe_command(struct iscsi_task *task, struct iser_control *ctl)
{
	struct iser_itask *it = task->dd_data;
	struct scsi_cmnd *sc = task->sc;

	it->buffer.sgl = scsi_sglist(sc);
	it->buffer.nents = scsi_sg_count(sc);
	it->buffer.len = scsi_bufflen(sc);
	if (!it->buffer.len)
		return;
	if (sc->sc_data_direction == DMA_TO_DEVICE) {
		ctl->out = &it->buffer;
		ctl->immediate = task->imm_count;
		ctl->unsolicited = task->unsol_r2t.data_length;
	} else {
		ctl->in = &it->buffer;
	}
}

/**
 * iscsi_iser_task_init - last look at a PDU before it is sent
 * @task: task whose header libiscsi has written
 *
 * Two kinds of writes go without unsolicited data (RFC 7143, sections 13.10 and
 * 13.11, leave that to the initiator): those whose buffer has too many small
 * segments, and those with a long CDB, which travels in an AHS: the kernel's own
 * target takes immediate data from where the AHS is, and would write the AHS to
 * the disk.
 *
 * The buffer is registered here and not by iscsi_iser_task_xmit(): an error of that
 * makes libiscsi try again, for ever if need be, while one of this ends the
 * command.  Under frwd_lock.
 * Return: 0; -EINVAL when the target takes no such AHS, or the device can't cover
 * the buffer; -EBUSY when the target takes no PDU of this kind now.
 */
int iscsi_iser_task_init(struct iscsi_task *task)
{
	struct iser_endpoint *end = task->conn->dd_data;
	u32 ahs = task->hdr_len - sizeof(struct iscsi_hdr);
	struct iser_itask *it = task->dd_data;
	struct iser_control ctl = { };
	int err;

	if (!task->sc)
		return iser_unexpected_init(task);
	if (ahs && end->keys.peer_ahs && ahs > end->keys.peer_ahs) {
		iser_log(ISER_LOG_SESSION, &end->info->remote,
			 "a CDB of %u bytes needs an AHS of %u, the target takes %u",
			 task->sc->cmd_len, ahs, end->keys.peer_ahs);
		return -EINVAL;
	}
	if (task->sc->sc_data_direction == DMA_TO_DEVICE &&
	    (ahs || !can_gather(task, end->info->gather_max)))
		send_nothing_unsolicited(task);
	describe_command(task, &ctl);
	if (!ctl.in && !ctl.out)
		return 0;
	err = iser_send_prepare(it->task, &ctl);
	if (!err || err == -EAGAIN)
		return 0;
	iser_log(ISER_LOG_SESSION, &end->info->remote,
		 "an STag of %s can't cover a command's %u bytes in %u segments: error %d, the command fails",
		 end->info->device, it->buffer.len, it->buffer.nents, err);
	return err;
}

/*
 * Unsolicited Data-Out, as many as there is room for.  The core calls
 * iser_task_notify_ready() when there is more.  All must be sent, also those
 * of a task that has been aborted: the core ends a task only behind them.
 */
static void send_data_out(struct iscsi_task *task)
{
	struct iscsi_r2t_info *r2t = &task->unsol_r2t;
	struct iser_itask *it = task->dd_data;
	struct iscsi_conn *conn = task->conn;
	struct iscsi_data hdr;

	lockdep_assert_held(&conn->session->frwd_lock);
	while (iscsi_task_has_unsol_data(task)) {
		iscsi_prep_data_out_pdu(task, r2t, &hdr);
		if (iser_send_data_out(it->task, (u8 *)&hdr,
				       r2t->data_offset + r2t->sent,
				       r2t->data_count)) {
			r2t->datasn--;
			conn->dataout_pdus_cnt--;
			break;
		}
		r2t->sent += r2t->data_count;
	}
}

static void describe_text(struct iscsi_task *task, struct iser_control *ctl)
{
	struct iser_endpoint *end = task->conn->dd_data;
	struct iser_itask *it = task->dd_data;
	u32 padded = ALIGN(task->data_count, ISCSI_PAD_LEN);

	/* libiscsi's buffer has a size that is a multiple of the padding. */
	memset(task->data + task->data_count, 0, padded - task->data_count);
	sg_init_one(&end->text_sg, task->data, padded);
	it->buffer.sgl = &end->text_sg;
	it->buffer.nents = 1;
	it->buffer.len = padded;
	ctl->data = &it->buffer;
}

/**
 * iscsi_iser_task_xmit - Send_Control
 * @task: task whose header is complete
 *
 * Under frwd_lock, atomic.  Return: 0: sent, or will be.  An error is that of
 * iser_send_control(): libiscsi gives a command back to the SCSI layer, which
 * tries again later.
 */
int iscsi_iser_task_xmit(struct iscsi_task *task)
{
	struct iser_endpoint *end = task->conn->dd_data;
	struct iser_itask *it = task->dd_data;
	struct iser_control ctl = { };
	int err;

	if (!end)
		return -ENOTCONN;
	if (!it->task)
		return iser_send_login(end->conn, (u8 *)task->hdr, task->data,
				       task->data_count, true);

	ctl.inline_len = task->hdr_len - sizeof(struct iscsi_hdr);
	if (task->sc) {
		describe_command(task, &ctl);
	} else {
		it->no_answer = task->hdr->itt == RESERVED_ITT;
		ctl.no_answer = it->no_answer;
		if (task->data_count)
			describe_text(task, &ctl);
	}

	/* The response may be faster than the return. */
	it->state = ITASK_SENT;
	err = iser_send_control(it->task, &ctl);
	if (err) {
		it->state = ITASK_STARTED;
		if (err != -EAGAIN && err != -ENOTCONN)
			iser_log(ISER_LOG_SESSION, &end->info->remote,
				 "a PDU with opcode %#x and %u bytes of data can't be sent: error %d",
				 task->hdr->opcode, it->buffer.len, err);
		return err;
	}
	if (ctl.out)
		task->conn->txdata_octets += ctl.out->len;
	if (ctl.unsolicited)
		send_data_out(task);
	return 0;
}

/**
 * iscsi_iser_task_cleanup - libiscsi lets go of a task
 * @task: task
 *
 * Under back_lock.  libiscsi's callers, and why the slot is idle then:
 *  - a PDU completes it: the core was done before it notified the PDU;
 *  - queuecommand or send_pdu fail: nothing was posted;
 *  - abort and resets succeed, a Reject ends a ping: see tmf.c;
 *  - a PDU without answer: task_done() has come;
 *  - iscsi_conn_stop: there is no connection any more (iscsi_iser_ep_disconnect()).
 * A slot that is in use nevertheless means that the target ended a task behind
 * our back.  Its buffer goes back to the SCSI layer now, and the device may
 * still write to it: the connection is not to be trusted any more.
 */
void iscsi_iser_task_cleanup(struct iscsi_task *task)
{
	struct iser_endpoint *end = task->conn->dd_data;
	struct iser_itask *it = task->dd_data;
	struct iser_task *slot = it->task;
	bool started = it->state == ITASK_STARTED;

	it->task = NULL;
	it->state = ITASK_IDLE;
	if (!end || !slot)
		return;
	if (started) {
		iser_task_abandon(slot);
	} else if (iser_task_busy(slot)) {
		iser_log(ISER_LOG_SESSION, &end->info->remote,
			 "a task ended while the device used its buffer, ending the connection");
		iser_connection_fail(end->conn, -EPROTO);
		return;
	}
	iser_task_pool_put(&end->pool, slot);
}

/**
 * iser_task_notify_done - nothing of a task is in use by the device any more
 * @slot: the task
 * @status: 0, or negative: the connection has ended
 *
 * For a PDU without answer, and after iser_deallocate_task_resources().
 * Up-call context.
 */
void iser_task_notify_done(struct iser_task *slot, int status)
{
	struct iser_endpoint *end = iser_conn_upper(slot->conn);
	struct iscsi_task *task = slot->upper;
	struct iser_itask *it = task->dd_data;

	if (it->no_answer) {
		it->state = ITASK_IDLE;
		iscsi_put_task(task);
		return;
	}
	it->state = ITASK_ABORTED;
	iser_tmf_put(end);
}

/**
 * iser_task_notify_ready - more Data-Out of a task may be sent
 * @slot: the task
 *
 * Up-call context.
 */
void iser_task_notify_ready(struct iser_task *slot)
{
	struct iscsi_task *task = slot->upper;
	struct iscsi_session *session = task->conn->session;

	spin_lock_bh(&session->frwd_lock);
	send_data_out(task);
	spin_unlock_bh(&session->frwd_lock);
}
