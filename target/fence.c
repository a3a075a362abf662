// SPDX-License-Identifier: GPL-2.0-only
/*
 * Response Fence: RFC 7143, sections 4.2.2.3.2 and 4.2.3.3.
 *
 * The response of a task management request comes behind those of the tasks
 * that it is about.  The target core leaves alone what has completed already:
 * a worker of its is about to hand such a command back, maybe by LIO's queue
 * for the TX thread.  If the response overtook it, the initiator would have
 * killed the STag that Put_Data or the invalidation is for, and would lose the
 * connection.  The connections of a session are not kept in step.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include "target.h"

/* Is a command done, but its response not submitted?  Under cmd_lock. */
static bool isert_answer_due(struct iscsit_cmd *cmd, u32 cmd_sn)
{
	const struct isert_task *t = isert_cmd_task(cmd);

	/* Once posted is set, isert_send() has send_lock, or had it. */
	return cmd->iscsi_opcode == ISCSI_OP_SCSI_CMD && t &&
		!READ_ONCE(t->posted) &&
		READ_ONCE(cmd->se_cmd.transport_state) & CMD_T_COMPLETE &&
		iscsi_sna_lte(cmd->cmd_sn, cmd_sn);
}

/**
 * isert_fence_wait - may the response of task management not be sent yet?
 * @ic: connection
 * @tmf: its request
 *
 * TX thread; sleeps.  Return: true when it is behind LIO's queue once more.
 * Not for a connection that closes: it is told by a signal.
 */
bool isert_fence_wait(struct isert_conn *ic, struct iscsit_cmd *tmf)
{
	struct iscsit_conn *conn = ic->conn;
	struct iscsit_cmd *cmd;
	bool due = false;

	spin_lock_bh(&conn->cmd_lock);
	list_for_each_entry(cmd, &conn->conn_cmd_list, i_conn_node) {
		due = isert_answer_due(cmd, tmf->cmd_sn);
		if (due)
			break;
	}
	spin_unlock_bh(&conn->cmd_lock);
	if (!due || signal_pending(current))
		return false;
	/* No event tells of it: this is rare, every response is not. */
	usleep_range(50, 100);
	tmf->se_cmd.se_tfo->queue_tm_rsp(&tmf->se_cmd);
	return true;
}
