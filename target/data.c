// SPDX-License-Identifier: GPL-2.0-only
/*
 * Solicited data of a write: RDMA Reads, burst by burst.
 * RFC 7145, section 7.3.6.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include "target.h"

#define ISERT_STARVE_DELAY	(HZ / 50)

/* Tagged Offset of a byte of the write; false when there is none. */
static bool isert_tagged(struct isert_task *t, u32 offset, u64 *tagged)
{
	return iser_write_offset(t->task->peer.write_base, offset,
				 t->unsolicited,
				 t->ic->keys.tagged_solicited_only, tagged);
}

/*
 * Start the bursts that may be started.  Under t->lock: none of them can end
 * the command meanwhile.
 */
static void isert_fetch_more(struct isert_task *t)
{
	u32 offset, len;
	u64 tagged;

	while (!t->status && iser_bursts_next(&t->bursts, &offset, &len)) {
		isert_tagged(t, offset, &tagged);
		isert_get_begins(t->ic);
		iser_get_data(t->task, offset, len, tagged);
	}
}

/* Map the buffer and start.  Return: 0 or -ENOMEM. */
static int isert_fetch_start(struct isert_task *t)
{
	struct se_cmd *se_cmd = &t->cmd->se_cmd;
	struct iser_data data = {
		.sgl = se_cmd->t_data_sg,
		.nents = se_cmd->t_data_nents,
		.len = se_cmd->data_length,
	};
	int ret;

	ret = iser_map_data(t->task, &data, false);
	if (ret)
		return ret;
	spin_lock_bh(&t->lock);
	isert_fetch_more(t);
	spin_unlock_bh(&t->lock);
	return 0;
}

/*
 * Wait for memory.  Not on a connection that is being closed, where a command may
 * still be begun: it stays parked, and is released with the others.
 */
static void isert_starve(struct isert_task *t)
{
	struct isert_conn *ic = t->ic;

	spin_lock_bh(&ic->starve_lock);
	if (!ic->starve_over) {
		list_add_tail(&t->node, &ic->starved);
		schedule_delayed_work(&ic->starve_work, ISERT_STARVE_DELAY);
	}
	spin_unlock_bh(&ic->starve_lock);
}

/**
 * isert_starve_stop - nothing waits for memory any more
 * @ic: connection; its commands are not released yet
 *
 * Sleeps.  starve_work does not run again.
 */
void isert_starve_stop(struct isert_conn *ic)
{
	struct isert_task *t, *next;

	spin_lock_bh(&ic->starve_lock);
	ic->starve_over = true;
	list_for_each_entry_safe(t, next, &ic->starved, node)
		list_del_init(&t->node);
	spin_unlock_bh(&ic->starve_lock);
	cancel_delayed_work_sync(&ic->starve_work);
}

/**
 * isert_starve_work - try again to map what could not be mapped
 * @work: ic->starve_work
 *
 * Worker.
 */
void isert_starve_work(struct work_struct *work)
{
	struct isert_conn *ic = container_of(to_delayed_work(work),
					     struct isert_conn, starve_work);
	struct isert_task *t;

	for (;;) {
		spin_lock_bh(&ic->starve_lock);
		t = list_first_entry_or_null(&ic->starved, struct isert_task,
					     node);
		if (t)
			list_del_init(&t->node);
		spin_unlock_bh(&ic->starve_lock);
		if (!t)
			return;
		if (!isert_fetch_start(t))
			continue;
		isert_starve(t);
		return;
	}
}

/**
 * isert_get_dataout - fetch what has not come unsolicited
 * @conn: LIO's connection
 * @cmd: write command, buffer allocated
 * @recovery: not at ErrorRecoveryLevel 0
 *
 * Worker of the completion queue, or RX thread, or a worker of the target
 * core; perhaps under LIO's cmdsn_mutex.  Does not wait.
 * Return: 0; LIO ignores errors in most places, so there are none.
 */
int isert_get_dataout(struct iscsit_conn *conn, struct iscsit_cmd *cmd,
		      bool recovery)
{
	struct isert_conn *ic = conn->context;
	struct isert_task *t = isert_cmd_task(cmd);
	u32 start = cmd->write_data_done, end = cmd->se_cmd.data_length;
	u64 tagged;

	/*
	 * The timer is for Data-Out that the peer has to send.  A Read is in
	 * the hands of the queue pair, and may wait for others' in a queue.
	 */
	iscsit_stop_dataout_timer(cmd);
	if (!isert_tagged(t, start, &tagged) ||
	    !isert_tagged(t, end - 1, &tagged)) {
		isert_protocol_error(ic, "Write Base Offset %#llx has no room for bytes %u to %u",
				     t->task->peer.write_base, start, end);
		return 0;
	}
	spin_lock_bh(&t->lock);
	iser_bursts_init(&t->bursts, start, end, ic->limits.max_burst,
			 min_t(u32, ic->limits.max_r2t, ISER_MAX_GETS));
	spin_unlock_bh(&t->lock);
	if (isert_fetch_start(t))
		isert_starve(t);
	return 0;
}

/**
 * isert_data_completion_notify - Data_Completion_Notify
 * @task: task of a write
 * @offset: of the burst
 * @len: of the burst
 * @status: 0, or negative errno: the connection has ended
 *
 * Up-call from a worker.  Runs the command when all its data are here, or when
 * it is aborted and nothing is on its way any more.  One that is ahead of its
 * CmdSN is run by LIO in its turn.  After an error the command stays parked until
 * the connection is closed.
 */
void isert_data_completion_notify(struct iser_task *task, u32 offset, u32 len,
				  int status)
{
	struct isert_task *t = task->upper;
	struct isert_conn *ic = t->ic;
	struct iscsit_cmd *cmd = t->cmd;
	struct se_cmd *se_cmd = &cmd->se_cmd;
	bool aborted = READ_ONCE(se_cmd->transport_state) & CMD_T_ABORTED;
	bool all, early;

	isert_get_ends(ic);
	/* LIO counts Data-Out. */
	if (!status)
		atomic_long_add(len, &ic->conn->sess->rx_data_octets);
	spin_lock_bh(&t->lock);
	all = iser_bursts_done(&t->bursts, len);
	if (status)
		t->status = status;
	else if (!aborted)
		isert_fetch_more(t);
	status = t->status;
	if (aborted)
		all = !t->bursts.out;
	spin_unlock_bh(&t->lock);
	if (status || !all)
		return;

	iser_unmap_data(task);
	cmd->write_data_done = se_cmd->data_length;
	spin_lock_bh(&cmd->istate_lock);
	cmd->cmd_flags |= ICF_GOT_LAST_DATAOUT;
	cmd->i_state = ISTATE_RECEIVED_LAST_DATAOUT;
	/* LIO takes it off before it looks at the other: one of both runs it. */
	early = cmd->cmd_flags & ICF_OOO_CMDSN;
	spin_unlock_bh(&cmd->istate_lock);
	WRITE_ONCE(ic->working, true);
	/* Gives an aborted command to the target core's abort. */
	if (!early)
		target_execute_cmd(se_cmd);
	WRITE_ONCE(ic->working, false);
}
