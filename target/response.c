// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the target sends: Data-In, responses, and PDUs from LIO's queues.
 *
 * A PDU that carries a StatSN is built and submitted under iser_send_begin():
 * the order of StatSN is the order on the wire.  LIO counts without a lock.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/slab.h>
#include "target.h"

/* isert_send - submit the PDU in the slot.  Within iser_send_begin(); owns @t no more. */
void isert_send(struct isert_task *t, int state, const struct iser_control *ctl)
{
	t->sent = state;
	WRITE_ONCE(t->posted, true);
	iser_send_control(t->task, ctl);
}

/* isert_segment - the data segment of a PDU, in memory that goes with the command */
const struct iser_data *isert_segment(struct isert_task *t, const void *data,
				      u32 len)
{
	sg_init_one(&t->tx_sg, data, len);
	t->tx = (struct iser_data){ .sgl = &t->tx_sg, .nents = 1, .len = len };
	return &t->tx;
}

/* Sense data behind the BHS: RFC 7143, section 11.4.7.  Return: bytes. */
static u32 isert_put_sense(struct se_cmd *se_cmd, u8 *bhs)
{
	u32 len = se_cmd->scsi_sense_length, padded;

	if (!(se_cmd->se_cmd_flags &
	      (SCF_TRANSPORT_TASK_SENSE | SCF_EMULATED_TASK_SENSE)) ||
	    !se_cmd->sense_buffer)
		return 0;
	len = min_t(u32, len, TRANSPORT_SENSE_BUFFER);
	padded = ALIGN(len + 2, 4);
	memset(bhs + ISER_BHS_LEN, 0, padded);
	iser_put16(bhs + ISER_BHS_LEN, len);
	memcpy(bhs + ISER_BHS_LEN + 2, se_cmd->sense_buffer, len);
	hton24(((struct iscsi_scsi_rsp *)bhs)->dlength, len + 2);
	return padded;
}

/* SCSI Response, behind what iser_put_data() was called for. */
static void isert_respond(struct isert_conn *ic, struct isert_task *t)
{
	struct iser_control ctl = { .response = true, .later = true };
	struct iscsit_cmd *cmd = t->cmd;
	u8 *bhs = t->task->bhs;

	/* The response grants a credit: the receive goes first. */
	isert_task_put_pdu(t);
	iser_send_begin(ic->dm);
	iscsit_build_rsp_pdu(cmd, ic->conn, true, (struct iscsi_scsi_rsp *)bhs);
	ctl.inline_len = isert_put_sense(&cmd->se_cmd, bhs);
	isert_send(t, ISTATE_SEND_STATUS, &ctl);
	iser_send_end(ic->dm);
	isert_fence_release(ic);
}

/**
 * isert_queue_data_in - Put_Data and the response of a read
 * @conn: LIO's connection
 * @cmd: read command, done
 *
 * Worker of the target core.  Return: 0, or -ENOMEM to be called again.
 */
int isert_queue_data_in(struct iscsit_conn *conn, struct iscsit_cmd *cmd)
{
	struct isert_conn *ic = conn->context;
	struct isert_task *t = isert_cmd_task(cmd);
	struct se_cmd *se_cmd = &cmd->se_cmd;
	struct iser_data data = {
		.sgl = se_cmd->t_data_sg,
		.nents = se_cmd->t_data_nents,
		.len = se_cmd->data_length,
	};
	int ret;

	if (data.len && data.nents) {
		ret = iser_map_data(t->task, &data, true);
		if (ret)
			return ret;
		iser_put_data(t->task, 0, data.len, ic->limits.max_burst);
		atomic_long_add(data.len, &conn->sess->tx_data_octets);
	}
	isert_respond(ic, t);
	return 0;
}

/**
 * isert_data_ack_notify - Data_ACK_Notify
 * @task: task of a read
 * @data_sn: DataSN behind the one that is acknowledged
 *
 * Up-call from a worker, before task_done().  LIO would take it from a SNACK
 * (RFC 7143, section 11.16), which iSER does without.
 */
void isert_data_ack_notify(struct iser_task *task, u32 data_sn)
{
	struct isert_task *t = task->upper;
	struct iscsit_cmd *cmd = t->cmd;

	spin_lock_bh(&cmd->istate_lock);
	cmd->cmd_flags |= ICF_GOT_DATACK_SNACK;
	cmd->acked_data_sn = data_sn - 1;
	spin_unlock_bh(&cmd->istate_lock);
	pr_debug("peer %pISpc: task %#x, data up to DataSN %u are acknowledged\n",
		 &iser_conn_info(task->conn)->remote,
		 be32_to_cpu((__force __be32)cmd->init_task_tag),
		 cmd->acked_data_sn);
}

/**
 * isert_queue_status - response of a command that has no data to send
 * @conn: LIO's connection
 * @cmd: command, done
 *
 * Worker of the target core, or TX thread.  Return: 0.
 */
int isert_queue_status(struct iscsit_conn *conn, struct iscsit_cmd *cmd)
{
	isert_respond(conn->context, isert_cmd_task(cmd));
	return 0;
}

/* NOP-In: an answer with its ping data, or a ping of our own. */
static void isert_send_nop(struct isert_conn *ic, struct isert_task *t,
			   int state)
{
	struct iser_control ctl = { };
	struct iscsit_cmd *cmd = t->cmd;
	u8 *bhs = t->task->bhs;

	/* RFC 7143, section 11.19: as much as the initiator takes. */
	cmd->buf_ptr_size = min(cmd->buf_ptr_size,
				ic->conn->conn_ops->MaxRecvDataSegmentLength);
	if (cmd->buf_ptr_size)
		ctl.data = isert_segment(t, cmd->buf_ptr,
					 ALIGN(cmd->buf_ptr_size, 4));
	iser_send_begin(ic->dm);
	memset(bhs, 0, ISER_BHS_LEN);
	iscsit_build_nopin_rsp(cmd, ic->conn, (struct iscsi_nopin *)bhs,
			       state == ISTATE_SEND_NOPIN);
	isert_send(t, state, &ctl);
	iser_send_end(ic->dm);
}

/*
 * Asynchronous Message: RFC 7143, section 11.9.  LIO has one: a connection of
 * the session was dropped, and its tasks may move.  That is of level 2.
 */
static void isert_build_async(struct iscsit_cmd *cmd,
			      struct iscsit_conn *conn,
			      struct iscsi_async *hdr)
{
	struct iscsi_sess_ops *ops = conn->sess->sess_ops;

	hdr->opcode = ISCSI_OP_ASYNC_EVENT;
	hdr->flags = ISCSI_FLAG_CMD_FINAL;
	memset(hdr->rsvd4, 0xff, 4);	/* a reserved tag */
	cmd->stat_sn = conn->stat_sn++;
	hdr->statsn = cpu_to_be32(cmd->stat_sn);
	hdr->exp_cmdsn = cpu_to_be32(conn->sess->exp_cmd_sn);
	hdr->max_cmdsn = cpu_to_be32((u32)atomic_read(&conn->sess->max_cmd_sn));
	hdr->async_event = ISCSI_ASYNC_MSG_DROPPING_CONNECTION;
	hdr->param1 = cpu_to_be16(cmd->logout_cid);
	hdr->param2 = cpu_to_be16(ops->DefaultTime2Wait);
	hdr->param3 = cpu_to_be16(ops->DefaultTime2Retain);
}

/*
 * The PDUs without data of their own.  None invalidates an STag, not even the
 * Reject of a command that has brought one: RFC 7145, section 7.3.2 has that
 * for the SCSI Response alone.
 */
static int isert_send_plain(struct isert_conn *ic, struct isert_task *t,
			    int state)
{
	struct iser_control ctl = { };
	struct iscsit_cmd *cmd = t->cmd;
	struct iscsit_conn *conn = ic->conn;
	u8 *bhs = t->task->bhs;
	int ret = 0;

	isert_task_put_pdu(t);
	iser_send_begin(ic->dm);
	memset(bhs, 0, ISER_BHS_LEN);
	switch (state) {
	case ISTATE_SEND_TASKMGTRSP:
		iscsit_build_task_mgt_rsp(cmd, conn, (struct iscsi_tm_rsp *)bhs);
		break;
	case ISTATE_SEND_REJECT:
		iscsit_build_reject(cmd, conn, (struct iscsi_reject *)bhs);
		iser_unexpected_note(&ic->unexpected, cmd->stat_sn);
		/* The header that was rejected. */
		memcpy(bhs + ISER_BHS_LEN, cmd->buf_ptr, ISER_BHS_LEN);
		ctl.inline_len = ISER_BHS_LEN;
		break;
	case ISTATE_SEND_ASYNCMSG:
		isert_build_async(cmd, conn, (struct iscsi_async *)bhs);
		iser_unexpected_note(&ic->unexpected, cmd->stat_sn);
		break;
	default:
		/* LIO would sleep for a recovery that is not supported. */
		if (cmd->logout_reason == ISCSI_LOGOUT_REASON_RECOVERY)
			cmd->logout_response = ISCSI_LOGOUT_RECOVERY_UNSUPPORTED;
		ret = iscsit_build_logout_rsp(cmd, conn,
					      (struct iscsi_logout_rsp *)bhs);
		break;
	}
	if (!ret)
		isert_send(t, state, &ctl);
	iser_send_end(ic->dm);
	/* A Reject may be the answer of a SCSI command. */
	isert_fence_release(ic);
	return ret;
}

/* One PDU of LIO's response queue.  Return: 0, or negative errno. */
static int isert_send_queued(struct isert_conn *ic, struct iscsit_cmd *cmd,
			     int state)
{
	struct iscsit_conn *conn = ic->conn;
	struct isert_task *t;
	int ret;

	ret = isert_prepare_task(ic, cmd);
	if (ret)
		return ret;
	t = isert_task_attach(ic, cmd, NULL);
	switch (state) {
	case ISTATE_SEND_STATUS:
		return isert_queue_status(conn, cmd);
	case ISTATE_SEND_NOPIN:
		isert_send_nop(ic, t, state);
		return 0;
	case ISTATE_SEND_TEXTRSP:
		return isert_send_text(ic, t);
	case ISTATE_SEND_REJECT:
	case ISTATE_SEND_ASYNCMSG:
		if (!isert_may_tell(ic, state == ISTATE_SEND_REJECT ?
				    "Reject" : "Asynchronous Message")) {
			isert_cmd_release(conn, cmd);
			return 0;
		}
		return isert_send_plain(ic, t, state);
	case ISTATE_SEND_TASKMGTRSP:
		if (isert_fence_hold(ic, t))
			return 0;
		fallthrough;
	case ISTATE_SEND_LOGOUTRSP:
		return isert_send_plain(ic, t, state);
	default:
		/* Data-In and recovery belong to other transports. */
		WARN_ONCE(1, "state %d in the response queue\n", state);
		return -EINVAL;
	}
}

/**
 * isert_response_queue - send what LIO has queued
 * @conn: LIO's connection
 * @cmd: command or other PDU
 * @state: what to send
 *
 * TX thread.  Return: 0; 1 for LIO to look at its immediate queue first, where
 * pings are; or negative errno: LIO drops the connection.
 */
int isert_response_queue(struct iscsit_conn *conn, struct iscsit_cmd *cmd,
			 int state)
{
	int ret = isert_send_queued(conn->context, cmd, state);

	return ret ?: !!atomic_read(&conn->check_immediate_queue);
}

/**
 * isert_immediate_queue - send what LIO has queued ahead of responses
 * @conn: LIO's connection
 * @cmd: command or other PDU
 * @state: what to do
 *
 * TX thread; may sleep for a completion.
 * Return: 0, or negative errno: LIO drops the connection.
 */
int isert_immediate_queue(struct iscsit_conn *conn, struct iscsit_cmd *cmd,
			  int state)
{
	struct isert_conn *ic = conn->context;
	struct isert_task *t = isert_cmd_task(cmd);
	int ret;

	switch (state) {
	case ISTATE_REMOVE:
		/* The answer to a NOP-In may overtake its completion. */
		if (t && isert_task_wait(t))
			return 0;	/* LIO closes, and releases it */
		if (cmd->iscsi_opcode == ISCSI_OP_NOOP_IN)
			isert_ping_answered(ic);
		isert_cmd_release(conn, cmd);
		return 0;
	case ISTATE_SEND_NOPIN_WANT_RESPONSE:
		/* Not behind a Logout Response either. */
		if (READ_ONCE(conn->conn_state) != TARG_CONN_STATE_LOGGED_IN ||
		    !isert_may_ping(ic)) {
			isert_ping_held(ic, cmd);
			return 0;
		}
		ret = isert_prepare_task(ic, cmd);
		if (ret)
			return ret;
		isert_send_nop(ic, isert_task_attach(ic, cmd, NULL), state);
		return 0;
	case ISTATE_SEND_R2T:
		/*
		 * Level 1: a Data-Out is missing.  On a transport that loses
		 * nothing it was never sent, and asking again is of no use.
		 */
		isert_protocol_error(ic, "unsolicited Data-Out of a write missing or out of order");
		return -EPROTO;
	default:
		/* LIO sends no NOP-In that needs no answer. */
		WARN_ONCE(1, "state %d in the immediate queue\n", state);
		return -EINVAL;
	}
}
