// SPDX-License-Identifier: GPL-2.0-only
/*
 * SCSI commands and their immediate data.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/blk_types.h>
#include <linux/module.h>
#include <scsi/scsi_common.h>
#include <scsi/scsi_proto.h>
#include "target.h"

/*
 * Copy BHS and AHS for LIO, which reads both in one piece.
 *
 * Return: false where LIO would read more CDB than there is: it takes the
 * length from the AHS, and that of a variable-length CDB from the CDB itself.
 */
static bool isert_copy_command(struct isert_conn *ic,
			       const struct iser_pdu *pdu)
{
	const struct iscsi_scsi_req *hdr = (struct iscsi_scsi_req *)ic->hdr;
	const struct iscsi_ecdb_ahdr *ahs = (const void *)(hdr + 1);
	u32 cdb_len = ISCSI_CDB_SIZE, len;

	if (pdu->msg.ahs_len > sizeof(ic->hdr) - ISER_BHS_LEN)
		return false;
	memcpy(ic->hdr, pdu->bhs, ISER_BHS_LEN);
	if (pdu->msg.ahs_len) {
		memset(ic->hdr + ISER_BHS_LEN, 0,
		       sizeof(ic->hdr) - ISER_BHS_LEN);
		iser_pdu_copy(pdu, 0, ic->hdr + ISER_BHS_LEN,
			      pdu->msg.ahs_len);
		len = be16_to_cpu(ahs->ahslength);
		/* Its length counts the reserved byte, not length and type. */
		if (!len || len + 3 > pdu->msg.ahs_len ||
		    len - 1 > sizeof(ahs->ecdb))
			return false;
		if (ahs->ahstype == ISCSI_AHSTYPE_CDB)
			cdb_len += len - 1;
	}
	return hdr->cdb[0] != VARIABLE_LENGTH_CMD ||
		hdr->cdb[7] + 8 <= cdb_len;
}

/*
 * Does the header name the buffers that the command needs?
 * RFC 7145, sections 7.3.1 and 10.1.3.4.
 */
static bool isert_check_stags(struct isert_conn *ic,
			      const struct iser_pdu *pdu,
			      const struct iscsi_scsi_req *hdr,
			      u32 unsolicited)
{
	u32 edtl = be32_to_cpu(hdr->data_length);
	bool write = hdr->flags & ISCSI_FLAG_CMD_WRITE;
	bool read = hdr->flags & ISCSI_FLAG_CMD_READ;

	/* LIO rejects a command with both. */
	if (read == write || !edtl)
		return true;
	if (read && !pdu->msg.hdr.rsv) {
		isert_protocol_error(ic, "a read of %u bytes without an STag",
				     edtl);
		return false;
	}
	if (write && edtl > unsolicited && !pdu->msg.hdr.wsv) {
		isert_protocol_error(ic, "a write of %u bytes, %u unsolicited, without an STag",
				     edtl, unsolicited);
		return false;
	}
	return true;
}

/* The whole write is here: let the backend take it where it lies. */
static bool isert_in_place(struct isert_task *t, struct iser_pdu *pdu)
{
	struct se_cmd *se_cmd = &t->cmd->se_cmd;
	unsigned int n, i;

	n = iser_pdu_sg(pdu, t->sg, ARRAY_SIZE(t->sg));
	if (!n)
		return false;
	/* Backends rely on sectors in one piece. */
	for (i = 0; i < n; i++)
		if (!IS_ALIGNED(t->sg[i].offset, SECTOR_SIZE) ||
		    (i < n - 1 && !IS_ALIGNED(t->sg[i].length, SECTOR_SIZE)))
			return false;
	t->pdu = pdu;
	se_cmd->t_data_sg = t->sg;
	se_cmd->t_data_nents = n;
	se_cmd->se_cmd_flags |= SCF_PASSTHROUGH_SG_TO_MEM_NOALLOC;
	return true;
}

/*
 * Before LIO submits a write.
 *
 * Data-Out that follow need its buffer.  LIO allocates it at once for a write
 * with immediate data, else only when the command is submitted: for one ahead of
 * its CmdSN that is later, and with the backend's submit_type 2 a worker does it.
 * So LIO is told of immediate data, of no bytes where there are none.
 *
 * LIO starts its timer for Data-Out before it submits a write that brings none,
 * and a worker may be held up for longer than that.  A timer that runs already
 * is not started: isert_get_dataout() finds it and stops it.
 */
static void isert_prepare_write(struct iscsit_cmd *cmd)
{
	if (cmd->unsolicited_data)
		cmd->immediate_data = 1;
	else if (cmd->data_direction == DMA_TO_DEVICE && !cmd->immediate_data)
		cmd->dataout_timer_flags |= ISCSI_TF_RUNNING;
}

/*
 * A command with immediate data, or Data-Out to follow.  The PDU is given back,
 * or held by the task.
 */
static void isert_immediate(struct isert_conn *ic, struct isert_task *t,
			    struct iser_pdu *pdu)
{
	struct iscsi_scsi_req *hdr = (struct iscsi_scsi_req *)ic->hdr;
	struct iscsit_cmd *cmd = t->cmd;
	struct se_cmd *se_cmd = &cmd->se_cmd;
	bool unsolicited = cmd->unsolicited_data;
	u32 len = cmd->first_burst_len;
	bool in_place = false, failed;
	int ret;

	if (!cmd->sense_reason && len == se_cmd->data_length)
		in_place = isert_in_place(t, pdu);
	/* Not 0: a check condition; the data are dropped. */
	failed = iscsit_process_scsi_cmd(ic->conn, cmd, hdr) != 0;
	if (!failed) {
		if (!in_place)
			isert_copy_in(cmd, pdu, 0);
		cmd->write_data_done += len;
	}
	if (!in_place)
		iser_pdu_put(pdu);
	if (!failed && cmd->write_data_done == se_cmd->data_length) {
		spin_lock_bh(&cmd->istate_lock);
		cmd->cmd_flags |= ICF_GOT_LAST_DATAOUT;
		cmd->i_state = ISTATE_RECEIVED_LAST_DATAOUT;
		spin_unlock_bh(&cmd->istate_lock);
	}
	ret = iscsit_sequence_cmd(ic->conn, cmd, ic->hdr, hdr->cmdsn);
	if (ret == CMDSN_ERROR_CANNOT_RECOVER)
		return;		/* rejected */
	if (failed || ret == CMDSN_LOWER_THAN_EXP)
		target_put_sess_cmd(se_cmd);
	else if (unsolicited)
		iscsit_set_unsolicited_dataout(cmd);
}

/**
 * isert_receive_command - SCSI Command
 * @ic: connection
 * @pdu: PDU
 * @sleep: in the RX thread
 *
 * Takes LIO's cmdsn_mutex, and may run the command.
 * Return: 0; -EAGAIN for the RX thread.
 */
int isert_receive_command(struct isert_conn *ic, struct iser_pdu *pdu,
			  bool sleep)
{
	struct iscsi_scsi_req *hdr = (struct iscsi_scsi_req *)ic->hdr;
	struct iscsit_cmd *cmd;
	struct isert_task *t;
	u32 unsolicited;

	if (!isert_copy_command(ic, pdu)) {
		if (!sleep)
			return -EAGAIN;
		isert_warn(ic, "SCSI command rejected: its CDB or AHS is malformed");
		iscsit_add_reject(ic->conn, ISCSI_REASON_BOOKMARK_INVALID,
				  pdu->bhs);
		goto put;
	}
	unsolicited = iser_unsolicited_bytes(&ic->limits,
					     be32_to_cpu(hdr->data_length),
					     hdr->flags & ISCSI_FLAG_CMD_FINAL,
					     pdu->msg.data_len);
	if (!isert_check_stags(ic, pdu, hdr, unsolicited))
		goto put;
	cmd = isert_allocate_cmd(ic, sleep);
	if (!cmd && !sleep)
		return -EAGAIN;
	if (!cmd)
		goto put;

	t = isert_task_attach(ic, cmd, pdu);
	t->unsolicited = unsolicited;
	if (iscsit_setup_scsi_cmd(ic->conn, cmd, ic->hdr) < 0)
		goto put;	/* rejected; the TX thread has it */

	if (!cmd->sense_reason &&
	    cmd->first_burst_len != cmd->se_cmd.data_length)
		isert_buffer_attach(t);
	isert_prepare_write(cmd);
	/* It may be done before LIO has finished looking at it. */
	kref_get(&cmd->se_cmd.cmd_kref);
	if (cmd->immediate_data) {
		isert_immediate(ic, t, pdu);
	} else {
		/* Its response grants a credit: the receive goes first. */
		iser_pdu_put(pdu);
		iscsit_process_scsi_cmd(ic->conn, cmd, hdr);
	}
	target_put_sess_cmd(&cmd->se_cmd);
	return 0;
put:
	iser_pdu_put(pdu);
	return 0;
}
