// SPDX-License-Identifier: GPL-2.0-only
/*
 * Task management requests: RFC 7143, sections 4.2.3.3, 11.5 and 11.6.
 *
 * LIO passes a request to the target core, which knows the commands that have been
 * submitted.  Here is what concerns commands that have not: those that wait for their
 * CmdSN, and those that have not come.  The fence of the responses is in session.c.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "target.h"

#include <linux/module.h>
#include <scsi/scsi_common.h>

/* Whether a command waits for its CmdSN, unknown to the target core, and is to be aborted. */
static bool isert_abort_meets(struct iscsit_cmd *cmd, void *arg)
{
	struct iscsi_tm *hdr = arg;

	/* One with immediate data, or Data-Out to come, has been handed over already. */
	return cmd->iscsi_opcode == ISCSI_OP_SCSI_CMD && !cmd->immediate_data &&
		READ_ONCE(cmd->cmd_flags) & ICF_OOO_CMDSN &&
		cmd->init_task_tag == hdr->rtt &&
		cmd->cmd_sn == be32_to_cpu(hdr->refcmdsn) &&
		cmd->se_cmd.orig_fe_lun == scsilun_to_int(&hdr->lun);
}

/* Ends such a command.  Its CmdSN has come.  Returns true if there was one. */
static bool isert_abort_waiting(struct isert_conn *ic, struct iscsi_tm *hdr)
{
	struct mutex *lock = &ic->conn->sess->cmdsn_mutex;
	struct iscsit_cmd *cmd = isert_find_cmd(ic->conn, isert_abort_meets, hdr);
	bool waits;

	if (!cmd)
		return false;
	/* LIO clears ICF_OOO_CMDSN under this lock, before it runs the command. */
	mutex_lock(lock);
	waits = cmd->cmd_flags & ICF_OOO_CMDSN;
	if (waits)
		isert_order_answered(cmd);
	mutex_unlock(lock);
	if (waits) {
		iscsit_increment_maxcmdsn(cmd, ic->conn->sess);
		isert_cmd_release(ic->conn, cmd);
	}
	target_put_sess_cmd(&cmd->se_cmd);
	return waits;
}

/* Whether the connection has a command with this task tag. */
static bool isert_has_task(struct iscsit_conn *conn, itt_t itt)
{
	struct iscsit_cmd *cmd;
	bool found = false;

	spin_lock_bh(&conn->cmd_lock);
	list_for_each_entry(cmd, &conn->conn_cmd_list, i_conn_node)
		found |= cmd->init_task_tag == itt;
	spin_unlock_bh(&conn->cmd_lock);
	return found;
}

/* Whether the command of an ABORT TASK may still come: RFC 7143, section 11.6.1 b. */
static bool isert_abort_early(struct iscsit_session *sess, const struct iscsi_tm *hdr)
{
	u32 sn = be32_to_cpu(hdr->refcmdsn);

	return iscsi_sna_gte(sn, READ_ONCE(sess->exp_cmd_sn)) &&
		iscsi_sna_lte(sn, (u32)atomic_read(&sess->max_cmd_sn)) &&
		iscsi_sna_lt(sn, be32_to_cpu(hdr->cmdsn));
}

/*
 * Has LIO count the CmdSN of such a command, by a command that comes to nothing when its
 * turn comes: isert_count_over().
 * Returns 1 if it is counted, 0 if a command with that CmdSN has just come on another
 * connection, or negative errno: the connection ends, or the request has been rejected.
 */
static int isert_count(struct isert_conn *ic, struct iscsi_tm *hdr)
{
	struct isert_cmd *c = isert_allocate_cmd(ic, true);
	struct iscsit_conn *conn = ic->conn;
	struct iscsit_cmd *cmd;

	if (!c)
		return -ENOTCONN;
	cmd = c->cmd;
	cmd->iscsi_opcode = ISCSI_OP_NOOP_OUT;
	cmd->i_state = ISERT_STATE_COUNTED;
	cmd->init_task_tag = RESERVED_ITT;
	cmd->targ_xfer_tag = ISCSI_RESERVED_TAG;
	cmd->cmd_sn = be32_to_cpu(hdr->refcmdsn);
	spin_lock_bh(&conn->cmd_lock);
	list_add_tail(&cmd->i_conn_node, &conn->conn_cmd_list);
	spin_unlock_bh(&conn->cmd_lock);
	switch (iscsit_sequence_cmd(conn, cmd, (u8 *)hdr, hdr->refcmdsn)) {
	case CMDSN_NORMAL_OPERATION:
	case CMDSN_HIGHER_THAN_EXP:
		return 1;
	case CMDSN_ERROR_CANNOT_RECOVER:
		return -ENOMEM;
	default:
		return 0;
	}
}

/**
 * isert_count_over - the turn of a counted CmdSN has come
 * @conn: LIO's connection
 * @cmd: the command that stands for it
 *
 * TX thread.
 */
void isert_count_over(struct iscsit_conn *conn, struct iscsit_cmd *cmd)
{
	iscsit_increment_maxcmdsn(cmd, conn->sess);
	isert_cmd_release(conn, cmd);
}

/*
 * Prepares an ABORT TASK for LIO.  If LIO finds no task with that tag, but RefCmdSN in the
 * window, it has the target core abort the task with the tag 0.
 * Returns 1 if the response is "function complete" nevertheless, or as isert_count().
 */
static int isert_abort_task(struct isert_conn *ic, struct iscsi_tm *hdr)
{
	struct iscsit_session *sess = ic->conn->sess;
	int ret = isert_abort_waiting(ic, hdr);
	bool waits;

	if (!ret && isert_has_task(ic->conn, hdr->rtt))
		return 0;
	if (!ret && isert_abort_early(sess, hdr)) {
		/* A task of another connection is not aborted here. */
		if (isert_order_entered(sess, be32_to_cpu(hdr->refcmdsn), &waits))
			ret = !waits;
		else
			ret = isert_count(ic, hdr);
	}
	hdr->refcmdsn = cpu_to_be32(READ_ONCE(sess->exp_cmd_sn) - 1);
	return ret;
}

/**
 * isert_receive_tmf - handle a Task Management Request
 * @ic: connection
 * @hdr: its header; this and LIO may change it
 *
 * RX thread; sleeps.
 */
void isert_receive_tmf(struct isert_conn *ic, struct iscsi_tm *hdr)
{
	u8 function = hdr->flags & ISCSI_FLAG_TM_FUNC_MASK;
	struct isert_cmd *c;
	int ret = 0;

	if (function == ISCSI_TM_FUNC_ABORT_TASK)
		ret = isert_abort_task(ic, hdr);
	if (ret < 0)
		return;
	c = isert_allocate_cmd(ic, true);
	if (!c)
		return;
	c->complete = ret;
	/* LIO rejects an erroneous request. */
	iscsit_handle_task_mgt_cmd(ic->conn, c->cmd, (u8 *)hdr);
}
