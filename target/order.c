// SPDX-License-Identifier: GPL-2.0-only
/*
 * The numbers of a session, which its connections share: RFC 7143, section 4.2.2, and
 * RFC 7145, section 8.1.  These are the window of CmdSN, the commands that arrive ahead
 * of it, the order of responses (Response Fence), and the account of unexpected PDUs.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "command.h"
#include "order.h"
#include "session.h"
#include "target.h"

#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <iser/param.h>

/*
 * The command window of a session.  It is never larger than the posted receives
 * cover (RFC 7145, section 8.1.1.1), and no more receives are posted than the
 * session makes use of.
 *
 * LIO's window is the number of commands that may be outstanding: LIO raises
 * MaxCmdSN with each response.  These functions reduce the window once, before
 * the initiator has been told, and enlarge it by adding to MaxCmdSN after they
 * have posted the receives.  MaxCmdSN never decreases (RFC 7143, section
 * 4.2.2.1).
 */

#define ISERT_WINDOW_RETRY	HZ

static unsigned int initial_window = 16;
ISER_PARAM(initial_window, initial_window, 1, TA_DEFAULT_CMDSN_DEPTH_MAX, 0644);
MODULE_PARM_DESC(initial_window,
		 "Commands that a new session may have outstanding if receives are not shared; the window and its receives grow with use, up to LIO's cmdsn_depth (default: 16)");

u32 isert_initial_window(void)
{
	return READ_ONCE(initial_window);
}

/**
 * isert_window_begin - take back what LIO has granted beyond the receives
 * @ic: connection; the initiator has not been told of a window yet
 *
 * A connection that has taken the place of the only one has receives for the largest
 * window of the session, and nobody enlarges it any longer: the window becomes that.
 * RX thread.
 */
void isert_window_begin(struct isert_conn *ic)
{
	struct iscsit_session *sess = ic->conn->sess;
	struct isert_session *s = ic->session;
	u32 window = sess->cmdsn_window;

	if (sess->sess_ops->SessionType)
		return;
	if (!ic->keys.leading) {
		if (window < s->window_most) {
			sess->cmdsn_window = s->window_most;
			atomic_add(s->window_most - window, &sess->max_cmd_sn);
		}
		return;
	}
	if (window > ic->window.most)
		isert_warn(ic, "window of %u commands is reduced to %u: the queue pair holds %u receives; recv_depth raises the limit",
			   window, ic->window.most,
			   iser_conn_info(ic->dm)->recv_depth);
	/* LIO has reduced its window since the receives were counted. */
	if (ic->window.most > window)
		ic->window.most = window;
	WRITE_ONCE(s->window_most, ic->window.most);
	if (window <= ic->window.granted)
		return;
	atomic_sub(window - ic->window.granted, &sess->max_cmd_sn);
	sess->cmdsn_window = ic->window.granted;
}

/*
 * Returns how many commands the initiator could still send when it sent its
 * last PDU.  LIO may have answered others since, unknown to the initiator.
 */
static u32 isert_window_room(const struct isert_conn *ic)
{
	struct iscsit_conn *conn = ic->conn;
	struct iscsit_session *sess = conn->sess;
	u32 room = (u32)atomic_read(&sess->max_cmd_sn) -
		READ_ONCE(sess->exp_cmd_sn) + 1;
	u32 unseen = READ_ONCE(conn->stat_sn) - READ_ONCE(ic->exp_statsn);

	return unseen < room ? room - unseen : 0;
}

/**
 * isert_window_used - enlarge the window if a received PDU shows it is small
 * @ic: connection whose window may still grow
 *
 * Worker of the completion queue, or RX thread; allocates nothing.
 */
void isert_window_used(struct isert_conn *ic)
{
	if (iser_window_more(&ic->window, isert_window_room(ic)))
		schedule_delayed_work(&ic->window_work, ic->window_short ?
				      ISERT_WINDOW_RETRY : 0);
}

/**
 * isert_window_work - post receives for a larger window, then grant it
 * @work: ic->window_work
 *
 * Worker; sleeps.  The next response tells the initiator.  If memory is short,
 * the window keeps its size.
 */
void isert_window_work(struct work_struct *work)
{
	struct isert_conn *ic = container_of(to_delayed_work(work),
					     struct isert_conn, window_work);
	struct iscsit_session *sess = ic->conn->sess;
	struct iser_window *w = &ic->window;
	u32 more = iser_window_more(w, 0);
	int ret;

	ret = iser_add_receives(ic->dm, more * w->each);
	if (ret == -ENOTCONN)
		return;
	if (ret && !ic->window_short)
		isert_warn(ic, "window stays at %u commands: can't allocate more receives, error %d, trying again",
			   w->granted, ret);
	WRITE_ONCE(ic->window_short, ret);
	if (ret)
		return;
	pr_debug("peer %pISpc: window of %u commands made %u\n",
		 &iser_conn_info(ic->dm)->remote, w->granted,
		 w->granted + more);
	sess->cmdsn_window += more;
	WRITE_ONCE(w->granted, w->granted + more);
	atomic_add(more, &sess->max_cmd_sn);
}

/*
 * Commands ahead of their CmdSN: RFC 7143, section 4.2.2.1.
 *
 * LIO enters them in a list of the session, and runs each once all commands
 * with an earlier CmdSN have arrived, in the context that delivers the last of
 * these, maybe that of another connection.  It then holds cmdsn_mutex, and no
 * reference.  So a command that is answered or given back while it waits must
 * leave the list first; otherwise LIO would run the next command with its tag.
 * Its entry stays, since its CmdSN has arrived.
 */

/**
 * isert_order_answered - keep LIO from running an answered command
 * @cmd: command ahead of its CmdSN
 *
 * The caller has held cmdsn_mutex since it checked the command.
 */
void isert_order_answered(struct iscsit_cmd *cmd)
{
	struct iscsi_ooo_cmdsn *ooo;

	list_for_each_entry(ooo, &cmd->conn->sess->sess_ooo_cmdsn_list,
			    ooo_list)
		if (ooo->cmd == cmd)
			ooo->cmd = NULL;
}

/**
 * isert_order_forget - keep LIO from running a command that is given back
 * @cmd: command, whether ahead of its CmdSN or not
 *
 * If the command is ahead, this sleeps, and the caller must not hold
 * cmdsn_mutex: LIO clears ICF_OOO_CMDSN before it runs a command under it.
 */
void isert_order_forget(struct iscsit_cmd *cmd)
{
	struct mutex *lock = &cmd->conn->sess->cmdsn_mutex;

	if (likely(!(READ_ONCE(cmd->cmd_flags) & ICF_OOO_CMDSN)))
		return;
	mutex_lock(lock);
	isert_order_answered(cmd);
	mutex_unlock(lock);
}

/**
 * isert_order_discard - discard the commands of a connection that wait for their turn
 * @conn: LIO's connection, which is being closed or logged out
 * @wait: for LIO's cmdsn_mutex, under which another connection may be in a backend
 *
 * RFC 7143, sections 7.2.1 and 11.14: they count as not received, and the initiator
 * may send them again, with the same CmdSN, on another connection.  So their entries
 * go, and MaxCmdSN is not raised for them when they are released.  The entry of one
 * that was answered stays, and that of a CmdSN that the initiator has given up.  LIO
 * does not export the cache of the entries, and kfree() finds it.  Sleeps.
 * Return: false if it was not to wait, and has to be tried again.
 */
bool isert_order_discard(struct iscsit_conn *conn, bool wait)
{
	struct iscsit_session *sess = conn->sess;
	struct iscsi_ooo_cmdsn *ooo, *next;

	/* kfree() of SLOB, which 6.1 may have, would not find the cache. */
	BUILD_BUG_ON(IS_ENABLED(CONFIG_SLOB));
	/*
	 * Also with an empty list: another connection may have taken an entry off it, and
	 * have its command no longer wait, and submit it, only now.
	 */
	if (wait)
		mutex_lock(&sess->cmdsn_mutex);
	else if (!mutex_trylock(&sess->cmdsn_mutex))
		return false;
	list_for_each_entry_safe(ooo, next, &sess->sess_ooo_cmdsn_list, ooo_list) {
		if (ooo->cid != conn->cid || !ooo->cmd || ooo->cmd->conn != conn)
			continue;
		if (ooo->cmd->deferred_i_state == ISERT_STATE_COUNTED) {
			iscsit_increment_maxcmdsn(ooo->cmd, sess);
			ooo->cmd = NULL;
			continue;
		}
		ooo->cmd->immediate_cmd = 1;
		list_del(&ooo->ooo_list);
		kfree(ooo);
	}
	mutex_unlock(&sess->cmdsn_mutex);
	return true;
}

/**
 * isert_order_entered - whether a CmdSN has come that is ahead of its turn
 * @sess: session
 * @sn: CmdSN
 * @waits: set to whether a command with it is still there, and waits
 *
 * RX thread or worker; sleeps.
 * Return: true if it has come.
 */
bool isert_order_entered(struct iscsit_session *sess, u32 sn, bool *waits)
{
	struct iscsi_ooo_cmdsn *ooo;
	bool found = false;

	*waits = false;
	mutex_lock(&sess->cmdsn_mutex);
	list_for_each_entry(ooo, &sess->sess_ooo_cmdsn_list, ooo_list) {
		if (ooo->cmdsn != sn)
			continue;
		found = true;
		*waits |= !!ooo->cmd;
	}
	mutex_unlock(&sess->cmdsn_mutex);
	return found;
}

/**
 * isert_order_repeats - whether a command with the same CmdSN waits already
 * @sess: session
 * @sn: CmdSN of a command that is not immediate, and not in its turn
 *
 * RFC 7143, section 4.2.2.1: such a command is ignored.  LIO would keep both, run one,
 * and forget the other.  One whose connection was logged out no longer waits, and may be
 * sent again on another.  RX thread or worker; sleeps.
 * Return: true if one waits.
 */
bool isert_order_repeats(struct iscsit_session *sess, u32 sn)
{
	bool waits;

	isert_order_entered(sess, sn, &waits);
	return waits;
}

/**
 * isert_order_last - the highest CmdSN of the commands that wait for their turn
 * @conn: LIO's connection; those of other connections do not count
 *
 * Worker; sleeps.
 * Return: that CmdSN, or ExpCmdSN when none waits.
 */
u32 isert_order_last(struct iscsit_conn *conn)
{
	struct iscsit_session *sess = conn->sess;
	struct iscsi_ooo_cmdsn *ooo;
	u32 last;

	mutex_lock(&sess->cmdsn_mutex);
	last = sess->exp_cmd_sn;
	list_for_each_entry(ooo, &sess->sess_ooo_cmdsn_list, ooo_list)
		if (ooo->cmd && ooo->cid == conn->cid &&
		    iscsi_sna_gt(ooo->cmdsn, last))
			last = ooo->cmdsn;
	mutex_unlock(&sess->cmdsn_mutex);
	return last;
}

/**
 * isert_order_forgotten - whether a command waits for a turn that is over
 * @conn: LIO's connection
 *
 * Two connections can enter a CmdSN at the same time.  Worker; sleeps.
 * Return: true if one waits.
 */
bool isert_order_forgotten(struct iscsit_conn *conn)
{
	struct iscsit_session *sess = conn->sess;
	struct iscsi_ooo_cmdsn *ooo;
	bool found = false;

	mutex_lock(&sess->cmdsn_mutex);
	list_for_each_entry(ooo, &sess->sess_ooo_cmdsn_list, ooo_list)
		found |= ooo->cmd && ooo->cid == conn->cid &&
			iscsi_sna_lt(ooo->cmdsn, sess->exp_cmd_sn);
	mutex_unlock(&sess->cmdsn_mutex);
	return found;
}

/*
 * Response Fence: RFC 7143, sections 4.2.2.3.2 and 4.2.3.3.
 *
 * The response of a task management request must follow those of the tasks that
 * it concerns.  The target core does not abort a command that has completed
 * already: one of its workers is about to hand the command back, possibly
 * through LIO's queue for the TX thread.  If the response overtook it, the
 * initiator would already have invalidated the STag that Put_Data or the
 * invalidation is for, and would lose the connection.
 *
 * On the connection of the request it is enough that the responses before have
 * been posted.  On other connections of the session they must have been delivered,
 * which is known when their Sends have completed.  Over iWARP that tells only that
 * the peer's acknowledgment is up to TCP.
 *
 * A COMPARE AND WRITE that has been compared also counts as completed, while
 * the backend still processes its write for an unknown time.  Therefore the TX
 * thread does not wait: it puts the response aside, and each response of a
 * command puts it back in LIO's queue.
 */

/* Whether a command is done but not yet answered.  Under cmd_lock. */
static bool isert_answer_due(struct iscsit_cmd *cmd, u32 cmd_sn, bool posted)
{
	const struct isert_cmd *c = isert_cmd_of(cmd);

	/* Once posted is set, isert_send() holds or has held send_lock. */
	return cmd->iscsi_opcode == ISCSI_OP_SCSI_CMD && c &&
		(posted || !READ_ONCE(c->posted)) &&
		READ_ONCE(cmd->se_cmd.transport_state) & CMD_T_COMPLETE &&
		iscsi_sna_lte(cmd->cmd_sn, cmd_sn);
}

/* @posted: also those whose response is on its way.  Under the session's lock. */
static bool isert_conn_due(struct iscsit_conn *conn, u32 cmd_sn, bool posted)
{
	struct iscsit_cmd *cmd;
	bool due = false;

	spin_lock_bh(&conn->cmd_lock);
	list_for_each_entry(cmd, &conn->conn_cmd_list, i_conn_node) {
		due = isert_answer_due(cmd, cmd_sn, posted);
		if (due)
			break;
	}
	spin_unlock_bh(&conn->cmd_lock);
	return due;
}

static bool isert_answers_due(struct isert_conn *ic, u32 cmd_sn)
{
	struct isert_session *s = ic->session;
	struct isert_conn *o;
	bool due = false;

	spin_lock_bh(&s->lock);
	list_for_each_entry(o, &s->conns, session_node) {
		due = isert_conn_due(o->conn, cmd_sn, o != ic);
		if (due)
			break;
	}
	spin_unlock_bh(&s->lock);
	return due;
}

/**
 * isert_fence_hold - hold back a task management response that must wait
 * @ic: connection
 * @c: the command of its request
 *
 * TX thread.  It does not hold back a response if the connection is closing,
 * which a signal tells the thread.
 * Return: true if the response will come through LIO's queue again.
 */
bool isert_fence_hold(struct isert_conn *ic, struct isert_cmd *c)
{
	struct isert_session *s = ic->session;
	u32 cmd_sn = c->cmd->cmd_sn;
	bool held;

	if (!isert_answers_due(ic, cmd_sn) || signal_pending(current))
		return false;
	spin_lock_bh(&s->lock);
	list_add_tail(&c->node, &s->fenced);
	spin_unlock_bh(&s->lock);
	/* Pairs with the barrier in isert_fence_release(): one sees the other. */
	smp_mb();
	if (isert_answers_due(ic, cmd_sn))
		return true;
	spin_lock_bh(&s->lock);
	held = list_empty(&c->node);	/* in LIO's queue already */
	list_del_init(&c->node);
	spin_unlock_bh(&s->lock);
	return held;
}

/**
 * isert_fence_wake - queue the held responses again
 * @s: session
 *
 * Process context.  The TX threads of their connections find out which of them
 * must go on waiting.
 */
void isert_fence_wake(struct isert_session *s)
{
	struct isert_cmd *c, *next;

	spin_lock_bh(&s->lock);
	list_for_each_entry_safe(c, next, &s->fenced, node) {
		list_del_init(&c->node);
		/* Without memory it stays in its place, for the next call. */
		if (iscsit_queue_rsp(c->cmd->conn, c->cmd))
			list_add_tail(&c->node, &next->node);
	}
	spin_unlock_bh(&s->lock);
}

/*
 * Unexpected PDUs: those for which no command of the initiator has provided a
 * receive.  The target never sends more than the initiator has declared (RFC 7145,
 * section 8.1.2), even if iSCSI requires a Reject.  The declaration holds for the
 * session (section 6.7), while each PDU is acknowledged on its connection.
 *
 * A number is noted under iser_send_begin(), and the lock of the lists is taken
 * before that: hence count_lock, which is the innermost.
 */

/**
 * isert_unexpected_take - count an unexpected PDU if it may be sent now
 * @ic: connection that it is for
 * @ping: it makes the peer acknowledge, so it may use the last credit
 * @out: set to the number that is outstanding in the session
 *
 * TX thread.
 * Return: true when the PDU was counted.
 */
bool isert_unexpected_take(struct isert_conn *ic, bool ping, u32 *out)
{
	struct isert_session *s = ic->session;
	struct iser_unexpected all = { .limit = s->limit };
	struct isert_conn *o;
	bool may;

	spin_lock_bh(&s->lock);
	spin_lock(&s->count_lock);
	list_for_each_entry(o, &s->conns, session_node) {
		iser_unexpected_acked(&o->unexpected, READ_ONCE(o->exp_statsn));
		all.outstanding += o->unexpected.outstanding;
	}
	may = iser_unexpected_take(&all, ping);
	if (may)
		ic->unexpected.outstanding++;
	spin_unlock(&s->count_lock);
	spin_unlock_bh(&s->lock);
	*out = all.outstanding;
	return may;
}

/* isert_unexpected_note - note the StatSN of the PDU that was taken last.  TX thread. */
void isert_unexpected_note(struct isert_conn *ic, u32 stat_sn)
{
	spin_lock_bh(&ic->session->count_lock);
	iser_unexpected_note(&ic->unexpected, stat_sn);
	spin_unlock_bh(&ic->session->count_lock);
}

/* isert_unexpected_retire - a NOP-In has been answered.  TX thread. */
void isert_unexpected_retire(struct isert_conn *ic)
{
	spin_lock_bh(&ic->session->count_lock);
	iser_unexpected_retire(&ic->unexpected, 1);
	spin_unlock_bh(&ic->session->count_lock);
}
