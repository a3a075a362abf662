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
 *
 * A COMPARE AND WRITE that has been compared counts as completed too, while its
 * write is at the backend, for however long that takes.  So nobody waits here:
 * the response is put aside, and each response of a command brings it back.
 */
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

static bool isert_answers_due(struct iscsit_conn *conn, u32 cmd_sn)
{
	struct iscsit_cmd *cmd;
	bool due = false;

	spin_lock_bh(&conn->cmd_lock);
	list_for_each_entry(cmd, &conn->conn_cmd_list, i_conn_node) {
		due = isert_answer_due(cmd, cmd_sn);
		if (due)
			break;
	}
	spin_unlock_bh(&conn->cmd_lock);
	return due;
}

/**
 * isert_fence_hold - may the response of task management not be sent yet?
 * @ic: connection
 * @t: task of its request, attached
 *
 * TX thread.  Return: true: it comes by LIO's queue once more.
 * Not for a connection that closes: the thread is told by a signal.
 */
bool isert_fence_hold(struct isert_conn *ic, struct isert_task *t)
{
	u32 cmd_sn = t->cmd->cmd_sn;
	bool held;

	if (!isert_answers_due(ic->conn, cmd_sn) || signal_pending(current))
		return false;
	spin_lock_bh(&ic->fence_lock);
	list_add_tail(&t->node, &ic->fenced);
	spin_unlock_bh(&ic->fence_lock);
	/* Pairs with the barrier in isert_fence_release(): one sees the other. */
	smp_mb();
	if (isert_answers_due(ic->conn, cmd_sn))
		return true;
	spin_lock_bh(&ic->fence_lock);
	held = list_empty(&t->node);	/* by LIO's queue already */
	list_del_init(&t->node);
	spin_unlock_bh(&ic->fence_lock);
	return held;
}

/**
 * isert_fence_release - a command is answered, or goes without: look again
 * @ic: connection
 *
 * Process context; does not wait.
 */
void isert_fence_release(struct isert_conn *ic)
{
	struct isert_task *t, *next;

	/* That the answer is due no more is seen first: isert_fence_hold(). */
	smp_mb();
	if (likely(list_empty_careful(&ic->fenced)))
		return;
	spin_lock_bh(&ic->fence_lock);
	list_for_each_entry_safe(t, next, &ic->fenced, node) {
		struct se_cmd *se_cmd = &t->cmd->se_cmd;

		list_del_init(&t->node);
		se_cmd->se_tfo->queue_tm_rsp(se_cmd);
	}
	spin_unlock_bh(&ic->fence_lock);
}
