// SPDX-License-Identifier: GPL-2.0-only
/*
 * Logout: RFC 7143, sections 11.14 and 11.15.
 *
 * The response says that nothing of what was logged out is left: neither a task at
 * the backend, which might change the medium after what the initiator sends next on
 * another connection, nor a command that waits for its turn.  LIO would send it at
 * once.  So it is held back until other connections that the Logout closes are gone,
 * and the tasks of its own have ended.
 *
 * The Logout itself determines what happens when its response has been sent,
 * since others may be in progress before and after it.  LIO finishes a Logout
 * that closes the connection it arrived on.  LIO waits for that close, which
 * requires a work, and holds the connection and the session for it, once for
 * each connection.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "command.h"
#include "logout.h"
#include "order.h"
#include "session.h"
#include "target.h"

#include <linux/delay.h>
#include <linux/module.h>

#define ISERT_LOGOUT_POLL	10	/* milliseconds */
/* For a Logout's turn, and for what it closes.  open-iscsi waits 15 s for the response. */
#define ISERT_LOGOUT_TIME	(10 * HZ)

/* Returns true if a Logout closes the connection that it arrived on. */
static bool isert_logout_closes(const struct iscsit_cmd *cmd)
{
	switch (cmd->logout_reason) {
	case ISCSI_LOGOUT_REASON_CLOSE_SESSION:
		return true;
	case ISCSI_LOGOUT_REASON_CLOSE_CONNECTION:
		return cmd->logout_cid == cmd->conn->cid;
	default:
		return false;
	}
}

/*
 * Returns true if a Logout that closes the connection waits for its CmdSN.  Another
 * connection may be about to run it: under the mutex it still waits, or has been run.
 */
static bool isert_logout_waits(struct iscsit_conn *conn)
{
	struct iscsit_cmd *cmd;
	bool waits = false;

	mutex_lock(&conn->sess->cmdsn_mutex);
	spin_lock_bh(&conn->cmd_lock);
	list_for_each_entry(cmd, &conn->conn_cmd_list, i_conn_node)
		if (cmd->iscsi_opcode == ISCSI_OP_LOGOUT &&
		    cmd->cmd_flags & ICF_OOO_CMDSN && isert_logout_closes(cmd))
			waits = true;
	spin_unlock_bh(&conn->cmd_lock);
	mutex_unlock(&conn->sess->cmdsn_mutex);
	return waits;
}

/* Refuses a Logout, which LIO has not seen. */
static void isert_logout_refuse(struct isert_conn *ic, struct iscsit_cmd *cmd,
				const char *why)
{
	isert_unmap_cmd(ic->conn, cmd);
	iscsit_release_cmd(cmd);
	isert_protocol_error(ic, "%s", why);
}

/**
 * isert_receive_logout - handle a Logout Request
 * @ic: connection
 * @cmd: new command
 * @hdr: its header; LIO may change it
 *
 * RX thread.  No further request may follow a Logout that closes the connection
 * (section 11.14); LIO would count both, and settle only one if the connection
 * is lost.  Once LIO has executed the first, isert_receive() drops all PDUs.
 * LIO judges the reason when the Logout's turn comes, maybe on another connection,
 * and those that wait behind it would wait on.
 */
void isert_receive_logout(struct isert_conn *ic, struct iscsit_cmd *cmd,
			  void *hdr)
{
	struct isert_cmd *c = isert_cmd_of(cmd);
	const struct iscsi_logout *req = hdr;

	c->settled = false;
	c->late = false;
	if ((req->flags & ISCSI_FLAG_LOGOUT_REASON_MASK) >
	    ISCSI_LOGOUT_REASON_RECOVERY)
		isert_logout_refuse(ic, cmd, "Logout Request with an unknown reason");
	else if (isert_logout_waits(ic->conn))
		isert_logout_refuse(ic, cmd,
				    "a second Logout Request while one waits for its CmdSN");
	else if (iscsit_handle_logout_cmd(ic->conn, cmd, hdr) < 0)
		isert_protocol_error(ic, "Logout Request that LIO does not take");
}

/* Whether a write waits for unsolicited data, whose PDUs are dropped now. */
static bool isert_write_waits(const struct iscsit_cmd *cmd)
{
	const struct isert_cmd *c = isert_cmd_of(cmd);

	return c && !READ_ONCE(c->asked) &&
		cmd->se_cmd.t_state == TRANSPORT_WRITE_PENDING &&
		cmd->cmd_flags & ICF_NON_IMMEDIATE_UNSOLICITED_DATA;
}

/*
 * Whether tasks are left of a connection that receives no more.  A command that waits
 * for its turn, or for data, ends with the connection, and so does task management
 * that waits for such a command.
 */
static bool isert_tasks_left(struct iscsit_conn *conn)
{
	bool task = false, tmf = false, waits = false;
	struct iscsit_cmd *cmd;

	spin_lock_bh(&conn->cmd_lock);
	list_for_each_entry(cmd, &conn->conn_cmd_list, i_conn_node) {
		const struct isert_cmd *c = isert_cmd_of(cmd);

		if (c && READ_ONCE(c->posted))
			continue;
		if (cmd->cmd_flags & ICF_OOO_CMDSN || isert_write_waits(cmd))
			waits = true;
		else if (cmd->iscsi_opcode == ISCSI_OP_SCSI_CMD)
			task = true;
		else if (cmd->iscsi_opcode == ISCSI_OP_SCSI_TMFUNC)
			tmf = true;
	}
	spin_unlock_bh(&conn->cmd_lock);
	return task || (tmf && !waits);
}

/*
 * Whether it is a Logout's turn to close other connections.  Only one of a session does
 * so at a time, so that of two connections that log each other out one remains to be
 * answered.  One that has waited for long no longer does: a backend holds up the other.
 */
static bool isert_logout_turn(struct isert_cmd *c)
{
	struct isert_cmd *leaver = cmpxchg(&c->ic->session->leaver, NULL, c);

	if (c->turn)
		return true;
	if (leaver && leaver != c && time_before(jiffies, c->logout_end))
		return false;
	c->turn = true;
	c->logout_end = jiffies + ISERT_LOGOUT_TIME;
	return true;
}

/*
 * Closes what a Logout closes beside its own connection.  Returns true if some of it is
 * left.
 */
static bool isert_logout_closing(struct isert_cmd *c, int cid)
{
	struct isert_conn *ic = c->ic;

	if (!isert_logout_turn(c))
		return true;
	isert_close_others(ic->conn->sess, ic->conn, cid, false);
	return isert_others_left(ic, cid) || (cid < 0 && READ_ONCE(ic->joining));
}

/* Whether something is left of what a Logout closes. */
static bool isert_logout_pending(struct isert_cmd *c)
{
	const struct iscsit_cmd *cmd = c->cmd;
	bool own = isert_logout_closes(cmd), pending = false;

	if (cmd->logout_reason == ISCSI_LOGOUT_REASON_CLOSE_SESSION)
		pending = isert_logout_closing(c, -1);
	else if (!own)
		pending = isert_logout_closing(c, cmd->logout_cid);
	if (own) {
		pending |= !isert_order_discard(cmd->conn, false) ||
			isert_tasks_left(cmd->conn);
	}
	if (!pending)
		cmpxchg(&c->ic->session->leaver, c, NULL);
	return pending;
}

static void isert_logout_wait_work(struct work_struct *work)
{
	struct isert_cmd *c = container_of(work, struct isert_cmd, logout_work);
	struct isert_conn *ic = c->ic;
	bool pending;

	while ((pending = isert_logout_pending(c)) && !READ_ONCE(ic->closing) &&
	       (!c->turn || time_before(jiffies, c->logout_end)))
		msleep(ISERT_LOGOUT_POLL);
	cmpxchg(&ic->session->leaver, c, NULL);
	c->late = pending;
	if (pending && !READ_ONCE(ic->closing))
		isert_warn(ic, "logs out, but the backend has not finished commands within %u s: they may still be executed",
			   ISERT_LOGOUT_TIME / HZ);
	/* The response may be sent, and the command released, at once. */
	while (!READ_ONCE(ic->closing) && iscsit_queue_rsp(ic->conn, c->cmd))
		msleep(ISERT_LOGOUT_POLL);
	if (atomic_dec_and_test(&ic->logouts))
		wake_up_all(&ic->wait);
	isert_conn_put(ic);
}

/**
 * isert_logout_hold - hold back a Logout Response that would come too early
 * @ic: connection
 * @c: the command of its request
 *
 * TX thread.  The connection is not freed while one is held back.
 * Return: true if the response will come through LIO's queue again.
 */
bool isert_logout_hold(struct isert_conn *ic, struct isert_cmd *c)
{
	if (c->settled || c->cmd->logout_reason == ISCSI_LOGOUT_REASON_RECOVERY)
		return false;
	c->settled = true;
	c->logout_end = jiffies + ISERT_LOGOUT_TIME;
	/* One that closes its own connection alone waits for no other. */
	c->turn = c->cmd->logout_reason == ISCSI_LOGOUT_REASON_CLOSE_CONNECTION &&
		isert_logout_closes(c->cmd);
	if (!isert_logout_pending(c))
		return false;
	kref_get(&ic->ref);
	atomic_inc(&ic->logouts);
	INIT_WORK(&c->logout_work, isert_logout_wait_work);
	queue_work(isert_hold_wq, &c->logout_work);
	return true;
}

/*
 * Closes the others of the session, and those whose login relies on this one.  Such a
 * one is in the list before it ceases to rely on it, hence the order.
 */
static void isert_logout_rest(struct isert_conn *ic)
{
	struct iscsit_conn *conn = ic->conn;
	u32 joining, others;

	for (;;) {
		joining = READ_ONCE(ic->joining);
		others = isert_close_others(conn->sess, conn, -1, false);
		if (!joining && !others)
			return;
		msleep(ISERT_LOGOUT_POLL);
	}
}

/*
 * Runs LIO's part of a logout, and sleeps until the connection is closed.
 *
 * For a session, LIO walks the list of connections and waits for each; the walk
 * breaks if the next connection closes during a wait.  Therefore this closes
 * the others first, which takes as long as their backends need.
 */
static void isert_logout_work(struct work_struct *work)
{
	struct isert_cmd *c = container_of(work, struct isert_cmd,
					    logout_work);
	struct iscsit_conn *conn = c->ic->conn;

	if (c->cmd->logout_reason == ISCSI_LOGOUT_REASON_CLOSE_SESSION)
		isert_logout_rest(c->ic);
	/*
	 * LIO releases the command with the connection, and nothing here may be
	 * touched afterwards.
	 */
	iscsit_logout_post_handler(c->cmd, conn);
}

/*
 * Returns true if the session is being closed already.  Otherwise marks it as
 * closing for a Logout of the session, as LIO does, only earlier.
 */
static bool isert_session_closes(const struct iscsit_cmd *cmd)
{
	return cmd->logout_reason == ISCSI_LOGOUT_REASON_CLOSE_SESSION &&
		atomic_cmpxchg(&cmd->conn->sess->session_close, 0, 1);
}

/**
 * isert_logout_sent - finish a Logout whose response was sent or never will be
 * @c: its command
 * @status: 0 or negative errno: the connection has ended
 *
 * Up-call from a worker.
 * Return: true if LIO releases the command.
 */
bool isert_logout_sent(struct isert_cmd *c, int status)
{
	if (!isert_logout_closes(c->cmd))
		return false;
	/*
	 * LIO settles the Logout itself if the response was not sent, and also if
	 * it is a second one for the session.
	 */
	if (!status && !isert_session_closes(c->cmd)) {
		WRITE_ONCE(c->ic->logout_closing, true);
		INIT_WORK(&c->logout_work, isert_logout_work);
		queue_work(isert_wq, &c->logout_work);
	}
	return true;
}
