// SPDX-License-Identifier: GPL-2.0-only
/*
 * What belongs to a command of LIO's, from its tag to its release.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/slab.h>
#include "target.h"

#define ISERT_TAKE_TIME		5U	/* seconds: RNR and transport retries */

/**
 * isert_task_attach - the task of a command, started
 * @ic: connection
 * @cmd: command; new, or with a task that is not on its way
 * @pdu: the SCSI command that brings STags, or NULL
 *
 * Any context.  Return: the task.
 */
struct isert_task *isert_task_attach(struct isert_conn *ic,
				     struct iscsit_cmd *cmd,
				     const struct iser_pdu *pdu)
{
	struct isert_task *t = isert_cmd_task(cmd);

	if (!t) {
		t = isert_tag_task(ic, cmd);
		t->cmd = cmd;
		t->pdu = NULL;
		t->buffer = NULL;
		t->more = false;
		t->refused = false;
		t->unsolicited = 0;
		t->status = 0;
		memset(&t->bursts, 0, sizeof(t->bursts));
		*(struct isert_task **)iscsit_priv_cmd(cmd) = t;
	}
	if (!t->started) {
		/* LIO's tag is free only after task_done(). */
		WARN_ON_ONCE(iser_task_start(t->task, pdu));
		t->started = true;
	}
	return t;
}

/* isert_task_put_pdu - the backend is done with the immediate data */
void isert_task_put_pdu(struct isert_task *t)
{
	if (t->pdu)
		iser_pdu_put(t->pdu);
	t->pdu = NULL;
}

/**
 * isert_unmap_cmd - a command is about to be released, or was aborted
 * @conn: LIO's connection
 * @cmd: command; nothing of it is on its way
 *
 * May be called more than once.  Process context; sleeps where the command is
 * ahead of its CmdSN.
 */
void isert_unmap_cmd(struct iscsit_conn *conn, struct iscsit_cmd *cmd)
{
	struct isert_task *t = isert_cmd_task(cmd);

	isert_order_forget(cmd);
	if (!t)
		return;
	isert_task_put_pdu(t);
	if (t->buffer)
		isert_buffer_put(t->ic, t->buffer,
				 cmd->data_direction != DMA_TO_DEVICE);
	t->buffer = NULL;
	/* No response gives its CmdSN back: each abort would shrink the window. */
	if (cmd->se_cmd.transport_state & CMD_T_ABORTED)
		iscsit_increment_maxcmdsn(cmd, conn->sess);
	if (t->started)
		iser_task_abandon(t->task);
	t->started = false;
	t->cmd = NULL;
	*(struct isert_task **)iscsit_priv_cmd(cmd) = NULL;
	/* Else that was done when its answer was posted. */
	if (!t->posted)
		isert_fence_release(t->ic);
	WRITE_ONCE(t->posted, false);
}

/**
 * isert_cmd_parked - is nobody about to drop the target core's reference?
 * @cmd: command with an initialized se_cmd, to be released
 *
 * A write that waits for data, a command that waits for an earlier CmdSN, and
 * a task management request that LIO answered by itself in CmdSN order: the
 * target core has not handed it back and will not.
 */
bool isert_cmd_parked(struct iscsit_cmd *cmd)
{
	struct se_cmd *se_cmd = &cmd->se_cmd;

	/* LIO drops it where it rejects or removes a command. */
	if (cmd->i_state == ISTATE_REMOVE)
		return false;
	switch (cmd->iscsi_opcode) {
	case ISCSI_OP_SCSI_CMD:
		if (cmd->cmd_flags & ICF_OOO_CMDSN)
			return !cmd->sense_reason;
		return se_cmd->t_state == TRANSPORT_WRITE_PENDING &&
			!(cmd->cmd_flags & ICF_GOT_LAST_DATAOUT);
	case ISCSI_OP_SCSI_TMFUNC:
		if (cmd->cmd_flags & ICF_OOO_CMDSN)
			return true;
		return !cmd->immediate_cmd && se_cmd->se_tmr_req &&
			!se_cmd->se_tmr_req->call_transport;
	default:
		return false;
	}
}

/**
 * isert_cmd_release - drop this half's reference to a command
 * @conn: LIO's connection
 * @cmd: command; its response has been sent or never will be
 *
 * Process context.  The command may be gone afterwards.
 */
void isert_cmd_release(struct iscsit_conn *conn, struct iscsit_cmd *cmd)
{
	bool parked = cmd->se_cmd.se_tfo && isert_cmd_parked(cmd);

	spin_lock_bh(&conn->cmd_lock);
	if (!list_empty(&cmd->i_conn_node))
		list_del_init(&cmd->i_conn_node);
	spin_unlock_bh(&conn->cmd_lock);

	/* Nobody starts it any more. */
	if (READ_ONCE(cmd->dataout_timer_flags) & ISCSI_TF_RUNNING)
		iscsit_stop_dataout_timer(cmd);
	/* A recovery R2T, at level 1: only LIO can free it. */
	if (!list_empty(&cmd->cmd_r2t_list))
		iscsit_aborted_task(conn, cmd);
	isert_unmap_cmd(conn, cmd);
	if (!cmd->se_cmd.se_tfo) {
		iscsit_release_cmd(cmd);
		return;
	}
	if (parked)
		target_put_sess_cmd(&cmd->se_cmd);
	transport_generic_free_cmd(&cmd->se_cmd, 0);
}

static bool isert_task_idle(const struct isert_task *t)
{
	/* Pairs with the release in isert_task_done(). */
	return !smp_load_acquire(&t->posted);
}

/**
 * isert_task_wait - wait for the completion of what was sent for a command
 * @t: task of a command that is kept after its PDU has been sent
 *
 * RX or TX thread; sleeps, interruptibly.  A peer that never takes the PDU loses
 * its connection.  Return: 0, or negative errno.
 */
int isert_task_wait(struct isert_task *t)
{
	long left = wait_event_interruptible_timeout(t->ic->wait,
						     isert_task_idle(t),
						     ISERT_TAKE_TIME * HZ);

	if (left > 0)
		return 0;
	if (!left) {
		isert_warn(t->ic, "has answered a PDU that it has not taken in %u s, ending the connection",
			   ISERT_TAKE_TIME);
		iser_connection_fail(t->ic->dm, -ETIMEDOUT);
	}
	return left ?: -ETIMEDOUT;
}

/**
 * isert_task_done - a response has been sent, or the connection has ended
 * @task: task, idle now
 * @status: 0 or negative errno
 *
 * Up-call from a worker.
 */
void isert_task_done(struct iser_task *task, int status)
{
	struct isert_task *t = task->upper;
	struct isert_conn *ic = t->ic;
	struct iscsit_cmd *cmd = t->cmd;
	bool keep = false;

	t->started = false;
	switch (t->sent) {
	case ISTATE_SEND_LOGOUTRSP:
		if (isert_logout_sent(t, status))
			return;
		break;
	case ISTATE_SEND_TASKMGTRSP:
		if (!status)
			iscsit_tmr_post_handler(cmd, ic->conn);
		break;
	case ISTATE_SEND_TEXTRSP:
		/* LIO overwrites the pointer with the next part. */
		kfree(cmd->buf_ptr);
		cmd->buf_ptr = NULL;
		keep = t->more;
		break;
	case ISTATE_SEND_NOPIN_WANT_RESPONSE:
		keep = true;
		break;
	default:
		break;
	}
	if (!keep) {
		/* Stays posted for as long as it is in LIO's list. */
		isert_cmd_release(ic->conn, cmd);
		return;
	}
	/* The answer may be here already: isert_task_wait(). */
	smp_store_release(&t->posted, false);
	wake_up_all(&ic->wait);
}
