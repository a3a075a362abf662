// SPDX-License-Identifier: GPL-2.0-only
/*
 * The data of a write that do not come with the command: unsolicited Data-Out,
 * and Get_Data, by which RDMA Reads take the place of R2T and solicited
 * Data-Out.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "command.h"
#include "data_out.h"
#include "order.h"
#include "pi.h"
#include "response.h"
#include "session.h"
#include "target.h"

/*
 * Unsolicited Data-Out PDUs carry the only data of a write that arrive as
 * messages after the command.  RFC 7145, section 7.3.4.
 */

/*
 * Returns the write that a Data-Out belongs to, with a reference, or NULL.
 *
 * A posted response may have arrived at the initiator before its completion
 * arrives here.  The initiator may then have reused the task tag, while the
 * answered command is still in the list, ahead of the write.
 */
static struct iscsit_cmd *isert_find_write(struct iscsit_conn *conn,
					   itt_t itt)
{
	struct iscsit_cmd *cmd, *found = NULL;

	spin_lock_bh(&conn->cmd_lock);
	list_for_each_entry(cmd, &conn->conn_cmd_list, i_conn_node) {
		const struct isert_cmd *c;

		if (cmd->init_task_tag != itt ||
		    cmd->iscsi_opcode != ISCSI_OP_SCSI_CMD ||
		    cmd->cmd_flags & ICF_GOT_LAST_DATAOUT)
			continue;
		c = isert_cmd_of(cmd);
		if (c && READ_ONCE(c->posted))
			continue;
		if (kref_get_unless_zero(&cmd->se_cmd.cmd_kref))
			found = cmd;
		break;
	}
	spin_unlock_bh(&conn->cmd_lock);
	return found;
}

/*
 * Runs LIO's own checks.  If one fails, LIO answers the command by a Reject or
 * by sense.  A command that is ahead of its CmdSN must not be run after that,
 * not even by another connection that fills the gap at the same time.
 */
static bool isert_data_out_fits(struct isert_conn *ic, struct iscsit_cmd *cmd,
				struct isert_cmd *c, u32 len)
{
	struct mutex *lock = &ic->conn->sess->cmdsn_mutex;
	bool early = cmd->cmd_flags & ICF_OOO_CMDSN, take = false;

	if (early)
		mutex_lock(lock);
	if (__iscsit_check_dataout_hdr(ic->conn, ic->hdr, cmd, len, &take) < 0) {
		c->refused = true;
		if (early)
			isert_order_answered(cmd);
	}
	if (early)
		mutex_unlock(lock);
	return take;
}

/* Returns true if the data must be copied, and false if they are dropped. */
static bool isert_check_data_out(struct isert_conn *ic, struct iscsit_cmd *cmd,
				 struct isert_cmd *c, u32 len)
{
	struct iscsi_data *hdr = (struct iscsi_data *)ic->hdr;
	u32 offset = be32_to_cpu(hdr->offset);

	if (!c || c->refused || cmd->sense_reason)
		return false;
	if (!cmd->unsolicited_data) {
		isert_protocol_error(ic, "unsolicited Data-Out for a write that expects none");
		return false;
	}
	/*
	 * isert_prepare_write() had the buffer allocated on arrival, so in any
	 * other state the command was aborted.
	 */
	if (cmd->se_cmd.t_state != TRANSPORT_WRITE_PENDING)
		return false;
	/* LIO adds both without a check for overflow. */
	if (offset + len < offset) {
		isert_protocol_error(ic, "Data-Out of %u bytes at offset %u is out of range",
				     len, offset);
		return false;
	}
	return isert_data_out_fits(ic, cmd, c, len);
}

/**
 * isert_receive_data_out - handle a SCSI Data-Out
 * @ic: connection
 * @pdu: PDU
 * @sleep: in the RX thread
 *
 * May run the command.
 * Return: 0, or -EAGAIN if the RX thread must handle it.
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
		isert_add_reject(ic, ic->hdr, ISCSI_REASON_PROTOCOL_ERROR);
		goto put;
	}
	cmd = len ? isert_find_write(ic->conn, hdr->itt) : NULL;
	if (!cmd) {
		pr_debug("peer %pISpc: Data-Out of %u bytes without a command dropped\n",
			 &ic->conn->login_sockaddr, len);
		goto put;
	}
	if (isert_check_data_out(ic, cmd, isert_cmd_of(cmd), len)) {
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

/*
 * RDMA Reads fetch the solicited data of a write, burst by burst.
 * RFC 7145, section 7.3.6.
 */

#define ISERT_STARVE_DELAY	(HZ / 50)

/* Stores the Tagged Offset of a byte of the write; false if there is none. */
static bool isert_tagged(struct isert_cmd *c, u32 offset, u64 *tagged)
{
	return iser_write_offset(c->iser.peer.write_base, offset,
				 c->unsolicited,
				 c->ic->keys.tagged_solicited_only, tagged);
}

/* isert_get_begins - count a Get_Data before it is submitted.  Any context. */
static void isert_get_begins(struct isert_conn *ic)
{
	if (!atomic_read(&ic->gets))
		WRITE_ONCE(ic->get_moved, jiffies);
	/* isert_gets_late() must see the time before the count. */
	smp_mb__before_atomic();
	atomic_inc(&ic->gets);
}

/* isert_get_ends - count off a Get_Data that has ended or failed.  Worker. */
static void isert_get_ends(struct isert_conn *ic)
{
	WRITE_ONCE(ic->get_moved, jiffies);
	/* The order is that of isert_get_begins(). */
	smp_mb__before_atomic();
	atomic_dec(&ic->gets);
}

/*
 * Starts the bursts that may be started.  The caller holds c->lock, so that
 * none of them can end the command at the same time.
 */
static void isert_fetch_more(struct isert_cmd *c)
{
	u32 offset, len;
	u64 tagged;

	while (!c->status && iser_bursts_next(&c->bursts, &offset, &len)) {
		isert_tagged(c, offset, &tagged);
		isert_get_begins(c->ic);
		iser_get_data(&c->iser, offset, len, tagged);
	}
}

/* Maps the buffer and starts the bursts.  Returns 0 or -ENOMEM. */
static int isert_fetch_start(struct isert_cmd *c)
{
	int ret;

	isert_describe_data(c);
	ret = isert_has_pi(c->ic, &c->cmd->se_cmd) ?
		iser_map_data_pi(&c->iser, &c->data, false) :
		iser_map_data(&c->iser, &c->data);
	if (ret)
		return ret;
	spin_lock_bh(&c->lock);
	isert_fetch_more(c);
	spin_unlock_bh(&c->lock);
	return 0;
}

/*
 * Lets a write wait for memory, unless its connection is being closed.  A write
 * that LIO begins then stays parked, and is released with the others.
 */
static void isert_starve(struct isert_cmd *c)
{
	struct isert_conn *ic = c->ic;

	spin_lock_bh(&ic->starve_lock);
	if (!ic->starve_over) {
		list_add_tail(&c->node, &ic->starved);
		schedule_delayed_work(&ic->starve_work, ISERT_STARVE_DELAY);
	}
	spin_unlock_bh(&ic->starve_lock);
}

/**
 * isert_starve_stop - let no write wait for memory any longer
 * @ic: connection; its commands are not released yet
 *
 * Sleeps.  starve_work does not run afterwards.
 */
void isert_starve_stop(struct isert_conn *ic)
{
	struct isert_cmd *c, *next;

	spin_lock_bh(&ic->starve_lock);
	ic->starve_over = true;
	list_for_each_entry_safe(c, next, &ic->starved, node)
		list_del_init(&c->node);
	spin_unlock_bh(&ic->starve_lock);
	cancel_delayed_work_sync(&ic->starve_work);
}

/**
 * isert_starve_work - retry to map the writes that could not be mapped
 * @work: ic->starve_work
 *
 * Worker.
 */
void isert_starve_work(struct work_struct *work)
{
	struct isert_conn *ic = container_of(to_delayed_work(work),
					     struct isert_conn, starve_work);
	struct isert_cmd *c;

	for (;;) {
		spin_lock_bh(&ic->starve_lock);
		c = list_first_entry_or_null(&ic->starved, struct isert_cmd,
					     node);
		if (c)
			list_del_init(&c->node);
		spin_unlock_bh(&ic->starve_lock);
		if (!c)
			return;
		if (!isert_fetch_start(c))
			continue;
		isert_starve(c);
		return;
	}
}

/* Returns whether the command is ahead of its CmdSN: then LIO runs it in its turn. */
static inline bool isert_data_arrived(struct iscsit_cmd *cmd)
{
	bool early;

	spin_lock_bh(&cmd->istate_lock);
	cmd->cmd_flags |= ICF_GOT_LAST_DATAOUT;
	cmd->i_state = ISTATE_RECEIVED_LAST_DATAOUT;
	/* LIO clears it, then tests GOT_LAST_DATAOUT: only one runs it. */
	early = cmd->cmd_flags & ICF_OOO_CMDSN;
	spin_unlock_bh(&cmd->istate_lock);
	return early;
}

/**
 * isert_get_dataout - fetch the data that have not arrived unsolicited
 * @conn: LIO's connection
 * @cmd: write command, buffer allocated
 * @recovery: unused, never set at ErrorRecoveryLevel 0
 *
 * LIO calls it when it submits a write without unsolicited data (by
 * lio_write_pending()), inside iscsit_sequence_cmd() for one with immediate data
 * alone, at once or in its turn, and inside iscsit_check_dataout_payload() after
 * the last unsolicited Data-Out.
 *
 * Worker of the completion queue, or RX thread, or a worker of the target core;
 * perhaps under LIO's cmdsn_mutex.  Does not wait.
 * Return: always 0, since LIO ignores errors in most places.
 */
int isert_get_dataout(struct iscsit_conn *conn, struct iscsit_cmd *cmd,
		      bool recovery)
{
	struct isert_conn *ic = conn->context;
	struct isert_cmd *c = isert_cmd_of(cmd);
	u32 start = cmd->write_data_done, end = cmd->se_cmd.data_length;
	u32 burst = ic->limits.max_burst, wire = end;
	u64 tagged;

	/*
	 * The timer is for Data-Out that the peer must send.  The queue pair
	 * performs a Read, which may wait in a queue for those of other writes.
	 */
	iscsit_stop_dataout_timer(cmd);
	WRITE_ONCE(c->asked, true);
	if (isert_has_pi(ic, &cmd->se_cmd)) {
		isert_describe_data(c);
		if (!isert_pi_begin(c, &wire)) {
			isert_data_arrived(cmd);
			transport_generic_request_failure(&cmd->se_cmd,
							  TCM_LOGICAL_UNIT_COMMUNICATION_FAILURE);
			return 0;
		}
		burst = end;
	}
	if (!isert_tagged(c, start, &tagged) ||
	    !isert_tagged(c, wire - 1, &tagged)) {
		isert_protocol_error(ic, "Write Base Offset %#llx has no room for bytes %u to %u",
				     c->iser.peer.write_base, start, wire);
		return 0;
	}
	spin_lock_bh(&c->lock);
	c->status = 0;
	iser_bursts_init(&c->bursts, start, end, burst,
			 min_t(u32, ic->limits.max_r2t, ISER_MAX_GETS));
	spin_unlock_bh(&c->lock);
	if (isert_fetch_start(c))
		isert_starve(c);
	return 0;
}

/**
 * isert_data_completion_notify - Data_Completion_Notify
 * @iser: command of a write
 * @offset: of the burst
 * @len: of the burst
 * @status: 0, or negative errno: the connection has ended
 *
 * Up-call from a worker.  Runs the command when all its data have arrived, or
 * when it is aborted and no Read is outstanding.  LIO runs a command that is
 * ahead of its CmdSN in its turn.  After an error, the command stays parked
 * until the connection is closed.
 */
void isert_data_completion_notify(struct iser_cmd *iser, u32 offset, u32 len,
				  int status)
{
	struct isert_cmd *c = isert_cmd(iser);
	struct isert_conn *ic = c->ic;
	struct iscsit_cmd *cmd = c->cmd;
	struct se_cmd *se_cmd = &cmd->se_cmd;
	bool aborted = READ_ONCE(se_cmd->transport_state) & CMD_T_ABORTED;
	bool all, early;

	if (isert_has_pi(ic, se_cmd) && cmd->data_direction == DMA_FROM_DEVICE) {
		isert_pi_data_in_done(c, len, status);
		return;
	}
	isert_get_ends(ic);
	/* LIO counts only Data-Out by itself. */
	if (!status)
		atomic_long_add(len, &ic->conn->sess->rx_data_octets);
	spin_lock_bh(&c->lock);
	all = iser_bursts_done(&c->bursts, len);
	if (status)
		c->status = status;
	else if (!aborted)
		isert_fetch_more(c);
	status = c->status;
	if (aborted)
		all = !c->bursts.out;
	spin_unlock_bh(&c->lock);
	if (status || !all)
		return;

	iser_unmap_data(iser);
	cmd->write_data_done = se_cmd->data_length;
	early = isert_data_arrived(cmd);
	WRITE_ONCE(ic->working, true);
	/* Both hand an aborted command to the target core's abort. */
	if (isert_has_pi(ic, se_cmd) && isert_pi_sense(c))
		transport_generic_request_failure(se_cmd, se_cmd->pi_err);
	else if (!early)
		target_execute_cmd(se_cmd);
	WRITE_ONCE(ic->working, false);
}
