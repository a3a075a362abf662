// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text Requests and Responses: RFC 7145, section 7.3.8.
 *
 * LIO knows SendTargets and nothing else, in one request PDU.  It rejects other
 * keys, those of RFC 7145, section 6, among them, and a request with the C bit.
 * An answer may take several PDUs.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include "target.h"

/*
 * The command of a Text Request that goes on with an answer of several parts.
 * LIO would take any command with this task tag.
 */
static struct iscsit_cmd *isert_find_text(struct isert_conn *ic,
					  const struct iscsi_text *hdr)
{
	struct iscsit_conn *conn = ic->conn;
	struct iscsit_cmd *cmd, *found = NULL;

	spin_lock_bh(&conn->cmd_lock);
	list_for_each_entry(cmd, &conn->conn_cmd_list, i_conn_node) {
		struct isert_task *t = isert_cmd_task(cmd);

		if (cmd->iscsi_opcode == ISCSI_OP_TEXT && t && t->more &&
		    cmd->init_task_tag == hdr->itt &&
		    cmd->targ_xfer_tag == be32_to_cpu(hdr->ttt))
			found = cmd;
	}
	spin_unlock_bh(&conn->cmd_lock);
	return found;
}

/**
 * isert_receive_text - Text Request
 * @ic: connection
 * @pdu: PDU
 *
 * RX thread; sleeps.
 */
void isert_receive_text(struct isert_conn *ic, struct iser_pdu *pdu)
{
	struct iscsi_text *hdr = isert_copy_hdr(ic, pdu);
	bool first = hdr->ttt == cpu_to_be32(ISCSI_RESERVED_TAG);
	struct iscsit_conn *conn = ic->conn;
	struct iscsit_cmd *cmd;

	if (first) {
		cmd = isert_allocate_cmd(ic, true);
		if (!cmd)
			goto put;
	} else {
		struct isert_task *t;

		cmd = isert_find_text(ic, hdr);
		if (!cmd || pdu->msg.data_len) {
			isert_reject(ic, pdu, ISCSI_REASON_PROTOCOL_ERROR);
			goto put;
		}
		t = isert_cmd_task(cmd);
		/* The completion of the part before is due. */
		if (isert_task_wait(t))
			goto put;
		t->more = false;
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

/**
 * isert_send_text - Text Response
 * @ic: connection
 * @t: task of the request, attached
 *
 * TX thread; sleeps.  LIO builds the PDU with memory that may sleep, and takes a
 * StatSN from the connection it is given: here from a copy that nobody looks at.
 * Return: 0, or negative errno: LIO drops the connection.
 */
int isert_send_text(struct isert_conn *ic, struct isert_task *t)
{
	struct iscsit_conn *conn = ic->conn, *copy;
	struct iser_control ctl = { };
	struct iscsit_cmd *cmd = t->cmd;
	struct iscsi_text_rsp *rsp = (struct iscsi_text_rsp *)t->task->bhs;
	int len;

	copy = kmemdup(conn, sizeof(*conn), GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	memset(rsp, 0, sizeof(*rsp));
	len = iscsit_build_text_rsp(cmd, copy, rsp, ISCSI_INFINIBAND);
	kfree(copy);
	if (len < 0)
		return len;
	t->more = rsp->flags & ISCSI_FLAG_TEXT_CONTINUE;
	/* LIO's buffer is of this length: the padding may lie beyond. */
	len = min_t(u32, len, conn->conn_ops->MaxRecvDataSegmentLength);
	if (len)
		ctl.data = isert_segment(t, cmd->buf_ptr, len);

	iser_send_begin(ic->dm);
	cmd->stat_sn = conn->stat_sn++;
	rsp->statsn = cpu_to_be32(cmd->stat_sn);
	rsp->exp_cmdsn = cpu_to_be32(conn->sess->exp_cmd_sn);
	rsp->max_cmdsn = cpu_to_be32((u32)atomic_read(&conn->sess->max_cmd_sn));
	isert_send(t, ISTATE_SEND_TEXTRSP, &ctl);
	iser_send_end(ic->dm);
	return 0;
}
