// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of one of LIO's connections, and how it ends.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "buffer.h"
#include "command.h"
#include "conn.h"
#include "data_out.h"
#include "login.h"
#include "order.h"
#include "ping.h"
#include "receive.h"
#include "response.h"
#include "session.h"
#include "target.h"

#include <linux/delay.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <iser/log.h>

#define ISERT_CLOSE_POLL	(HZ / 20)
#define ISERT_TURN_POLL		10	/* milliseconds */
#define ISERT_DROP_TIME		(2 * HZ)
#define ISERT_DROP_PAUSE	(30 * HZ)

static bool strict_base_offset;
module_param(strict_base_offset, bool, 0644);
MODULE_PARM_DESC(strict_base_offset,
		 "Treat an absent TaggedBufferForSolicitedDataOnly as No, as RFC 7145 says; deployed initiators mean Yes (default: N)");

static bool isert_strict_base(void)
{
	return READ_ONCE(strict_base_offset);
}

/**
 * isert_conn_alloc - allocate the state of an accepted connection
 * @conn: LIO's connection
 * @dm: the core's connection; its reference goes along
 *
 * np thread, may sleep.
 * Return: connection, or NULL.
 */
struct isert_conn *isert_conn_alloc(struct iscsit_conn *conn,
				    struct iser_conn *dm)
{
	struct isert_conn *ic = kzalloc(sizeof(*ic), GFP_KERNEL);

	if (!ic)
		return NULL;
	if (isert_session_alloc(ic)) {
		kfree(ic);
		return NULL;
	}
	kref_init(&ic->ref);
	ic->conn = conn;
	ic->dm = dm;
	ic->login_owner = ISERT_LOGIN_NP;
	ic->first_burst = 65536;	/* RFC 7143, sections 13.2, 13.10, 13.11, 13.14 */
	ic->initial_r2t = true;
	ic->immediate = true;
	ic->pdus_in_order = true;
	ic->sequences_in_order = true;
	ic->connections = 1;
	ic->max_burst = 262144;
	ic->max_r2t = 1;
	spin_lock_init(&ic->login_lock);
	spin_lock_init(&ic->rx_lock);
	spin_lock_init(&ic->starve_lock);
	INIT_LIST_HEAD(&ic->deferred);
	INIT_LIST_HEAD(&ic->starved);
	INIT_LIST_HEAD(&ic->discovery_node);
	INIT_DELAYED_WORK(&ic->starve_work, isert_starve_work);
	INIT_DELAYED_WORK(&ic->ping_work, isert_ping_work);
	INIT_DELAYED_WORK(&ic->window_work, isert_window_work);
	init_waitqueue_head(&ic->wait);
	isert_buffers_init(ic);
	iser_keys_init(&ic->keys, ISERT_RECV_DSL, ISERT_SEND_DSL);
	ic->keys.strict = isert_strict_base();
	iser_conn_set_upper(dm, ic);
	return ic;
}

/**
 * isert_get_rx_pdu - full feature phase
 * @conn: LIO's connection
 *
 * RX thread.  Begins the phase, then handles the PDUs that the completion
 * queue's worker has deferred because it must not sleep.  Returns when the
 * connection has ended or LIO wants it to end (a signal); LIO then closes it.
 */
void isert_get_rx_pdu(struct iscsit_conn *conn)
{
	struct isert_conn *ic = conn->context;
	bool ended;

	isert_join_end(ic);
	spin_lock_bh(&ic->rx_lock);
	ic->full = true;
	ended = ic->ended;
	spin_unlock_bh(&ic->rx_lock);

	if (ended || !isert_session_enter(ic) || isert_login_finish(ic))
		return;
	ic->logged_in = true;
	isert_ping_start(ic);
	while (!wait_event_interruptible(ic->wait,
					 READ_ONCE(ic->ended) ||
					 READ_ONCE(ic->deferring))) {
		if (READ_ONCE(ic->ended) || signal_pending(current))
			return;
		iscsit_thread_check_cpumask(conn, current, 0);
		isert_receive_deferred(ic);
	}
}

/*
 * Logs why a session has ended, except after a Logout and for a Discovery
 * session, whose ends are expected.
 */
static void isert_say_end(struct isert_conn *ic, int reason)
{
	const struct iscsi_sess_ops *ops = ic->conn->sess->sess_ops;
	const char *why;

	/* LIO takes back the mark of the connection as soon as it closes it. */
	if (atomic_read(&ic->conn->conn_logout_remove) ||
	    READ_ONCE(ic->logout_closing) || READ_ONCE(ic->logged_out) ||
	    atomic_read(&ic->conn->sess->session_logout) || ops->SessionType ||
	    ic->refused)
		return;
	switch (reason) {
	case 0:
		why = "closed by this target, portal group disabled or session replaced";
		break;
	case -ECONNRESET:
		why = "closed by the initiator";
		break;
	case -ETIMEDOUT:
		why = "no answer from the initiator";
		break;
	case -ENODEV:
		why = "RDMA device removed";
		break;
	case -EPROTO:
		why = "protocol error";
		break;
	default:
		why = "error";
		break;
	}
	if (!reason && atomic_read(&ic->conn->sess->session_reinstatement))
		isert_replaced_note(ic);
	iser_log(ISER_LOG_END, &iser_conn_info(ic->dm)->remote,
		 "session of %s lost: %s (%d)", ops->InitiatorName, why, reason);
}

/**
 * isert_terminate_notify - Connection_Terminate_Notify
 * @dm: connection
 * @reason: why
 *
 * Up-call from a worker.  Before the full feature phase, isert_login_notify()
 * has done all that is needed, and LIO's thread pointers may be stale.
 */
void isert_terminate_notify(struct iser_conn *dm, int reason)
{
	struct isert_conn *ic = iser_conn_upper(dm);
	bool full;

	spin_lock_bh(&ic->rx_lock);
	ic->ended = true;
	full = ic->full;
	spin_unlock_bh(&ic->rx_lock);
	if (full)
		isert_say_end(ic, reason);
	wake_up_all(&ic->wait);
	/* The RX thread may sleep for a tag that only the close frees. */
	if (full)
		iscsit_cause_connection_reinstatement(ic->conn, 0);
}

/*
 * Commands of a connection that has ended.
 *
 * LIO frees commands only after the transport has waited for them.  The target
 * core hands most of them back.  It does not hand back three kinds, since LIO's
 * threads and the peer are gone: what LIO has queued for its TX thread, writes
 * whose data will not arrive, and commands that wait for an earlier CmdSN.
 */

/* Returns a command in one of LIO's queues for the TX thread, or NULL. */
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

/*
 * Returns true if only this half will release a command.  LIO drops the target
 * core's reference to a command with sense when it arrives, so that it is not
 * parked; but LIO would answer it only in its turn, which no longer comes.
 */
static bool isert_cmd_left(struct iscsit_cmd *cmd)
{
	return isert_cmd_parked(cmd) || cmd->cmd_flags & ICF_OOO_CMDSN;
}

/* Returns true if the last Get_Data of a write has returned. */
static bool isert_fetch_idle(struct isert_cmd *c)
{
	bool idle;

	spin_lock_bh(&c->lock);
	idle = !c->bursts.out;
	spin_unlock_bh(&c->lock);
	return idle;
}

/*
 * Whether a command can be released now by this half, which alone will do so.  The
 * end of a response that is on its way releases its command itself.
 */
static bool isert_releasable(struct iscsit_cmd *cmd, void *unused)
{
	struct isert_cmd *c = isert_cmd_of(cmd);

	return cmd->se_cmd.se_tfo && isert_cmd_left(cmd) &&
		(!c || (!READ_ONCE(c->posted) && isert_fetch_idle(c)));
}

/*
 * Raises MaxCmdSN as the response of a released command would have, so that the
 * window of a session that goes on does not shrink.  What has no CmdSN has used
 * none of it, nor has a command that is only to be removed.
 */
static void isert_return_window(struct iscsit_conn *conn,
				struct iscsit_cmd *cmd)
{
	switch (cmd->iscsi_opcode) {
	case ISCSI_OP_NOOP_IN:
	case ISCSI_OP_REJECT:
	case ISCSI_OP_ASYNC_EVENT:
		return;
	}
	if (cmd->i_state != ISTATE_REMOVE)
		iscsit_increment_maxcmdsn(cmd, conn->sess);
}

static void isert_release_orphans(struct iscsit_conn *conn)
{
	struct iscsit_cmd *cmd;

	while ((cmd = isert_queued(conn))) {
		bool parked = cmd->se_cmd.se_tfo && isert_cmd_parked(cmd);

		isert_return_window(conn, cmd);
		/* Removes it from all lists, and calls isert_unmap_cmd(). */
		iscsit_aborted_task(conn, cmd);
		if (!cmd->se_cmd.se_tfo) {
			iscsit_release_cmd(cmd);
			continue;
		}
		if (parked)
			target_put_sess_cmd(&cmd->se_cmd);
		transport_generic_free_cmd(&cmd->se_cmd, 0);
	}
	while ((cmd = isert_find_cmd(conn, isert_releasable, NULL))) {
		struct se_device *dev = cmd->se_cmd.se_dev;

		/* The target core's submission may still hold it. */
		if (dev)
			flush_work(&dev->queues[cmd->se_cmd.cpuid].sq.work);
		/* It may have asked for data meanwhile, which a work reports. */
		if (isert_releasable(cmd, NULL)) {
			isert_return_window(conn, cmd);
			isert_cmd_release(conn, cmd);
		}
		target_put_sess_cmd(&cmd->se_cmd);
	}
}

/**
 * isert_release_all - wait until no SCSI task of the connection is left
 * @ic: connection; up-calls follow only for what this function submits
 *
 * Sleeps as long as backends need.
 */
static void isert_release_all(struct isert_conn *ic)
{
	struct iscsit_conn *conn = ic->conn;
	struct target_cmd_counter *count = conn->cmd_cnt;

	/* Login failed, or a tag was never handed out. */
	if (!conn->sess || !ic->allocated)
		return;
	isert_order_discard(conn, true);
	target_stop_cmd_counter(count);
	for (;;) {
		/* Moves them to LIO's queue, where isert_queued() finds them. */
		isert_fence_release(ic);
		isert_release_orphans(conn);
		if (wait_event_timeout(count->refcnt_wq,
				       percpu_ref_is_zero(&count->refcnt),
				       ISERT_CLOSE_POLL))
			break;
	}
	target_wait_for_cmds(count);
}

/* Whether a Logout of the session is finished by isert_logout_work().  Under conn_lock. */
static bool isert_session_logged_out(struct iscsit_conn *conn)
{
	struct iscsit_conn *other;
	bool logout = false;

	list_for_each_entry(other, &conn->sess->sess_conn_list, conn_list) {
		const struct isert_conn *o = isert_conn_of(other);

		logout |= o && READ_ONCE(o->logout_closing) &&
			other->conn_logout_reason == ISCSI_LOGOUT_REASON_CLOSE_SESSION;
	}
	return logout;
}

/*
 * The number of connections in the session's list.  Under conn_lock.  The first kernels of
 * 6.1 that are supported have no list_count_nodes().
 */
static int isert_listed(const struct iscsit_session *sess)
{
	const struct list_head *node;
	int n = 0;

	list_for_each(node, &sess->sess_conn_list)
		n++;
	return n;
}

/*
 * Takes the connection out of the session's list, which LIO would do next.  When LIO
 * replaces a session or closes it for the administrator, it walks over the list, and
 * while it waits for a connection it keeps the next one in memory, but not in the list.
 * So they leave the list in its order, each when its predecessor has been freed, and
 * thus the walk has come to it.  Under the lock LIO begins a walk either before, and the
 * connection waits, or does not find it.
 *
 * A Logout of the session closes the others before LIO walks: isert_logout_work().
 * Return: false if the connection must wait.
 */
static bool isert_leave_list(struct iscsit_conn *conn)
{
	struct iscsit_session *sess = conn->sess;
	bool leaves = true;

	/* Its login has failed. */
	if (!sess || list_empty(&conn->conn_list))
		return true;
	spin_lock_bh(&sess->conn_lock);
	if ((atomic_read(&sess->session_close) ||
	     atomic_read(&sess->session_reinstatement)) &&
	    !isert_session_logged_out(conn))
		leaves = list_is_first(&conn->conn_list, &sess->sess_conn_list) &&
			atomic_read(&sess->nconn) == isert_listed(sess);
	if (leaves)
		list_del_init(&conn->conn_list);
	spin_unlock_bh(&sess->conn_lock);
	return leaves;
}

/*
 * Whether the administrator ends the session: its portal group is disabled or deleted,
 * or the ACL of its initiator.  LIO marks the session as one that a new login replaces,
 * so that does not tell.
 */
static bool isert_session_removed(const struct iscsit_session *sess)
{
	const struct se_node_acl *acl = sess->se_sess->se_node_acl;

	/* LIO itself takes one off the list that it has made for an earlier session. */
	return READ_ONCE(sess->tpg->tpg_state) != TPG_STATE_ACTIVE ||
		(list_empty(&acl->acl_list) && !acl->dynamic_stop);
}

/*
 * Tells the initiator that the administrator ends its session, and waits until it has
 * received that.  LIO closes one connection after another, so that many hosts that have
 * gone would hold up the administrator: after one that did not answer, others are not
 * told for a while.
 */
static void isert_drop(struct isert_conn *ic)
{
	static u64 pause_end;
	const struct iscsit_conn *conn = ic->conn;

	if (conn->sess->sess_ops->SessionType || !isert_session_removed(conn->sess))
		return;
	if (!ic->logged_in || READ_ONCE(ic->ended) ||
	    conn->conn_state == TARG_CONN_STATE_IN_LOGOUT ||
	    time_before64(get_jiffies_64(), READ_ONCE(pause_end)) ||
	    !isert_tell_drop(ic))
		return;
	if (!wait_event_timeout(ic->wait, READ_ONCE(ic->drop_told) ||
				READ_ONCE(ic->ended), ISERT_DROP_TIME) &&
	    !READ_ONCE(ic->working))
		WRITE_ONCE(pause_end, get_jiffies_64() + ISERT_DROP_PAUSE);
}

/* Ends a connection in the full feature phase, and all use of it. */
static void isert_close(struct isert_conn *ic)
{
	struct iscsit_conn *conn = ic->conn;

	cancel_delayed_work_sync(&ic->ping_work);
	isert_drop(ic);
	/*
	 * The initiator has logged in again, and that login waits, so the old
	 * connection ends without telling the initiator.
	 */
	if (atomic_read(&conn->sess->session_reinstatement) ||
	    READ_ONCE(ic->replaced))
		iser_connection_fail(ic->dm, 0);
	iser_connection_terminate(ic->dm);
	/* From here on, up-calls come only for what LIO still submits. */
	cancel_delayed_work_sync(&ic->ping_work);
	cancel_delayed_work_sync(&ic->window_work);
	isert_drop_deferred(ic);
	isert_starve_stop(ic);
	/* The Logouts that wait notice that the connection is being closed. */
	wait_event(ic->wait, !atomic_read(&ic->logouts));
	isert_release_all(ic);

	/*
	 * LIO's logout handler drops a reference to the connection after it has
	 * completed conn_logout_comp; LIO waits until the reference is dropped.
	 */
	if (ic->logout_closing)
		wait_for_completion(&conn->conn_logout_comp);
}

/**
 * isert_wait_conn - end all use of a connection that LIO closes
 * @conn: LIO's connection
 *
 * RX thread or TX thread (the other one is gone), np thread or login work.
 * Sleeps until all commands of the connection have been given back, and as
 * isert_leave_list() says.
 */
void isert_wait_conn(struct iscsit_conn *conn)
{
	struct isert_conn *ic = conn->context;

	isert_join_end(ic);
	isert_join_wait(ic);
	isert_login_over(ic);
	if (ic->full)
		isert_close(ic);
	else
		/* LIO's login thread closes it, and must not wait for a peer. */
		iser_connection_close(ic->dm);
	while (!isert_leave_list(conn))
		msleep(ISERT_TURN_POLL);
}

/*
 * Makes LIO free the session with its last connection.  After a Logout of that
 * connection alone, LIO would keep the session for Time2Retain, and free it in
 * a timer, where it sleeps.  Below level 2, nothing can be resumed anyway.
 */
static void isert_end_session(struct iscsit_session *sess)
{
	spin_lock_bh(&sess->conn_lock);
	if (list_empty(&sess->sess_conn_list) &&
	    !atomic_read(&sess->session_logout))
		atomic_set(&sess->session_fall_back_to_erl0, 1);
	spin_unlock_bh(&sess->conn_lock);
}

/**
 * isert_free_conn - LIO is about to free a connection
 * @conn: LIO's connection
 *
 * After isert_wait_conn(); LIO has released the commands that are no SCSI
 * tasks.  Sleeps.
 */
void isert_free_conn(struct iscsit_conn *conn)
{
	struct isert_conn *ic = conn->context;

	/* A failed login may no longer have a session. */
	if (conn->sess && ic->allocated)
		isert_end_session(conn->sess);
	isert_session_leave(ic);
	isert_discovery_leave(ic);
	spin_lock_bh(&ic->login_lock);
	ic->conn = NULL;
	spin_unlock_bh(&ic->login_lock);
	if (ic->full)
		iser_deallocate_connection_resources(ic->dm);
	iser_conn_put(ic->dm);
	isert_buffers_free(ic);
	kvfree(ic->final_text);
	conn->context = NULL;
	isert_conn_put(ic);
}
