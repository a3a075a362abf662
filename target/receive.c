// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control_Notify: handles received PDUs one at a time and in order.
 *
 * A worker of the completion queue delivers them.  That worker also handles the
 * completions that free tags, so it never waits for a tag.  A PDU for which no
 * tag is free, or whose handling in LIO may sleep for one, goes to the RX
 * thread, and all later PDUs follow it until none is left.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "command.h"
#include "data_out.h"
#include "logout.h"
#include "order.h"
#include "ping.h"
#include "receive.h"
#include "session.h"
#include "target.h"
#include "tmf.h"

#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

/*
 * Text Requests: RFC 7145, section 7.3.8.  The TX thread sends the responses:
 * isert_send_text().
 *
 * LIO knows only SendTargets, in one request PDU.  It rejects other keys,
 * including those of RFC 7145, section 6, and a request with the C bit.  An
 * answer may take several PDUs.
 */

/*
 * Returns the command of a Text Request that continues an answer of several
 * parts, or NULL.  LIO alone would accept any command with this task tag.
 */
static struct iscsit_cmd *isert_find_text(struct isert_conn *ic,
					  const struct iscsi_text *hdr)
{
	struct iscsit_conn *conn = ic->conn;
	struct iscsit_cmd *cmd, *found = NULL;

	spin_lock_bh(&conn->cmd_lock);
	list_for_each_entry(cmd, &conn->conn_cmd_list, i_conn_node) {
		struct isert_cmd *c = isert_cmd_of(cmd);

		if (cmd->iscsi_opcode == ISCSI_OP_TEXT && c &&
		    /* Pairs with the release in isert_send_text(). */
		    smp_load_acquire(&c->more) &&
		    cmd->init_task_tag == hdr->itt &&
		    cmd->targ_xfer_tag == be32_to_cpu(hdr->ttt))
			found = cmd;
	}
	spin_unlock_bh(&conn->cmd_lock);
	return found;
}

/* isert_copy_hdr - copy the BHS to ic->hdr, where LIO may change it */
static void *isert_copy_hdr(struct isert_conn *ic, const struct iser_pdu *pdu)
{
	memcpy(ic->hdr, pdu->bhs, ISER_BHS_LEN);
	return ic->hdr;
}

/* isert_copy_data - copy the data segment and add a NUL; or NULL.  Sleeps. */
static void *isert_copy_data(const struct iser_pdu *pdu)
{
	char *data = kzalloc(ALIGN(pdu->msg.data_len + 1, 4), GFP_KERNEL);

	if (data)
		iser_pdu_copy(pdu, pdu->msg.ahs_len, data, pdu->msg.data_len);
	return data;
}

/* isert_reject - the same, with a line */
static void isert_reject(struct isert_conn *ic, const struct iser_pdu *pdu, u8 reason)
{
	isert_warn(ic, "opcode %#04x rejected, reason %#04x",
		   pdu->bhs[0] & ISCSI_OPCODE_MASK, reason);
	isert_add_reject(ic, isert_copy_hdr(ic, pdu), reason);
}

/**
 * isert_receive_text - handle a Text Request
 * @ic: connection
 * @pdu: PDU
 *
 * RX thread; sleeps.
 */
static void isert_receive_text(struct isert_conn *ic, struct iser_pdu *pdu)
{
	struct iscsi_text *hdr = isert_copy_hdr(ic, pdu);
	bool first = hdr->ttt == cpu_to_be32(ISCSI_RESERVED_TAG);
	struct iscsit_conn *conn = ic->conn;
	struct iscsit_cmd *cmd;
	struct isert_cmd *c;

	if (first) {
		c = isert_allocate_cmd(ic, true);
		if (!c)
			goto put;
		cmd = c->cmd;
	} else {
		cmd = isert_find_text(ic, hdr);
		if (!cmd || pdu->msg.data_len) {
			isert_reject(ic, pdu, ISCSI_REASON_PROTOCOL_ERROR);
			goto put;
		}
		c = isert_cmd_of(cmd);
		/* The previous part may not have completed yet. */
		if (isert_cmd_wait(c))
			goto put;
		c->more = false;
		/*
		 * LIO would free the text now, and read it to build the next part.
		 * isert_send_text() gives it back.
		 */
		swap(c->text, cmd->text_in_ptr);
	}
	if (iscsit_setup_text_cmd(conn, cmd, hdr) < 0)
		goto put;
	if (pdu->msg.data_len) {
		cmd->text_in_ptr = isert_copy_data(pdu);
		if (!cmd->text_in_ptr) {
			iscsit_reject_cmd(cmd, ISCSI_REASON_BOOKMARK_NO_RESOURCES,
					  (u8 *)hdr);
			goto put;
		}
	}
	iser_pdu_put(pdu);
	iscsit_process_text_cmd(conn, cmd, hdr);
	return;
put:
	iser_pdu_put(pdu);
}

/*
 * Received PDUs that are neither SCSI commands nor data.
 */

/**
 * isert_receive_nop - handle a NOP-Out
 * @ic: connection
 * @pdu: PDU
 * @sleep: in the RX thread
 *
 * Return: 0, or -EAGAIN if the RX thread must handle it.
 */
static int isert_receive_nop(struct isert_conn *ic, struct iser_pdu *pdu, bool sleep)
{
	struct iscsi_nopout *hdr = isert_copy_hdr(ic, pdu);
	bool request = hdr->ttt == cpu_to_be32(ISCSI_RESERVED_TAG);
	struct iscsit_cmd *cmd = NULL;
	struct isert_cmd *c;

	/* To reject a bad answer to a NOP-In, LIO allocates a command. */
	if (!request && !sleep)
		return -EAGAIN;
	if (request) {
		c = isert_allocate_cmd(ic, sleep);
		if (!c && !sleep)
			return -EAGAIN;
		if (!c)
			goto put;
		cmd = c->cmd;
	}
	if (!request) {
		/* LIO waits for nothing but that tag. */
		WRITE_ONCE(ic->tag_wait, true);
		if (iscsit_setup_nop_out(ic->conn, NULL, hdr) >= 0)
			isert_receive_pong(ic, hdr);
		WRITE_ONCE(ic->tag_wait, false);
		goto put;
	}
	if (iscsit_setup_nop_out(ic->conn, cmd, hdr) < 0)
		goto put;
	if (pdu->msg.data_len && hdr->itt != RESERVED_ITT) {
		/* Without memory the answer comes without the data. */
		cmd->buf_ptr = isert_copy_data(pdu);
		if (cmd->buf_ptr)
			cmd->buf_ptr_size = pdu->msg.data_len;
	}
	/* The peer may have only a spare receive: repost before the answer. */
	iser_pdu_put(pdu);
	iscsit_process_nop_out(ic->conn, cmd, hdr);
	return 0;
put:
	iser_pdu_put(pdu);
	return 0;
}

/**
 * isert_receive_other - handle task management and logout, reject the rest
 * @ic: connection
 * @pdu: PDU
 * @opcode: its opcode
 *
 * RX thread; sleeps.
 */
static void isert_receive_other(struct isert_conn *ic, struct iser_pdu *pdu, u8 opcode)
{
	void *hdr = isert_copy_hdr(ic, pdu);
	struct iscsit_conn *conn = ic->conn;
	struct isert_cmd *c;

	if (conn->sess->sess_ops->SessionType && opcode != ISCSI_OP_LOGOUT) {
		isert_reject(ic, pdu, ISCSI_REASON_PROTOCOL_ERROR);
		iser_pdu_put(pdu);
		return;
	}
	switch (opcode) {
	case ISCSI_OP_SCSI_TMFUNC:
		iser_pdu_put(pdu);
		isert_receive_tmf(ic, hdr);
		return;
	case ISCSI_OP_LOGOUT:
		c = isert_allocate_cmd(ic, true);
		iser_pdu_put(pdu);
		if (c)
			isert_receive_logout(ic, c->cmd, hdr);
		return;
	case ISCSI_OP_SNACK:
		/* Section 7.3.11: invalid at any level; LIO must not see it. */
	case ISCSI_OP_LOGIN:
		isert_reject(ic, pdu, ISCSI_REASON_PROTOCOL_ERROR);
		break;
	default:
		isert_reject(ic, pdu, ISCSI_REASON_CMD_NOT_SUPPORTED);
		break;
	}
	iser_pdu_put(pdu);
}

/* RFC 7143, section 4.3: a discovery session is for text and logout. */
static bool isert_allowed(struct isert_conn *ic, u8 opcode)
{
	return !ic->conn->sess->sess_ops->SessionType ||
		opcode == ISCSI_OP_TEXT || opcode == ISCSI_OP_LOGOUT ||
		opcode == ISCSI_OP_NOOP_OUT;
}

/* Handles a PDU other than a SCSI Command, as isert_receive() does. */
static noinline int isert_receive_rest(struct isert_conn *ic, struct iser_pdu *pdu,
				       bool sleep)
{
	u8 opcode = pdu->bhs[0] & ISCSI_OPCODE_MASK;

	if (isert_allowed(ic, opcode)) {
		switch (opcode) {
		case ISCSI_OP_SCSI_DATA_OUT:
			return isert_receive_data_out(ic, pdu, sleep);
		case ISCSI_OP_NOOP_OUT:
			return isert_receive_nop(ic, pdu, sleep);
		case ISCSI_OP_SCSI_DATA_IN:
		case ISCSI_OP_R2T:
			/* RFC 7145, sections 7.3.5, 7.3.6: never a message. */
			isert_protocol_error(ic, "opcode %#04x arrived as a message",
					     opcode);
			iser_pdu_put(pdu);
			return 0;
		default:
			break;
		}
	}
	if (!sleep)
		return -EAGAIN;
	if (opcode == ISCSI_OP_TEXT)
		isert_receive_text(ic, pdu);
	else
		isert_receive_other(ic, pdu, opcode);
	return 0;
}

/* Drops PDUs after a logout, and while LIO closes the connection. */
static noinline void isert_receive_late(struct isert_conn *ic, struct iser_pdu *pdu)
{
	pr_debug("peer %pISpc: opcode %#04x dropped, the connection is being closed\n",
		 &ic->conn->login_sockaddr, pdu->bhs[0] & ISCSI_OPCODE_MASK);
	iser_pdu_put(pdu);
}

/*
 * Drops a PDU that is not in its turn if a command with its CmdSN waits.  Data-Out and
 * SNACK have no CmdSN.  Returns true if it was dropped.
 */
static noinline bool isert_receive_repeated(struct isert_conn *ic, struct iser_pdu *pdu)
{
	u8 opcode = pdu->bhs[0] & ISCSI_OPCODE_MASK;

	if (pdu->bhs[0] & ISCSI_OP_IMMEDIATE ||
	    opcode == ISCSI_OP_SCSI_DATA_OUT || opcode == ISCSI_OP_SNACK ||
	    !isert_order_repeats(ic->conn->sess, iser_get32(pdu->bhs + 24)))
		return false;
	pr_debug("peer %pISpc: opcode %#04x dropped, a command with its CmdSN waits\n",
		 &ic->conn->login_sockaddr, opcode);
	iser_pdu_put(pdu);
	return true;
}

/* LIO compares with what the initiator has offered, not with the answer. */
static noinline void isert_receive_long(struct isert_conn *ic, struct iser_pdu *pdu)
{
	isert_protocol_error(ic, "%u bytes of data, more than TargetRecvDataSegmentLength",
			     pdu->msg.data_len);
	iser_pdu_put(pdu);
}

/*
 * Handles one PDU; @sleep is true in the RX thread.
 * Returns 0 if the PDU was given back or is held, or -EAGAIN if the RX thread
 * must handle it.
 */
static inline int isert_receive(struct isert_conn *ic, struct iser_pdu *pdu,
				bool sleep)
{
	u8 opcode;

	if (unlikely(READ_ONCE(ic->conn->conn_state) != TARG_CONN_STATE_LOGGED_IN)) {
		isert_receive_late(ic, pdu);
		return 0;
	}
	if (unlikely(pdu->msg.data_len > ISERT_RECV_DSL)) {
		isert_receive_long(ic, pdu);
		return 0;
	}
	if (unlikely(iser_get32(pdu->bhs + 24) != READ_ONCE(ic->conn->sess->exp_cmd_sn)) &&
	    isert_receive_repeated(ic, pdu))
		return 0;
	opcode = pdu->bhs[0] & ISCSI_OPCODE_MASK;
	if (likely(opcode == ISCSI_OP_SCSI_CMD) && isert_allowed(ic, opcode))
		return isert_receive_command(ic, pdu, sleep);
	return isert_receive_rest(ic, pdu, sleep);
}

/*
 * Leaves a PDU to the RX thread: all do so while there are any, and @begin is true for
 * the first.  Returns false if the thread has handled all, and this is not the first.
 */
static noinline bool isert_defer(struct isert_conn *ic, struct iser_pdu *pdu, bool begin)
{
	bool defer;

	spin_lock_bh(&ic->rx_lock);
	defer = begin || ic->deferring;
	if (defer)
		list_add_tail(&pdu->node, &ic->deferred);
	if (begin)
		WRITE_ONCE(ic->rx_began, jiffies);
	ic->deferring = defer;
	spin_unlock_bh(&ic->rx_lock);
	if (begin)
		wake_up_all(&ic->wait);
	return defer;
}

/**
 * isert_control_notify - handle a PDU of the full feature phase
 * @dm: connection
 * @pdu: PDU; its last user gives it back
 *
 * Up-call from a worker.  No other PDU is handled at the same time: up-calls
 * come one at a time, and the RX thread handles PDUs only while ic->deferring.
 */
void isert_control_notify(struct iser_conn *dm, struct iser_pdu *pdu)
{
	struct isert_conn *ic = iser_conn_upper(dm);
	int ret;

	WRITE_ONCE(ic->last_rx, jiffies);
	/* RFC 7143, section 11.4.4: even a rejected PDU acknowledges. */
	WRITE_ONCE(ic->exp_statsn, iser_get32(pdu->bhs + 28));
	/* Set below, and cleared after the last PDU of the RX thread. */
	if (unlikely(smp_load_acquire(&ic->deferring)) && isert_defer(ic, pdu, false))
		return;
	WRITE_ONCE(ic->working, true);
	ret = isert_receive(ic, pdu, false);
	WRITE_ONCE(ic->working, false);
	if (unlikely(ret))
		isert_defer(ic, pdu, true);
	else if (unlikely(ic->window.granted < ic->window.most))
		isert_window_used(ic);
}

/**
 * isert_receive_deferred - handle the PDUs that were deferred to the RX thread
 * @ic: connection
 *
 * RX thread.  Returns early if a signal is pending.
 */
void isert_receive_deferred(struct isert_conn *ic)
{
	struct iser_pdu *pdu;

	while (!signal_pending(current)) {
		spin_lock_bh(&ic->rx_lock);
		pdu = list_first_entry_or_null(&ic->deferred, struct iser_pdu,
					       node);
		if (pdu)
			list_del(&pdu->node);
		else
			/* Pairs with the acquire in isert_control_notify(). */
			smp_store_release(&ic->deferring, false);
		spin_unlock_bh(&ic->rx_lock);
		if (!pdu)
			return;
		WRITE_ONCE(ic->rx_began, jiffies);
		isert_receive(ic, pdu, true);
		if (ic->window.granted < ic->window.most)
			isert_window_used(ic);
	}
}

/* isert_drop_deferred - drop the PDUs of an ended connection.  Never sleeps. */
void isert_drop_deferred(struct isert_conn *ic)
{
	struct iser_pdu *pdu, *next;

	list_for_each_entry_safe(pdu, next, &ic->deferred, node) {
		list_del(&pdu->node);
		iser_pdu_put(pdu);
	}
}
