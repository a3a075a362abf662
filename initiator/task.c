// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks on their way out.
 *
 * A libiscsi task takes a slot of the core's from the stock.  From alloc_pdu to
 * xmit_task libiscsi writes the PDU straight into it; then it is the core's until
 * the response is notified, or task_done(); cleanup_task gives it back.
 *
 * No reference of libiscsi's is taken: the core hands the response up, and
 * with it ends the task, only when Send and all Data-Out have been posted and
 * have completed.  What xmit_task still touches after that is not reused,
 * since frwd_lock, which it holds, is needed for a new task.
 */
#include "initiator.h"

/**
 * iser_task_alloc_pdu - say where libiscsi shall write the header
 * @task: task
 * @opcode: of the PDU, with the immediate bit
 *
 * Under frwd_lock.  Return: 0; -ENOTCONN outside of full feature phase;
 * -ENOMEM when none is idle: a command goes back to the SCSI layer, which tries
 * again.
 */
int iser_task_alloc_pdu(struct iscsi_task *task, u8 opcode)
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

	slot = iser_stock_take(end, task->sc);
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
 * iser_task_init - last look at a PDU before it is sent
 * @task: task whose header libiscsi has written
 *
 * Two kinds of writes go without unsolicited data (RFC 7143, sections 13.10 and
 * 13.11, leave that to the initiator): those whose buffer has too many small
 * segments, and those with a long CDB, which travels in an AHS: the kernel's own
 * target takes immediate data from where the AHS is, and would write the AHS to
 * the disk.
 *
 * The buffer is registered here and not by iser_task_xmit(): an error of that
 * makes libiscsi try again, for ever if need be, while one of this ends the
 * command.  Under frwd_lock.
 * Return: 0; -EINVAL when the target takes no such AHS, or the device can't cover
 * the buffer; -EBUSY when the target takes no PDU of this kind now.
 */
int iser_task_init(struct iscsi_task *task)
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
 * iser_task_xmit - Send_Control
 * @task: task whose header is complete
 *
 * Under frwd_lock, atomic.  Return: 0: sent, or will be.  An error is that of
 * iser_send_control(): libiscsi gives a command back to the SCSI layer, which
 * tries again later.
 */
int iser_task_xmit(struct iscsi_task *task)
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
 * iser_task_cleanup - libiscsi lets go of a task
 * @task: task
 *
 * Under back_lock.  libiscsi's callers, and why the slot is idle then:
 *  - a PDU completes it: the core was done before it notified the PDU;
 *  - queuecommand or send_pdu fail: nothing was posted;
 *  - abort and resets succeed, a Reject ends a ping: see tmf.c;
 *  - a PDU without answer: task_done() has come;
 *  - iscsi_conn_stop: there is no connection any more (iser_ep_disconnect()).
 * A slot that is in use nevertheless means that the target ended a task behind
 * our back.  Its buffer goes back to the SCSI layer now, and the device may
 * still write to it: the connection is not to be trusted any more.
 */
void iser_task_cleanup(struct iscsi_task *task)
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
	iser_stock_put(&end->stock, slot);
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
	it->state = ITASK_DEAD;
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
