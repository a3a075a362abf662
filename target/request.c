// SPDX-License-Identifier: GPL-2.0-only
/*
 * Received PDUs that are no SCSI command and no data.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/slab.h>
#include "target.h"

/* isert_copy_hdr - the BHS where LIO may change it: ic->hdr */
void *isert_copy_hdr(struct isert_conn *ic, const struct iser_pdu *pdu)
{
	memcpy(ic->hdr, pdu->bhs, ISER_BHS_LEN);
	return ic->hdr;
}

/* isert_copy_data - the data segment with a NUL behind it, or NULL.  Sleeps. */
void *isert_copy_data(const struct iser_pdu *pdu)
{
	char *data = kzalloc(ALIGN(pdu->msg.data_len + 1, 4), GFP_KERNEL);

	if (data)
		iser_pdu_copy(pdu, pdu->msg.ahs_len, data, pdu->msg.data_len);
	return data;
}

/* isert_reject - answer with a Reject.  RX thread: sleeps for a tag. */
void isert_reject(struct isert_conn *ic, const struct iser_pdu *pdu, u8 reason)
{
	isert_warn(ic, "opcode %#04x rejected, reason %#04x",
		   pdu->bhs[0] & ISCSI_OPCODE_MASK, reason);
	iscsit_add_reject(ic->conn, reason, isert_copy_hdr(ic, pdu));
}

/**
 * isert_receive_nop - NOP-Out
 * @ic: connection
 * @pdu: PDU
 * @sleep: in the RX thread
 *
 * Return: 0; -EAGAIN for the RX thread.
 */
int isert_receive_nop(struct isert_conn *ic, struct iser_pdu *pdu, bool sleep)
{
	struct iscsi_nopout *hdr = isert_copy_hdr(ic, pdu);
	bool request = hdr->ttt == cpu_to_be32(ISCSI_RESERVED_TAG);
	struct iscsit_cmd *cmd = NULL;

	/* An answer to a NOP-In; LIO rejects a bad one by a command of its own. */
	if (!request && !sleep)
		return -EAGAIN;
	if (request) {
		cmd = isert_allocate_cmd(ic, sleep);
		if (!cmd && !sleep)
			return -EAGAIN;
		if (!cmd)
			goto put;
	}
	if (iscsit_setup_nop_out(ic->conn, cmd, hdr) < 0)
		goto put;
	if (!request) {
		isert_receive_pong(ic, hdr);
		goto put;
	}
	if (pdu->msg.data_len && hdr->itt != RESERVED_ITT) {
		/* Without memory the answer comes without the data. */
		cmd->buf_ptr = isert_copy_data(pdu);
		if (cmd->buf_ptr)
			cmd->buf_ptr_size = pdu->msg.data_len;
	}
	/* A spare receive may be all that the peer has: before the answer. */
	iser_pdu_put(pdu);
	iscsit_process_nop_out(ic->conn, cmd, hdr);
	return 0;
put:
	iser_pdu_put(pdu);
	return 0;
}

/**
 * isert_receive_other - task management, logout, and what is to be rejected
 * @ic: connection
 * @pdu: PDU
 * @opcode: its opcode
 *
 * RX thread; sleeps.
 */
void isert_receive_other(struct isert_conn *ic, struct iser_pdu *pdu,
			 u8 opcode)
{
	void *hdr = isert_copy_hdr(ic, pdu);
	struct iscsit_conn *conn = ic->conn;
	struct iscsit_cmd *cmd;

	if (conn->sess->sess_ops->SessionType && opcode != ISCSI_OP_LOGOUT) {
		isert_reject(ic, pdu, ISCSI_REASON_PROTOCOL_ERROR);
		iser_pdu_put(pdu);
		return;
	}
	switch (opcode) {
	case ISCSI_OP_SCSI_TMFUNC:
		cmd = isert_allocate_cmd(ic, true);
		iser_pdu_put(pdu);
		/* An error has been rejected. */
		if (cmd)
			iscsit_handle_task_mgt_cmd(conn, cmd, hdr);
		return;
	case ISCSI_OP_LOGOUT:
		cmd = isert_allocate_cmd(ic, true);
		iser_pdu_put(pdu);
		if (cmd)
			isert_receive_logout(ic, cmd, hdr);
		return;
	case ISCSI_OP_SNACK:
		/* Section 7.3.11: at any ErrorRecoveryLevel; not LIO's to serve. */
	case ISCSI_OP_LOGIN:
		isert_reject(ic, pdu, ISCSI_REASON_PROTOCOL_ERROR);
		break;
	default:
		isert_reject(ic, pdu, ISCSI_REASON_CMD_NOT_SUPPORTED);
		break;
	}
	iser_pdu_put(pdu);
}
