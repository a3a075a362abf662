// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unsolicited Data-Out: the only data of a write that come as messages after
 * the command.  RFC 7145, section 7.3.4.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include "target.h"

/**
 * isert_copy_in - copy a PDU's data segment into the buffer of a command
 * @cmd: write command; the buffer holds @offset and the data
 * @pdu: PDU
 * @offset: Buffer Offset
 *
 * Process context.
 */
void isert_copy_in(struct iscsit_cmd *cmd, const struct iser_pdu *pdu,
		   u32 offset)
{
	u32 left = pdu->msg.data_len, done = 0;
	struct sg_mapping_iter miter;

	sg_miter_start(&miter, cmd->se_cmd.t_data_sg, cmd->se_cmd.t_data_nents,
		       SG_MITER_ATOMIC | SG_MITER_TO_SG);
	if (!sg_miter_skip(&miter, offset))
		left = 0;
	while (left && sg_miter_next(&miter)) {
		u32 n = min_t(u32, left, miter.length);

		iser_pdu_copy(pdu, pdu->msg.ahs_len + done, miter.addr, n);
		miter.consumed = n;
		done += n;
		left -= n;
	}
	sg_miter_stop(&miter);
}

/*
 * The write that a Data-Out belongs to, with a reference, or NULL.
 *
 * A response that has been posted may have arrived, while its completion has
 * not: then the initiator may have used its task tag again, and the command that
 * was answered is still in the list, ahead of the write.
 */
static struct iscsit_cmd *isert_find_write(struct iscsit_conn *conn,
					   itt_t itt)
{
	struct iscsit_cmd *cmd, *found = NULL;

	spin_lock_bh(&conn->cmd_lock);
	list_for_each_entry(cmd, &conn->conn_cmd_list, i_conn_node) {
		const struct isert_task *t;

		if (cmd->init_task_tag != itt ||
		    cmd->iscsi_opcode != ISCSI_OP_SCSI_CMD ||
		    cmd->cmd_flags & ICF_GOT_LAST_DATAOUT)
			continue;
		t = isert_cmd_task(cmd);
		if (t && READ_ONCE(t->posted))
			continue;
		if (kref_get_unless_zero(&cmd->se_cmd.cmd_kref))
			found = cmd;
		break;
	}
	spin_unlock_bh(&conn->cmd_lock);
	return found;
}

/*
 * LIO's own checks.  Where one fails, it answers the command by a Reject or by
 * sense.  One that is ahead of its CmdSN must not be run after that, also not by
 * another connection that fills the gap just now.
 */
static bool isert_data_out_fits(struct isert_conn *ic, struct iscsit_cmd *cmd,
				struct isert_task *t, u32 len)
{
	struct mutex *lock = &ic->conn->sess->cmdsn_mutex;
	bool early = cmd->cmd_flags & ICF_OOO_CMDSN, take = false;

	if (early)
		mutex_lock(lock);
	if (__iscsit_check_dataout_hdr(ic->conn, ic->hdr, cmd, len, &take) < 0) {
		t->refused = true;
		if (early)
			isert_order_answered(cmd);
	}
	if (early)
		mutex_unlock(lock);
	return take;
}

/* Return: true when the data are to be taken; else they are dropped. */
static bool isert_check_data_out(struct isert_conn *ic, struct iscsit_cmd *cmd,
				 struct isert_task *t, u32 len)
{
	struct iscsi_data *hdr = (struct iscsi_data *)ic->hdr;
	u32 offset = be32_to_cpu(hdr->offset);

	if (!t || t->refused || cmd->sense_reason)
		return false;
	if (!cmd->unsolicited_data) {
		isert_protocol_error(ic, "Data-Out that nobody asked for");
		return false;
	}
	/* It has its buffer since it came: isert_prepare_write().  So it was aborted. */
	if (cmd->se_cmd.t_state != TRANSPORT_WRITE_PENDING)
		return false;
	/* LIO adds the two. */
	if (offset + len < offset) {
		isert_protocol_error(ic, "Data-Out of %u bytes at offset %u",
				     len, offset);
		return false;
	}
	return isert_data_out_fits(ic, cmd, t, len);
}

/**
 * isert_receive_data_out - SCSI Data-Out
 * @ic: connection
 * @pdu: PDU
 * @sleep: in the RX thread
 *
 * May run the command.  Return: 0; -EAGAIN for the RX thread.
 */
int isert_receive_data_out(struct isert_conn *ic, struct iser_pdu *pdu,
			   bool sleep)
{
	struct iscsi_data *hdr = (struct iscsi_data *)ic->hdr;
	u32 len = pdu->msg.data_len;
	struct iscsit_cmd *cmd;

	memcpy(ic->hdr, pdu->bhs, ISER_BHS_LEN);
	if (hdr->ttt != cpu_to_be32(ISCSI_RESERVED_TAG)) {
		isert_protocol_error(ic, "solicited Data-Out arrived as a message");
		goto put;
	}
	if (len > ic->conn->conn_ops->MaxXmitDataSegmentLength) {
		if (!sleep)
			return -EAGAIN;
		isert_warn(ic, "Data-Out of %u bytes rejected, the limit is %u",
			   len, ic->conn->conn_ops->MaxXmitDataSegmentLength);
		iscsit_add_reject(ic->conn, ISCSI_REASON_PROTOCOL_ERROR,
				  ic->hdr);
		goto put;
	}
	cmd = len ? isert_find_write(ic->conn, hdr->itt) : NULL;
	if (!cmd) {
		pr_debug("peer %pISpc: Data-Out of %u bytes without a command dropped\n",
			 &ic->conn->login_sockaddr, len);
		goto put;
	}
	if (isert_check_data_out(ic, cmd, isert_cmd_task(cmd), len)) {
		isert_copy_in(cmd, pdu, be32_to_cpu(hdr->offset));
		iser_pdu_put(pdu);
		pdu = NULL;
		if (iscsit_check_dataout_payload(cmd, hdr, false) < 0)
			isert_protocol_error(ic, "Data-Out out of order");
	}
	target_put_sess_cmd(&cmd->se_cmd);
put:
	if (pdu)
		iser_pdu_put(pdu);
	return 0;
}
