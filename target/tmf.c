// SPDX-License-Identifier: GPL-2.0-only
/*
 * Task management requests: RFC 7143, sections 4.2.3.3, 11.5 and 11.6.
 *
 * LIO passes a request to the target core, which knows the commands that have been
 * submitted.  Here is what concerns commands that have not: those that wait for their
 * CmdSN, and those that have not come.  The fence of the responses is in order.c.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "command.h"
#include "order.h"
#include "session.h"
#include "target.h"
#include "tmf.h"

#include <linux/delay.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <scsi/scsi_common.h>

#define ISERT_TMF_POLL	10	/* milliseconds */

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

/* Whether no other connection of the session is left. */
static bool isert_session_alone(struct isert_session *s)
{
	bool alone;

	spin_lock_bh(&s->lock);
	alone = list_is_singular(&s->conns);
	spin_unlock_bh(&s->lock);
	return alone;
}

/* Whether commands that an immediate LUN RESET is to act on are still to come. */
static bool isert_reset_early(struct isert_conn *ic, u32 sn)
{
	struct iscsit_session *sess = ic->conn->sess;

	/* One beyond the window is no CmdSN that the initiator may be at. */
	return iscsi_sna_lt(READ_ONCE(sess->exp_cmd_sn), sn) &&
		iscsi_sna_lte(sn, (u32)atomic_read(&sess->max_cmd_sn) + 1) &&
		!isert_session_alone(ic->session);
}

/*
 * Holds back an immediate LUN RESET until all commands with a lower CmdSN have come, on
 * any connection: RFC 7143, section 4.2.3.3, step b of the target.  The initiator takes
 * them for ended when it is answered.  What follows on this connection has no lower
 * CmdSN: when it is the only one left, none is to come.
 * Returns false if the connection ends.
 */
static bool isert_reset_wait(struct isert_conn *ic, const struct iscsi_tm *hdr)
{
	u32 limit = isert_owed_time(isert_node_attrib(ic->conn));
	unsigned long end = jiffies + limit * HZ;
	u32 sn = be32_to_cpu(hdr->cmdsn);

	if (!(hdr->opcode & ISCSI_OP_IMMEDIATE))
		return true;
	while (isert_reset_early(ic, sn)) {
		if (time_after(jiffies, end)) {
			isert_warn(ic, "a LUN RESET has waited %u s for an earlier CmdSN, ending the connection: it was left out, or lost with another connection",
				   limit);
			isert_end_late(ic);
			return false;
		}
		if (msleep_interruptible(ISERT_TMF_POLL) ||
		    signal_pending(current) || READ_ONCE(ic->ended))
			return false;
	}
	return true;
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
	bool go = true;
	int ret = 0;

	if (function == ISCSI_TM_FUNC_ABORT_TASK)
		ret = isert_abort_task(ic, hdr);
	if (ret < 0)
		return;
	if (function == ISCSI_TM_FUNC_LOGICAL_UNIT_RESET) {
		/* As for a tag: it is others that this waits for. */
		WRITE_ONCE(ic->tag_wait, true);
		go = isert_reset_wait(ic, hdr);
		WRITE_ONCE(ic->tag_wait, false);
	}
	if (!go)
		return;
	c = isert_allocate_cmd(ic, true);
	if (!c)
		return;
	c->complete = ret;
	/* LIO rejects an erroneous request. */
	iscsit_handle_task_mgt_cmd(ic->conn, c->cmd, (u8 *)hdr);
}
