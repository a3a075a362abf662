// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands of a connection that has ended.
 *
 * LIO frees commands only after the transport has waited for them.  Most come
 * back by themselves from the target core.  Three kinds do not, since LIO's
 * threads and the peer are gone: what LIO has queued for its TX thread, writes
 * whose data will not come, and commands that wait for an earlier CmdSN.
 */
#include <linux/module.h>
#include "target.h"

#define ISERT_CLOSE_POLL	(HZ / 20)

/* A command in one of LIO's queues for the TX thread, or NULL. */
static struct iscsit_cmd *isert_queued_in(struct list_head *queue,
					  spinlock_t *lock)
{
	struct iscsi_queue_req *qr;
	struct iscsit_cmd *cmd = NULL;

	spin_lock_bh(lock);
	list_for_each_entry(qr, queue, qr_list) {
		cmd = qr->cmd;
		if (cmd)
			break;
	}
	spin_unlock_bh(lock);
	return cmd;
}

static struct iscsit_cmd *isert_queued(struct iscsit_conn *conn)
{
	return isert_queued_in(&conn->response_queue_list,
			       &conn->response_queue_lock) ?:
		isert_queued_in(&conn->immed_queue_list,
				&conn->immed_queue_lock);
}

/* Has the last Get_Data of a write returned? */
static bool isert_fetch_idle(struct isert_task *t)
{
	bool idle;

	spin_lock_bh(&t->lock);
	idle = !t->bursts.out;
	spin_unlock_bh(&t->lock);
	return idle;
}

/*
 * Will nobody else release a command?  LIO drops the target core's reference to
 * one that it has sense for when it comes, so that it is not parked; but it
 * answers it in its turn only, which does not come any more.
 */
static bool isert_cmd_left(struct iscsit_cmd *cmd)
{
	return isert_cmd_parked(cmd) || cmd->cmd_flags & ICF_OOO_CMDSN;
}

/*
 * A command that is left, or NULL.  Taking a reference keeps it against an abort
 * that runs meanwhile.
 */
static struct iscsit_cmd *isert_find_left(struct iscsit_conn *conn)
{
	struct iscsit_cmd *cmd, *found = NULL;

	spin_lock_bh(&conn->cmd_lock);
	list_for_each_entry(cmd, &conn->conn_cmd_list, i_conn_node) {
		struct isert_task *t = isert_cmd_task(cmd);

		if (!cmd->se_cmd.se_tfo || !isert_cmd_left(cmd))
			continue;
		if (t && !isert_fetch_idle(t))
			continue;
		if (!kref_get_unless_zero(&cmd->se_cmd.cmd_kref))
			continue;
		found = cmd;
		break;
	}
	spin_unlock_bh(&conn->cmd_lock);
	return found;
}

static void isert_release_orphans(struct iscsit_conn *conn)
{
	struct iscsit_cmd *cmd;

	while ((cmd = isert_queued(conn))) {
		bool parked = cmd->se_cmd.se_tfo && isert_cmd_parked(cmd);

		/* Takes it out of all lists, and calls isert_unmap_cmd(). */
		iscsit_aborted_task(conn, cmd);
		if (!cmd->se_cmd.se_tfo) {
			iscsit_release_cmd(cmd);
			continue;
		}
		if (parked)
			target_put_sess_cmd(&cmd->se_cmd);
		transport_generic_free_cmd(&cmd->se_cmd, 0);
	}
	while ((cmd = isert_find_left(conn))) {
		struct se_device *dev = cmd->se_cmd.se_dev;

		/* The target core's submission may still hold it. */
		if (dev)
			flush_work(&dev->queues[cmd->se_cmd.cpuid].sq.work);
		if (isert_cmd_left(cmd))
			isert_cmd_release(conn, cmd);
		target_put_sess_cmd(&cmd->se_cmd);
	}
}

/**
 * isert_release_all - wait until no SCSI task of the connection is left
 * @ic: connection; no up-call will follow but for what is submitted here
 *
 * Sleeps as long as backends need.
 */
void isert_release_all(struct isert_conn *ic)
{
	struct iscsit_conn *conn = ic->conn;
	struct target_cmd_counter *count = conn->cmd_cnt;

	/* Login failed, or a tag was never handed out. */
	if (!conn->sess || !ic->tasks)
		return;
	isert_order_forget_all(conn);
	/* Into LIO's queue, where they are found. */
	isert_fence_release(ic);
	target_stop_cmd_counter(count);
	for (;;) {
		isert_release_orphans(conn);
		if (wait_event_timeout(count->refcnt_wq,
				       percpu_ref_is_zero(&count->refcnt),
				       ISERT_CLOSE_POLL))
			break;
	}
	target_wait_for_cmds(count);
}
