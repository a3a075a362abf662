// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control_Notify: received PDUs, one at a time and in order.
 *
 * They come in a worker of the completion queue.  That worker also brings the
 * completions that give tags back, so it never waits for one.  A PDU that
 * finds no tag, or whose handling in LIO may sleep for one, goes to the RX
 * thread, and all later ones behind it until none is left.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/sched/signal.h>
#include "target.h"

/**
 * isert_allocate_cmd - a command of LIO's
 * @ic: connection
 * @sleep: wait for a tag and for memory, interruptibly
 *
 * Return: command with its task, or NULL.
 */
struct iscsit_cmd *isert_allocate_cmd(struct isert_conn *ic, bool sleep)
{
	struct iscsit_cmd *cmd;

	cmd = iscsit_allocate_cmd(ic->conn, sleep ? TASK_INTERRUPTIBLE :
				  TASK_RUNNING);
	if (!cmd || isert_tag_task(ic, cmd) ||
	    (sleep && !isert_prepare_task(ic, cmd)))
		return cmd;
	iscsit_release_cmd(cmd);
	return NULL;
}

/* RFC 7143, section 4.3: a discovery session is for text and logout. */
static bool isert_allowed(struct isert_conn *ic, u8 opcode)
{
	return !ic->conn->sess->sess_ops->SessionType ||
		opcode == ISCSI_OP_TEXT || opcode == ISCSI_OP_LOGOUT ||
		opcode == ISCSI_OP_NOOP_OUT;
}

/*
 * One PDU.  @sleep: in the RX thread.
 * Return: 0, the PDU is given back or held; -EAGAIN, it needs the RX thread.
 */
static int isert_receive(struct isert_conn *ic, struct iser_pdu *pdu,
			 bool sleep)
{
	u8 opcode = pdu->bhs[0] & ISCSI_OPCODE_MASK;

	/* After a logout, and while LIO closes the connection. */
	if (READ_ONCE(ic->conn->conn_state) != TARG_CONN_STATE_LOGGED_IN) {
		pr_debug("peer %pISpc: opcode %#04x dropped, the connection is being closed\n",
			 &ic->conn->login_sockaddr, opcode);
		iser_pdu_put(pdu);
		return 0;
	}
	if (isert_allowed(ic, opcode)) {
		switch (opcode) {
		case ISCSI_OP_SCSI_CMD:
			return isert_receive_command(ic, pdu, sleep);
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

/**
 * isert_control_notify - a PDU of the full feature phase has arrived
 * @dm: connection
 * @pdu: PDU; given back here or by whoever is done with it
 *
 * Up-call from a worker.  No other PDU is in work meanwhile: up-calls come one
 * at a time, and the RX thread has something to do only while ic->deferring.
 */
void isert_control_notify(struct iser_conn *dm, struct iser_pdu *pdu)
{
	struct isert_conn *ic = iser_conn_upper(dm);
	bool defer = false;
	int ret;

	WRITE_ONCE(ic->heard, jiffies);
	/* RFC 7143, section 11.4.4: any PDU acknowledges, one to be rejected too. */
	WRITE_ONCE(ic->exp_statsn, iser_get32(pdu->bhs + 28));
	/* Set below, and cleared when the RX thread is done with its last PDU. */
	if (unlikely(smp_load_acquire(&ic->deferring))) {
		spin_lock_bh(&ic->rx_lock);
		defer = ic->deferring;
		if (defer)
			list_add_tail(&pdu->node, &ic->deferred);
		spin_unlock_bh(&ic->rx_lock);
	}
	if (defer)
		return;
	WRITE_ONCE(ic->working, true);
	ret = isert_receive(ic, pdu, false);
	WRITE_ONCE(ic->working, false);
	if (!ret) {
		if (unlikely(ic->window.granted < ic->window.most))
			isert_window_used(ic);
		return;
	}

	spin_lock_bh(&ic->rx_lock);
	list_add_tail(&pdu->node, &ic->deferred);
	ic->deferring = true;
	spin_unlock_bh(&ic->rx_lock);
	wake_up_all(&ic->wait);
}

/**
 * isert_receive_deferred - work off what was left to the RX thread
 * @ic: connection
 *
 * RX thread.  Returns early when it has a signal.
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
		isert_receive(ic, pdu, true);
		if (ic->window.granted < ic->window.most)
			isert_window_used(ic);
	}
}

/* isert_drop_deferred - the connection has ended.  Sleeps not. */
void isert_drop_deferred(struct isert_conn *ic)
{
	struct iser_pdu *pdu, *next;

	list_for_each_entry_safe(pdu, next, &ic->deferred, node) {
		list_del(&pdu->node);
		iser_pdu_put(pdu);
	}
}
