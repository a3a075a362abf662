// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sending side: Data-In, responses, and PDUs from LIO's queues, which are
 * those of Text, Logout, NOP and task management, with Rejects and Asynchronous
 * Messages; and what follows when they have been sent.
 *
 * A PDU that carries a StatSN is built and submitted under iser_send_begin(),
 * since the order of StatSN must be the order on the wire, and LIO increments
 * StatSN without a lock.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "command.h"
#include "logout.h"
#include "order.h"
#include "pi.h"
#include "ping.h"
#include "response.h"
#include "session.h"
#include "target.h"
#include "tmf.h"

#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

/**
 * isert_may_tell - check and count a Reject or Asynchronous Message to send
 * @ic: connection
 * @what: its name
 *
 * The caller notes its StatSN by isert_unexpected_note().
 * Return: true, or false if it must be left out, without a StatSN.
 */
static bool isert_may_tell(struct isert_conn *ic, const char *what)
{
	u32 out;

	if (isert_unexpected_take(ic, false, &out))
		return true;
	isert_warn(ic, "%s left out: the initiator has not acknowledged %u unexpected PDUs",
		   what, out);
	return false;
}

/**
 * isert_may_ping - check and count a NOP-In that asks for an answer
 * @ic: connection
 * Return: true, or false if it must not be sent now.
 */
static bool isert_may_ping(struct isert_conn *ic)
{
	u32 out;

	return isert_unexpected_take(ic, true, &out);
}

/*
 * isert_send - send the PDU that is in the slot of a command
 * @state: LIO's, for which it is
 * @inline_len: bytes after the BHS
 * @data: data segment from elsewhere, or NULL
 *
 * Ends what iser_send_begin() has begun.  The caller no longer owns @c afterwards.
 */
static void isert_send(struct isert_cmd *c, enum cmd_i_state_table state,
		       u32 inline_len, const struct iser_data *data)
	__releases(c->ic->dm)
{
	c->sent = state;
	WRITE_ONCE(c->posted, true);
	iser_send_response(&c->iser, inline_len, data, state == ISTATE_SEND_STATUS);
}

/* isert_segment - describe a PDU's data segment in memory of the command */
static const struct iser_data *isert_segment(struct isert_cmd *c, const void *data,
					     u32 len)
{
	sg_init_one(&c->tx_sg, data, len);
	c->data = (struct iser_data){ .sgl = &c->tx_sg, .nents = 1, .len = len };
	return &c->data;
}

/* Puts sense data after the BHS: RFC 7143, section 11.4.7.  Returns bytes. */
static noinline u32 isert_put_sense(struct se_cmd *se_cmd, u8 *bhs)
{
	u32 len = se_cmd->scsi_sense_length, padded;

	if (!se_cmd->sense_buffer)
		return 0;
	len = min_t(u32, len, TRANSPORT_SENSE_BUFFER);
	padded = ALIGN(len + 2, 4);
	memset(bhs + ISER_BHS_LEN, 0, padded);
	iser_put16(bhs + ISER_BHS_LEN, len);
	memcpy(bhs + ISER_BHS_LEN + 2, se_cmd->sense_buffer, len);
	hton24(((struct iscsi_scsi_rsp *)bhs)->dlength, len + 2);
	return padded;
}

/* Sends the SCSI Response after the data that iser_put_data() has noted. */
static __always_inline void isert_respond(struct isert_conn *ic, struct isert_cmd *c)
{
	struct iscsit_cmd *cmd = c->cmd;
	u32 sense = 0;

	/* The response grants a credit: the receive goes first. */
	isert_cmd_put_pdu(c);
	iser_send_begin(ic->dm);
	iscsit_build_rsp_pdu(cmd, ic->conn, true,
			     (struct iscsi_scsi_rsp *)c->iser.bhs);
	if (unlikely(cmd->se_cmd.se_cmd_flags &
		     (SCF_TRANSPORT_TASK_SENSE | SCF_EMULATED_TASK_SENSE)))
		sense = isert_put_sense(&cmd->se_cmd, c->iser.bhs);
	isert_send(c, ISTATE_SEND_STATUS, sense, NULL);
	isert_fence_release(ic);
}

/**
 * isert_queue_status - send the response of a command that has no data to send
 * @conn: LIO's connection
 * @cmd: command that has completed
 *
 * Worker of the target core, or TX thread.
 * Return: 0.
 */
int isert_queue_status(struct iscsit_conn *conn, struct iscsit_cmd *cmd)
{
	isert_respond(conn->context, isert_cmd_at(conn->context, cmd));
	return 0;
}

/*
 * Answers a read that must not be answered by its data.  LIO queues a status with sense
 * data for its TX thread.  Without memory for that it is sent from here.
 */
static void isert_pi_refuse(struct isert_cmd *c, sense_reason_t reason)
{
	if (transport_send_check_condition_and_sense(&c->cmd->se_cmd, reason, 0))
		isert_queue_status(c->ic->conn, c->cmd);
}

/**
 * isert_pi_data_in - write the data of a read to the initiator
 * @c: its command
 *
 * The status waits until they have been checked: isert_pi_data_in_done().
 * Return: 0, or -ENOMEM to be called again.
 */
static noinline int isert_pi_data_in(struct isert_cmd *c)
{
	u32 offset, len, wire;
	int ret;

	isert_describe_data(c);
	if (!isert_pi_begin(c, &wire)) {
		isert_pi_refuse(c, TCM_LOGICAL_UNIT_COMMUNICATION_FAILURE);
		return 0;
	}
	ret = iser_map_data_pi(&c->iser, &c->data, true);
	if (ret)
		return ret;
	/* One burst: until it ends, the command is not given back. */
	spin_lock_bh(&c->lock);
	c->status = 0;
	iser_bursts_init(&c->bursts, 0, c->data.len, c->data.len, 1);
	iser_bursts_next(&c->bursts, &offset, &len);
	spin_unlock_bh(&c->lock);
	/* LIO gives up the device when this returns, and sense data need it. */
	c->lun = c->cmd->se_cmd.se_lun;
	percpu_ref_get(&c->lun->lun_ref);
	iser_put_data_notify(&c->iser, len);
	return 0;
}

/**
 * isert_pi_data_in_done - the data of a read have been written, or never will be
 * @c: its command
 * @len: bytes
 * @status: 0, or negative errno: the connection has ended
 *
 * Up-call from a worker.  LIO has handed the command over.
 */
void isert_pi_data_in_done(struct isert_cmd *c, u32 len, int status)
{
	struct iscsit_cmd *cmd = c->cmd;
	struct isert_conn *ic = c->ic;
	struct se_lun *lun = c->lun;
	sense_reason_t reason;

	spin_lock_bh(&c->lock);
	iser_bursts_done(&c->bursts, len);
	spin_unlock_bh(&c->lock);
	if (status) {
		/* As its response would have: other connections may go on. */
		if (!(cmd->se_cmd.transport_state & CMD_T_ABORTED))
			iscsit_increment_maxcmdsn(cmd, ic->conn->sess);
		isert_cmd_release(ic->conn, cmd);
		goto put;
	}
	iser_unmap_data(&c->iser);
	reason = isert_pi_sense(c);
	if (reason) {
		isert_pi_refuse(c, reason);
		goto put;
	}
	atomic_long_add(len, &ic->conn->sess->tx_data_octets);
	isert_queue_status(ic->conn, cmd);
put:
	percpu_ref_put(&lun->lun_ref);
}

/**
 * isert_queue_data_in - send the data and the response of a read
 * @conn: LIO's connection
 * @cmd: read command that the target core has completed
 *
 * Worker of the target core.
 * Return: 0, or -ENOMEM to be called again.
 */
int isert_queue_data_in(struct iscsit_conn *conn, struct iscsit_cmd *cmd)
{
	struct isert_conn *ic = conn->context;
	struct isert_cmd *c = isert_cmd_at(ic, cmd);
	struct se_cmd *se_cmd = &cmd->se_cmd;
	u32 len = se_cmd->data_length;
	int ret;

	if (isert_has_pi(ic, se_cmd) && len)
		return isert_pi_data_in(c);
	if (len && isert_describe_data(c)) {
		ret = iser_put_data(&c->iser, &c->data, ic->limits.max_burst);
		if (unlikely(ret))
			return ret;
		atomic_long_add(len, &conn->sess->tx_data_octets);
	}
	isert_respond(ic, c);
	return 0;
}

/**
 * isert_data_ack_notify - Data_ACK_Notify
 * @iser: command of a read
 * @data_sn: DataSN that follows the one that is acknowledged
 *
 * Up-call from a worker, before response_done().  LIO would take it from a SNACK
 * (RFC 7143, section 11.16), which iSER does not use.
 */
void isert_data_ack_notify(struct iser_cmd *iser, u32 data_sn)
{
	struct iscsit_cmd *cmd = isert_cmd(iser)->cmd;

	spin_lock_bh(&cmd->istate_lock);
	cmd->cmd_flags |= ICF_GOT_DATACK_SNACK;
	cmd->acked_data_sn = data_sn - 1;
	spin_unlock_bh(&cmd->istate_lock);
	pr_debug("peer %pISpc: task %#x, data up to DataSN %u are acknowledged\n",
		 &iser_conn_info(iser->conn)->remote,
		 be32_to_cpu((__force __be32)cmd->init_task_tag),
		 cmd->acked_data_sn);
}

/* Sends a NOP-In: an answer with its ping data, or a ping of the target. */
static void isert_send_nop(struct isert_conn *ic, struct isert_cmd *c,
			   int state)
{
	const struct iser_data *data = NULL;
	struct iscsit_cmd *cmd = c->cmd;
	u8 *bhs = c->iser.bhs;

	/* RFC 7143, section 11.19: send as much as the initiator takes. */
	cmd->buf_ptr_size = min(cmd->buf_ptr_size,
				ic->conn->conn_ops->MaxRecvDataSegmentLength);
	if (cmd->buf_ptr_size)
		data = isert_segment(c, cmd->buf_ptr, ALIGN(cmd->buf_ptr_size, 4));
	iser_send_begin(ic->dm);
	memset(bhs, 0, ISER_BHS_LEN);
	iscsit_build_nopin_rsp(cmd, ic->conn, (struct iscsi_nopin *)bhs,
			       state == ISTATE_SEND_NOPIN);
	isert_send(c, state, 0, data);
}

/*
 * Builds an Asynchronous Message (RFC 7143, section 11.9) for isert_tell_drop(), the
 * only one that this target sends: it drops a connection.
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
 * Builds a Task Management Function Response.  LIO has two kinds of values, those
 * of the target core and those of iSCSI where it has not asked the target core,
 * and takes all for the former: a task that is not on this connection would be
 * said to have been aborted.
 */
static void isert_build_tmf(const struct isert_cmd *c, struct iscsit_conn *conn,
			    struct iscsi_tm_rsp *hdr)
{
	const struct se_tmr_req *tmr = c->cmd->se_cmd.se_tmr_req;

	iscsit_build_task_mgt_rsp(c->cmd, conn, hdr);
	if (!tmr->call_transport)
		hdr->response = tmr->response;
	/* LIO's answer, as isert_abort_task() wants it. */
	if (c->complete && hdr->response == ISCSI_TMF_RSP_NO_TASK)
		hdr->response = ISCSI_TMF_RSP_COMPLETE;
}

/*
 * Sends the PDUs that carry no separate data.  None invalidates an STag, not
 * even the Reject of a command that has carried one: RFC 7145, section 7.3.2
 * allows that only for the SCSI Response.
 */
static int isert_send_plain(struct isert_conn *ic, struct isert_cmd *c,
			    int state)
{
	struct iscsit_cmd *cmd = c->cmd;
	struct iscsit_conn *conn = ic->conn;
	u8 *bhs = c->iser.bhs;
	u32 inline_len = 0;
	int ret = 0;

	isert_cmd_put_pdu(c);
	iser_send_begin(ic->dm);
	memset(bhs, 0, ISER_BHS_LEN);
	switch (state) {
	case ISTATE_SEND_TASKMGTRSP:
		isert_build_tmf(c, conn, (struct iscsi_tm_rsp *)bhs);
		break;
	case ISTATE_SEND_REJECT:
		iscsit_build_reject(cmd, conn, (struct iscsi_reject *)bhs);
		isert_unexpected_note(ic, cmd->stat_sn);
		/* The data segment is the header that was rejected. */
		memcpy(bhs + ISER_BHS_LEN, cmd->buf_ptr, ISER_BHS_LEN);
		inline_len = ISER_BHS_LEN;
		break;
	case ISTATE_SEND_ASYNCMSG:
		isert_build_async(cmd, conn, (struct iscsi_async *)bhs);
		isert_unexpected_note(ic, cmd->stat_sn);
		break;
	default:
		/* LIO would sleep for a recovery that is not supported. */
		if (cmd->logout_reason == ISCSI_LOGOUT_REASON_RECOVERY)
			cmd->logout_response = ISCSI_LOGOUT_RECOVERY_UNSUPPORTED;
		ret = iscsit_build_logout_rsp(cmd, conn,
					      (struct iscsi_logout_rsp *)bhs);
		/* LIO knows of no cleanup that might fail. */
		if (c->late)
			((struct iscsi_logout_rsp *)bhs)->response =
				ISCSI_LOGOUT_CLEANUP_FAILED;
		break;
	}
	if (!ret)
		isert_send(c, state, inline_len, NULL);
	else
		iser_send_cancel(ic->dm);
	/* A Reject may be the answer of a SCSI command. */
	isert_fence_release(ic);
	return ret;
}

/**
 * isert_send_text - send a Text Response
 * @ic: connection
 * @c: the command of the request
 *
 * TX thread; sleeps.  LIO allocates memory to build the PDU, which may sleep,
 * and takes a StatSN from the connection it is given.  Therefore it is given a
 * copy that is freed, and the real StatSN is taken under iser_send_begin().
 * Return: 0, or negative errno, for which LIO drops the connection.
 */
static int isert_send_text(struct isert_conn *ic, struct isert_cmd *c)
{
	struct iscsi_text_rsp *rsp = (struct iscsi_text_rsp *)c->iser.bhs;
	struct iscsit_conn *conn = ic->conn, *copy;
	const struct iser_data *data = NULL;
	struct iscsit_cmd *cmd = c->cmd;
	int len;

	copy = kmemdup(conn, sizeof(*conn), GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	memset(rsp, 0, sizeof(*rsp));
	if (c->text)
		swap(c->text, cmd->text_in_ptr);
	len = iscsit_build_text_rsp(cmd, copy, rsp, ISCSI_INFINIBAND);
	kfree(copy);
	if (len < 0)
		return len;
	/* RFC 7143, section 11.11.1.  LIO repeats the tag of the request. */
	if (rsp->flags & ISCSI_FLAG_CMD_FINAL)
		rsp->ttt = cpu_to_be32(ISCSI_RESERVED_TAG);
	/* LIO's buffer has this length, and the padding may exceed it. */
	len = min_t(u32, len, conn->conn_ops->MaxRecvDataSegmentLength);
	if (len)
		data = isert_segment(c, cmd->buf_ptr, len);
	/*
	 * A request for the next part may be here before this one is on its way.
	 * isert_find_text() finds the command by @more, and then waits for @posted.
	 */
	WRITE_ONCE(c->posted, true);
	/* Pairs with the acquire there. */
	smp_store_release(&c->more, rsp->flags & ISCSI_FLAG_TEXT_CONTINUE);

	iser_send_begin(ic->dm);
	cmd->stat_sn = conn->stat_sn++;
	rsp->statsn = cpu_to_be32(cmd->stat_sn);
	rsp->exp_cmdsn = cpu_to_be32(conn->sess->exp_cmd_sn);
	rsp->max_cmdsn = cpu_to_be32((u32)atomic_read(&conn->sess->max_cmd_sn));
	isert_send(c, ISTATE_SEND_TEXTRSP, 0, data);
	return 0;
}

/* Sends one PDU of LIO's response queue.  Returns 0 or negative errno. */
static int isert_send_queued(struct isert_conn *ic, struct iscsit_cmd *cmd,
			     int state)
{
	struct iscsit_conn *conn = ic->conn;
	struct isert_cmd *c;
	int ret;

	ret = isert_prepare_cmd(ic, cmd);
	if (ret)
		return ret;
	c = isert_cmd_attach(ic, cmd);
	switch (state) {
	case ISTATE_SEND_STATUS:
		return isert_queue_status(conn, cmd);
	case ISTATE_SEND_NOPIN:
		isert_send_nop(ic, c, state);
		return 0;
	case ISTATE_SEND_TEXTRSP:
		return isert_send_text(ic, c);
	case ISTATE_SEND_REJECT:
		if (!isert_may_tell(ic, "Reject")) {
			isert_cmd_release(conn, cmd);
			return 0;
		}
		return isert_send_plain(ic, c, state);
	case ISTATE_SEND_TASKMGTRSP:
		if (isert_fence_hold(ic, c))
			return 0;
		return isert_send_plain(ic, c, state);
	case ISTATE_SEND_LOGOUTRSP:
		if (isert_logout_hold(ic, c))
			return 0;
		return isert_send_plain(ic, c, state);
	case ISERT_STATE_COUNTED:
		isert_count_over(conn, cmd);
		return 0;
	default:
		/*
		 * Data-In and recovery belong to other transports.  At level 2, LIO
		 * would send an Asynchronous Message.
		 */
		WARN_ONCE(1, "state %d in the response queue\n", state);
		return -EINVAL;
	}
}

/**
 * isert_tell_drop - tell the initiator that the target drops the connection
 * @ic: connection in the full feature phase that is being closed
 *
 * RX or TX thread, when the other one is gone.  The end of the message sets
 * ic->drop_told and wakes ic->wait.
 * Return: true, or false when it can't be sent.
 */
bool isert_tell_drop(struct isert_conn *ic)
{
	struct iscsit_conn *conn = ic->conn;
	struct iscsit_cmd *cmd = isert_own_pdu(conn, ISCSI_OP_ASYNC_EVENT);

	if (!cmd)
		return false;
	cmd->logout_cid = conn->cid;
	if (!isert_prepare_cmd(ic, cmd) && isert_may_tell(ic, "Asynchronous Message"))
		return !isert_send_plain(ic, isert_cmd_attach(ic, cmd),
					 ISTATE_SEND_ASYNCMSG);
	isert_cmd_release(conn, cmd);
	return false;
}

/**
 * isert_response_queue - send what LIO has queued
 * @conn: LIO's connection
 * @cmd: command or other PDU
 * @state: what to send
 *
 * TX thread.
 * Return: 0, 1 if LIO must first look at its immediate queue, where pings are, or
 * negative errno, for which LIO drops the connection.
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
 * Return: 0, or negative errno, for which LIO drops the connection.
 */
int isert_immediate_queue(struct iscsit_conn *conn, struct iscsit_cmd *cmd,
			  int state)
{
	struct isert_conn *ic = conn->context;
	struct isert_cmd *c = isert_cmd_of(cmd);
	int ret;

	switch (state) {
	case ISTATE_REMOVE:
		/* The answer to a NOP-In may arrive before its completion. */
		if (c && isert_cmd_wait(c))
			return 0;	/* LIO closes and releases it */
		if (cmd->iscsi_opcode == ISCSI_OP_NOOP_IN)
			isert_unexpected_retire(ic);
		isert_cmd_release(conn, cmd);
		return 0;
	case ISTATE_SEND_NOPIN_WANT_RESPONSE:
		/* Nor may a ping follow a Logout Response. */
		if (READ_ONCE(conn->conn_state) != TARG_CONN_STATE_LOGGED_IN ||
		    !isert_may_ping(ic)) {
			isert_ping_held(ic, cmd);
			return 0;
		}
		ret = isert_prepare_cmd(ic, cmd);
		if (ret)
			return ret;
		/* As LIO's own: isert_find_ping() takes no answer before. */
		cmd->i_state = ISTATE_SENT_NOPIN_WANT_RESPONSE;
		isert_send_nop(ic, isert_cmd_attach(ic, cmd), state);
		return 0;
	case ISTATE_SEND_R2T:
		/*
		 * At level 1, a Data-Out is missing.  Since the transport loses
		 * nothing, it was never sent, and asking again is pointless.
		 */
		isert_protocol_error(ic, "unsolicited Data-Out is missing or out of order");
		return -EPROTO;
	default:
		/* LIO sends no NOP-In that needs no answer. */
		WARN_ONCE(1, "state %d in the immediate queue\n", state);
		return -EINVAL;
	}
}

/* Another PDU than a SCSI Response has been sent. */
static noinline void isert_other_done(struct isert_cmd *c, int status)
{
	struct isert_conn *ic = c->ic;
	struct iscsit_cmd *cmd = c->cmd;
	bool keep = false;

	switch (c->sent) {
	case ISTATE_SEND_LOGOUTRSP:
		if (isert_logout_sent(c, status))
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
		keep = c->more;
		break;
	case ISTATE_SEND_NOPIN_WANT_RESPONSE:
		keep = true;
		break;
	case ISTATE_SEND_ASYNCMSG:
		WRITE_ONCE(ic->drop_told, true);
		wake_up_all(&ic->wait);
		break;
	default:
		break;
	}
	if (!keep) {
		/* posted stays set as long as the command is in LIO's list. */
		isert_cmd_release(ic->conn, cmd);
		return;
	}
	/* The peer's answer may be waiting already: isert_cmd_wait(). */
	smp_store_release(&c->posted, false);
	wake_up_all(&ic->wait);
}

/**
 * isert_response_done - handle a sent response, or the end of the connection
 * @iser: command, which is idle now
 * @status: 0 or negative errno
 *
 * Up-call from a worker.
 */
void isert_response_done(struct iser_cmd *iser, int status)
{
	struct isert_cmd *c = isert_cmd(iser);

	if (likely(c->sent == ISTATE_SEND_STATUS))
		isert_cmd_release(c->ic->conn, c->cmd);
	else
		isert_other_done(c, status);
}
