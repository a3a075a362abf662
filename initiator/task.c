// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks that are sent.
 *
 * A libiscsi task takes one of the core's tasks from the pool of its
 * connection.  From alloc_pdu to xmit_task libiscsi writes the PDU directly
 * into it; then the core owns it until it notifies the response, or calls
 * task_done(); cleanup_task gives it back.
 *
 * This half takes no reference on libiscsi's task: the core hands the response
 * up, which ends the task, only when Send and all Data-Out have been posted and
 * have completed.  xmit_task may still use the task after that, but libiscsi
 * can't reuse it, because xmit_task holds frwd_lock, which a new task needs.
 */
#include "initiator.h"

/*
 * Immediate PDUs: no command window bounds them, but the target has receives
 * only for as many as it has declared (RFC 7145, section 8.1.1.3).
 *
 * They stay outstanding until the target has acknowledged a PDU that is not
 * immediate and whose CmdSN is not lower.  A session without commands sends
 * only pings; so pings leave some credit to other PDUs, and a PDU for which
 * there is none is sent without the immediate flag: its answer retires all
 * before it.
 */

/* For a task management request and a Logout. */
#define KEEP_CREDIT	2

static bool is_unexpected(const struct iscsi_task *task)
{
	u8 opcode = task->hdr->opcode & ISCSI_OPCODE_MASK;

	/* A NOP-Out without a tag answers the target, which expects it. */
	return task->hdr->opcode & ISCSI_OP_IMMEDIATE &&
	       opcode != ISCSI_OP_LOGIN && task->hdr->itt != RESERVED_ITT;
}

/*
 * While CmdSN is still that of an immediate PDU, nothing was sent that could
 * retire it.  A greater ExpCmdSN is libiscsi's guess for a new connection.
 */
static void retire(struct iscsi_iser_endpoint *end,
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
 * unexpected_init - count an immediate PDU, or clear its flag
 * @task: a task that is not a SCSI command, in full feature phase
 *
 * Called from init_task, under frwd_lock, which protects CmdSN.
 * Return: 0, maybe with the immediate flag cleared; -EBUSY when the command
 * window is closed as well.
 */
static noinline int unexpected_init(struct iscsi_task *task)
{
	struct iscsi_iser_endpoint *end = task->conn->dd_data;
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

	/* libiscsi does the same for a PDU that is not immediate. */
	task->hdr->opcode &= ~ISCSI_OP_IMMEDIATE;
	session->queued_cmdsn++;
	session->cmdsn++;
	return 0;
}

/* Begin with an iSER task that was idle, or with NULL.  Return: 0 or -ENOMEM. */
static inline int task_begin(struct iscsi_task *task,
			     const struct iscsi_iser_endpoint *end,
			     struct iser_task *iser_task)
{
	task->dd_data = iser_task;
	if (!iser_task)
		return -ENOMEM;
	iscsi_iser_task(iser_task)->task = task;
	iscsi_iser_task(iser_task)->abort = NOT_ABORTED;
	iser_task->dir = DMA_NONE;
	iser_task->immediate = 0;
	iser_task->unsolicited = 0;
	iser_task->no_answer = false;
	iser_task->state = ISER_TASK_STARTED;
	task->hdr = (struct iscsi_hdr *)iser_task->bhs;
	task->hdr_max = end->hdr_max;
	return 0;
}

/* A Login Request, or a PDU for which the list of idle tasks does not do. */
static noinline int alloc_other(struct iscsi_task *task,
				struct iscsi_iser_endpoint *end, u8 opcode)
{
	struct iser_task *iser_task;

	task->dd_data = NULL;
	/*
	 * For any other error, libiscsi would fail a command that it has taken between
	 * the end of a connection and the beginning of the session's recovery.
	 */
	if (task->sc && (!end || !end->full))
		return -ENOMEM;
	if (!end)
		return -ENOTCONN;
	if ((opcode & ISCSI_OPCODE_MASK) == ISCSI_OP_LOGIN) {
		task->hdr = &end->login_hdr;
		task->hdr_max = sizeof(end->login_hdr);
		return 0;
	}
	if (!end->full)
		return -ENOTCONN;
	iser_task = iscsi_iser_task_pool_find(end, task->sc);
	if ((opcode & ISCSI_OPCODE_MASK) == ISCSI_OP_SCSI_TMFUNC)
		end->tmf = iser_task;
	return task_begin(task, end, iser_task);
}

/**
 * iscsi_iser_task_alloc_pdu - set where libiscsi must write the header
 * @task: task
 * @opcode: of the PDU, with the immediate bit
 *
 * Under frwd_lock.
 * Return: 0; -ENOTCONN outside of full feature phase; -ENOMEM when no iSER task is
 * idle, and for a command outside of full feature phase: libiscsi gives it back to the
 * SCSI layer, which tries again.
 */
int iscsi_iser_task_alloc_pdu(struct iscsi_task *task, u8 opcode)
{
	struct iscsi_iser_endpoint *end = task->conn->dd_data;
	struct iser_task *iser_task;

	if (unlikely(!end || !task->sc || !end->full || !end->pool.commands.free))
		return alloc_other(task, end, opcode);
	iser_task = end->pool.commands.free;
	end->pool.commands.free = iser_task->next;
	return task_begin(task, end, iser_task);
}

/*
 * Whether each PDU with unsolicited data has an SGE for each segment of its
 * piece.  The core sends the segments in place.
 */
static bool can_gather(const struct iscsi_task *task, u32 max)
{
	u32 piece = task->imm_count, left = piece + task->unsol_r2t.data_length;
	struct scatterlist *sg = scsi_sglist(task->sc);
	u32 skip = 0, n = 0;

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

/* iscsi_iser_task_all_solicited - let the target fetch a whole write */
void iscsi_iser_task_all_solicited(struct iscsi_task *task)
{
	task->imm_count = 0;
	task->unsol_r2t.data_length = 0;
	zero_data(task->hdr->dlength);
	task->hdr->flags |= ISCSI_FLAG_CMD_FINAL;
}

/* A write in several segments: the data of each PDU must fit into a Send. */
static noinline void init_scattered(struct iscsi_task *task)
{
	const struct iscsi_iser_endpoint *end = task->conn->dd_data;
	u32 max = end->info->gather_max;

	if (scsi_sg_count(task->sc) > max && !can_gather(task, max))
		iscsi_iser_task_all_solicited(task);
}

/*
 * An AHS: for a CDB of more than 16 bytes.
 * Return: 0; -EINVAL when the target takes no such AHS.
 */
static noinline int init_long_cdb(struct iscsi_task *task, u32 ahs)
{
	struct iscsi_iser_endpoint *end = task->conn->dd_data;

	if (end->keys.peer_ahs && ahs > end->keys.peer_ahs) {
		iser_log(ISER_LOG_SESSION, &end->info->remote,
			 "a command fails: its CDB of %u bytes needs an AHS of %u, the target accepts %u",
			 task->sc->cmd_len, ahs, end->keys.peer_ahs);
		return -EINVAL;
	}
	if (task->sc->sc_data_direction == DMA_TO_DEVICE)
		iscsi_iser_task_all_solicited(task);
	return 0;
}

/*
 * Whether a command has taken longer than the SCSI layer gives all attempts together.
 * That may be more than jiffies of 32 bits compare rightly, and more than they hold.
 */
static bool map_too_late(struct scsi_cmnd *sc)
{
	u64 most;

	/* Less than 0: any number of attempts. */
	if (sc->allowed < 0)
		return false;
	most = (sc->allowed + 1ULL) * scsi_cmd_to_rq(sc)->timeout;
	return time_after_eq(jiffies, sc->jiffies_at_alloc +
			     (unsigned long)min_t(u64, most, MAX_JIFFY_OFFSET));
}

/*
 * The buffer of a command could not be mapped.  Return: 0 if it is to be tried again,
 * or the error that ends it: see iscsi_iser_task_init().
 */
static noinline int map_failed(struct iscsi_task *task, int err)
{
	struct iscsi_iser_endpoint *end = task->conn->dd_data;
	struct iser_task *iser_task = task->dd_data;
	struct scsi_cmnd *sc = task->sc;

	/* iscsi_iser_task_xmit() then gives it back to the SCSI layer. */
	if (err == -ENOTCONN)
		return 0;
	if (err == -EAGAIN) {
		if (!map_too_late(sc))
			return 0;
		iser_log(ISER_LOG_SESSION, &end->info->remote,
			 "%s could not map a command's %u bytes in %u segments in time, the command fails",
			 end->info->device, iser_task->data.len,
			 iser_task->data.nents);
		return -EIO;
	}
	iser_log(ISER_LOG_SESSION, &end->info->remote,
		 "an STag of %s can't cover a command's %u bytes in %u segments: error %d, the command fails",
		 end->info->device, iser_task->data.len, iser_task->data.nents, err);
	return err;
}

/**
 * iscsi_iser_task_init - prepare a PDU before it is sent
 * @task: task whose header libiscsi has written
 *
 * Three kinds of writes are sent without unsolicited data (RFC 7143, sections
 * 13.10 and 13.11, leave that to the initiator): those with protection
 * information, which the adapter checks when the target fetches the data; those
 * whose buffer has too many small segments; and those with a long CDB.  A long
 * CDB needs an AHS, and the kernel's target takes immediate data from the place
 * of the AHS, and would write the AHS to the disk.
 *
 * The buffer is registered here and not by iscsi_iser_task_xmit(), because
 * libiscsi retries after an error of that, for ever if it persists, while an
 * error of this ends the command.  A mapping that fails may succeed later (a
 * bounce buffer is in use, the driver had no memory), so the command is tried
 * again, but for no longer than the SCSI layer lets all attempts take.  Under
 * frwd_lock.
 * Return: 0; -EINVAL when the target takes no such AHS, or the device can't
 * cover the buffer; -EIO when it could not be mapped in time; -EBUSY when the
 * target takes no PDU of this kind now.
 */
int iscsi_iser_task_init(struct iscsi_task *task)
{
	u32 ahs = task->hdr_len - sizeof(struct iscsi_hdr);
	struct iser_task *iser_task = task->dd_data;
	struct scsi_cmnd *sc = task->sc;
	int err;

	if (unlikely(!sc))
		return unexpected_init(task);
	iser_task->inline_len = ahs;
	if (unlikely(ahs)) {
		err = init_long_cdb(task, ahs);
		if (err)
			return err;
	}
	iser_task->data.len = scsi_bufflen(sc);
	if (!iser_task->data.len)
		return 0;
	iser_task->data.sgl = scsi_sglist(sc);
	iser_task->data.nents = scsi_sg_count(sc);
	iser_task->dir = DMA_FROM_DEVICE;
	if (sc->sc_data_direction == DMA_TO_DEVICE) {
		if (iser_task->data.nents > 1)
			init_scattered(task);
		iser_task->dir = DMA_TO_DEVICE;
		iser_task->immediate = task->imm_count;
		iser_task->unsolicited = task->unsol_r2t.data_length;
	}
	if (iser_pi_used() && scsi_get_prot_op(sc) != SCSI_PROT_NORMAL) {
		err = iscsi_iser_pi_task(task);
		if (err)
			return err;
		err = iser_map_task_pi(iser_task);
	} else {
		err = iser_map_task(iser_task);
	}
	return likely(!err) ? 0 : map_failed(task, err);
}

/*
 * Send unsolicited Data-Out, as many as there is room for.  The core calls
 * iscsi_iser_task_notify_ready() when there is more room.  All must be sent,
 * even those of an aborted task, because the core ends a task only after them.
 */
static noinline void send_data_out(struct iscsi_task *task)
{
	struct iscsi_r2t_info *r2t = &task->unsol_r2t;
	struct iscsi_conn *conn = task->conn;
	struct iscsi_data hdr;

	lockdep_assert_held(&conn->session->frwd_lock);
	while (iscsi_task_has_unsol_data(task)) {
		iscsi_prep_data_out_pdu(task, r2t, &hdr);
		if (iser_send_data_out(task->dd_data, (u8 *)&hdr,
				       r2t->data_offset + r2t->sent,
				       r2t->data_count)) {
			r2t->datasn--;
			conn->dataout_pdus_cnt--;
			break;
		}
		r2t->sent += r2t->data_count;
	}
}

/* Text and NOP-Out: their data are sent as the immediate ones of a write are. */
static int describe_text(struct iscsi_task *task)
{
	struct iscsi_iser_endpoint *end = task->conn->dd_data;
	struct iser_task *iser_task = task->dd_data;
	u32 padded = ALIGN(task->data_count, ISCSI_PAD_LEN);

	/* The size of libiscsi's buffer is a multiple of the padding. */
	memset(task->data + task->data_count, 0, padded - task->data_count);
	sg_init_one(&end->text_sg, task->data, padded);
	iser_task->data.sgl = &end->text_sg;
	iser_task->data.nents = 1;
	iser_task->data.len = padded;
	iser_task->dir = DMA_TO_DEVICE;
	iser_task->immediate = padded;
	return iser_map_task(iser_task);
}

/* Prepare a PDU other than a SCSI command. */
static int describe_other(struct iscsi_task *task)
{
	struct iser_task *iser_task = task->dd_data;

	iser_task->inline_len = task->hdr_len - sizeof(struct iscsi_hdr);
	iser_task->no_answer = task->hdr->itt == RESERVED_ITT;
	iser_task->data.len = 0;
	return task->data_count ? describe_text(task) : 0;
}

/* A Login Request, or another PDU that is not a SCSI command. */
static noinline int xmit_other(struct iscsi_task *task)
{
	struct iscsi_iser_endpoint *end = task->conn->dd_data;
	int err;

	if (!task->dd_data)
		return iscsi_iser_login_xmit(end, task->hdr, task->data,
					     task->data_count);
	err = describe_other(task);
	return err ?: iser_send_task(task->dd_data);
}

/* A PDU was not sent.  Return: what libiscsi is told, see iscsi_iser_task_xmit(). */
static noinline int xmit_failed(const struct iscsi_task *task, int err)
{
	const struct iscsi_iser_endpoint *end = task->conn->dd_data;
	const struct iser_task *iser_task = task->dd_data;

	/* That of a Login Request says enough. */
	if (!iser_task)
		return err;
	if (err == -EIO && task->sc)
		return 0;
	if (err != -EAGAIN && err != -ENOTCONN)
		iser_log(ISER_LOG_SESSION, &end->info->remote,
			 "a PDU with opcode %#x and %u bytes of data can't be sent: error %d",
			 task->hdr->opcode, iser_task->data.len, err);
	return err;
}

/**
 * iscsi_iser_task_xmit - Send_Control
 * @task: task whose header is complete
 *
 * Under frwd_lock, atomic.
 * Return: 0: the PDU has been or will be sent, or the error of iser_send_task():
 * libiscsi gives a command back to the SCSI layer, which tries again for as long
 * as that goes on.  So a command that the device refuses counts as sent, and ends
 * with its session: the SCSI layer counts that as one of its attempts, and the
 * next session may meet the same refusal.
 */
int iscsi_iser_task_xmit(struct iscsi_task *task)
{
	struct iser_task *iser_task = task->dd_data;
	struct scsi_cmnd *sc = task->sc;
	u32 written = 0;
	int err;

	if (unlikely(!task->conn->dd_data))
		return -ENOTCONN;
	if (likely(sc && iser_task)) {
		if (sc->sc_data_direction == DMA_TO_DEVICE)
			written = scsi_bufflen(sc);
		/* The response may arrive, and end the task, before the call returns. */
		err = iser_send_task(iser_task);
	} else {
		err = xmit_other(task);
	}
	if (unlikely(err))
		return xmit_failed(task, err);
	if (written) {
		task->conn->txdata_octets += written;
		if (unlikely(iscsi_task_has_unsol_data(task)))
			send_data_out(task);
	}
	return 0;
}

/* iscsi_iser_task_cleanup() of a task that no PDU has completed. */
static noinline void cleanup_early(struct iscsi_iser_endpoint *end,
				   struct iser_task *iser_task, u8 state)
{
	if (state == ISER_TASK_POSTED) {
		iser_log(ISER_LOG_SESSION, &end->info->remote,
			 "the target has ended a task while the device used its buffer, ending the connection");
		iser_connection_fail(end->conn, -EPROTO);
		return;
	}
	iser_unmap_task(iser_task);
	iser_task->state = ISER_TASK_IDLE;
	iscsi_iser_task_pool_put(&end->pool, iser_task);
}

/**
 * iscsi_iser_task_cleanup - give back the iSER task of a task that ends
 * @task: task
 *
 * Under back_lock.  libiscsi's callers, and why the iSER task is idle then:
 *  - a PDU completes it: the core was done before it notified the PDU;
 *  - queuecommand or send_pdu fail: nothing was posted;
 *  - abort and resets succeed, a Reject ends a ping: see tmf.c;
 *  - a PDU without answer: task_done() has come;
 *  - iscsi_conn_stop: the connection has ended (iscsi_iser_ep_disconnect()).
 * An iSER task that is still in use means that the target ended a task in some
 * other way.  Its buffer goes back to the SCSI layer now, but the device may
 * still write to it, so the connection must end.
 */
void iscsi_iser_task_cleanup(struct iscsi_task *task)
{
	struct iscsi_iser_endpoint *end = task->conn->dd_data;
	struct iser_task *iser_task = task->dd_data;
	u8 state;

	task->dd_data = NULL;
	/* Without an endpoint the iSER task may no longer exist. */
	if (!end || !iser_task)
		return;
	state = READ_ONCE(iser_task->state);
	if (likely(state == ISER_TASK_IDLE))
		iscsi_iser_task_pool_put(&end->pool, iser_task);
	else
		cleanup_early(end, iser_task, state);
}

/**
 * iscsi_iser_task_notify_done - the device no longer uses anything of a task
 * @iser_task: the task
 * @status: 0, or negative: the connection has ended
 *
 * Called for a PDU without answer, and after iser_deallocate_task_resources().
 * Up-call context.
 */
void iscsi_iser_task_notify_done(struct iser_task *iser_task, int status)
{
	struct iscsi_iser_endpoint *end = iser_conn_upper(iser_task->conn);
	struct iscsi_iser_task *own = iscsi_iser_task(iser_task);

	if (iser_task->no_answer) {
		/* A NOP-Out that libiscsi sends again after a Reject was not counted. */
		atomic_dec_if_positive(&end->pings);
		iscsi_put_task(own->task);
		return;
	}
	own->abort = ABORTED;
	iscsi_iser_tmf_put(end);
}

/**
 * iscsi_iser_task_notify_ready - more Data-Out of a task may be sent
 * @iser_task: the task
 *
 * Up-call context.
 */
void iscsi_iser_task_notify_ready(struct iser_task *iser_task)
{
	struct iscsi_task *task = iscsi_iser_task(iser_task)->task;
	struct iscsi_session *session = task->conn->session;

	spin_lock_bh(&session->frwd_lock);
	/* A reset may have ended the command before the lock was taken. */
	if (task->dd_data == iser_task)
		send_data_out(task);
	spin_unlock_bh(&session->frwd_lock);
}
