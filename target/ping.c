// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pings of the target: NOP-In PDUs that ask for an answer.
 *
 * LIO does not start its own timer for a transport of type ISCSI_INFINIBAND.
 * Therefore this file has a timer, with the two values that the administrator
 * gives LIO: nopin_timeout and nopin_response_timeout of the initiator's ACL,
 * or of the ACL that LIO made for an initiator without one.  The target pings
 * an initiator that is silent for the first; if it does not answer within the
 * second, its connection ends.
 *
 * If nopin_timeout is changed from 0 during a session, LIO starts its timer
 * nevertheless.  Then LIO sends the pings, and this timer sends none.
 *
 * The initiator also owes the RDMA Reads of a write's data.  If no Read of a
 * connection completes for as long as LIO would wait for Data-Out, which is
 * dataout_timeout multiplied by dataout_timeout_retries, the connection ends.
 *
 * The same limit is for a command that waits for an earlier CmdSN, as does an
 * immediate LUN RESET on one of several connections, and for a response that the
 * initiator does not take: the command goes on to hold its logical unit and its tag,
 * and an abort of it, and with that a LUN RESET of anybody, waits along.  An initiator
 * that has no tag left can't be pinged either.
 *
 * Other debts have limits of their own: that the Logout Response is taken, and
 * that a Discovery session, for which LIO has no timer, does not stay unused.
 *
 * A delay is not the initiator's fault if a backend holds up the worker of the
 * completions: what the initiator owes may be among them.
 *
 * A ping is one of LIO's commands.  ic->ping points to it from its allocation
 * until the RX thread handles its answer and queues it for removal by the TX
 * thread.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "command.h"
#include "order.h"
#include "ping.h"
#include "session.h"
#include "target.h"

#include <linux/module.h>

/* A changed attribute is noticed within this time. */
#define ISERT_PING_POLL		(5UL * HZ)
#define ISERT_PING_RETRY	((unsigned long)HZ)
/* A longer silence counts as this one, which is more than any nopin_timeout. */
#define ISERT_SILENCE		(3600UL * HZ)
#define ISERT_DISCOVERY_TIME	60U	/* seconds without a PDU */
#define ISERT_DISCOVERY_LIFE	300U	/* seconds in all */

/* Returns true if LIO's timers run: see above. */
static bool isert_lio_pings(struct iscsit_conn *conn)
{
	return (READ_ONCE(conn->nopin_timer_flags) |
		READ_ONCE(conn->nopin_response_timer_flags)) & ISCSI_TF_RUNNING;
}

/* Hands a ping to the TX thread.  Returns false if there is no tag for it. */
static bool isert_ping(struct isert_conn *ic)
{
	struct iscsit_conn *conn = ic->conn;
	struct iscsit_cmd *cmd = isert_own_pdu(conn, ISCSI_OP_NOOP_IN);

	if (!cmd)
		return false;
	cmd->targ_xfer_tag = session_get_next_ttt(conn->sess);

	spin_lock_bh(&ic->rx_lock);
	ic->ping = cmd;
	ic->ping_sent = jiffies;
	spin_unlock_bh(&ic->rx_lock);

	spin_lock_bh(&conn->cmd_lock);
	list_add_tail(&cmd->i_conn_node, &conn->conn_cmd_list);
	spin_unlock_bh(&conn->cmd_lock);
	iscsit_add_cmd_to_immediate_queue(cmd, conn,
					  ISTATE_SEND_NOPIN_WANT_RESPONSE);
	return true;
}

/*
 * Ends the connection if nothing of what was posted completes for too long, or if all of
 * it takes four times as long.  The completions come in order, so a few looks are enough.
 */
static bool isert_sends_late(struct isert_conn *ic,
			     const struct iscsi_node_attrib *attrib)
{
	u32 limit = isert_owed_time(attrib), begun, ended;
	bool polled = iser_send_counts(ic->dm, &begun, &ended);

	if (READ_ONCE(ic->working) || !polled || begun == ended ||
	    (s32)(ended - ic->sent_mark) >= 0) {
		ic->sent_mark = begun;
		ic->sent_ended = ended;
		ic->sent_since = jiffies;
		ic->sent_moved = jiffies;
		return false;
	}
	if (ended != ic->sent_ended) {
		ic->sent_ended = ended;
		ic->sent_moved = jiffies;
	}
	if (time_before(jiffies, ic->sent_moved + limit * HZ) &&
	    time_before(jiffies, ic->sent_since + 4 * limit * HZ))
		return false;
	isert_warn(ic, "has not taken a PDU within %u s, ending the connection: the initiator hangs, or the path to it is broken",
		   limit);
	isert_end_late(ic);
	return true;
}

/* Ends the connection if no RDMA Read has completed for too long. */
static bool isert_gets_late(struct isert_conn *ic,
			    const struct iscsi_node_attrib *attrib)
{
	u32 limit = isert_owed_time(attrib);

	if (READ_ONCE(ic->working))
		WRITE_ONCE(ic->get_moved, jiffies);
	if (!atomic_read_acquire(&ic->gets) ||
	    time_before(jiffies, READ_ONCE(ic->get_moved) + limit * HZ))
		return false;
	isert_warn(ic, "no RDMA Read of a write's data within %u s, ending the connection: the initiator hangs or allows none, or the path to it is broken",
		   limit);
	isert_end_late(ic);
	return true;
}

/*
 * Returns true if a PDU is being handled that began before the last look.  If each look
 * finds another one, the peer sends them, and it must not make others wait without end.
 */
static bool isert_stuck(const struct isert_conn *ic)
{
	/* The worker notes when a PDU arrives, before it handles it or hands it over. */
	if (READ_ONCE(ic->working) &&
	    time_after(jiffies, READ_ONCE(ic->last_rx) + ISERT_AHEAD_POLL))
		return true;
	return READ_ONCE(ic->deferring) && !READ_ONCE(ic->tag_wait) &&
		time_after(jiffies, READ_ONCE(ic->rx_began) + ISERT_AHEAD_POLL);
}

/* Returns true if a PDU of the session may have arrived that is not handled yet. */
static bool isert_held_up(struct isert_conn *ic)
{
	struct iscsit_session *sess = ic->conn->sess;
	struct iscsit_conn *other;
	bool held = false;

	spin_lock_bh(&sess->conn_lock);
	list_for_each_entry(other, &sess->sess_conn_list, conn_list) {
		const struct isert_conn *o = isert_conn_of(other);

		if (!o)
			continue;
		/* What it drops fills no gap, and a thread with tag_wait waits for us. */
		if (READ_ONCE(other->conn_state) != TARG_CONN_STATE_LOGGED_IN ||
		    READ_ONCE(o->ended))
			continue;
		held |= isert_stuck(o);
	}
	spin_unlock_bh(&sess->conn_lock);
	return held;
}

/*
 * Ends the connection if a command of it has waited for its CmdSN for too long.
 * Counts the polls that saw it wait, of which there are few a second, and so no
 * time in which nobody looked.  It counts until all have run that waited when it began:
 * an initiator that fills one gap after another does not begin anew.
 */
static bool isert_ahead_late(struct isert_conn *ic,
			     const struct iscsi_node_attrib *attrib, bool ahead)
{
	u32 limit = isert_owed_time(attrib);
	u32 sn = READ_ONCE(ic->conn->sess->exp_cmd_sn);
	u32 polls = limit * (HZ / ISERT_AHEAD_POLL);

	if (!ahead) {
		ic->ahead_polls = 0;
		return false;
	}
	if (!ic->ahead_polls || iscsi_sna_lt(ic->ahead_sn, sn)) {
		ic->ahead_sn = isert_order_last(ic->conn);
		ic->ahead_polls = 1;
		return false;
	}
	if (isert_held_up(ic) || ++ic->ahead_polls < polls)
		return false;
	isert_warn(ic, "a command has waited %u s for an earlier CmdSN, ending the connection: it was left out, or refused before it was counted",
		   limit);
	isert_end_late(ic);
	return true;
}

/* Returns true if a connection of another transport has joined the session. */
static bool isert_mixed(struct iscsit_conn *conn)
{
	struct iscsit_session *sess = conn->sess;
	struct iscsit_conn *other;
	bool mixed = false;

	if (likely(sess->sess_ops->MaxConnections == 1))
		return false;
	spin_lock_bh(&sess->conn_lock);
	list_for_each_entry(other, &sess->sess_conn_list, conn_list)
		mixed |= other->conn_transport != conn->conn_transport;
	spin_unlock_bh(&sess->conn_lock);
	return mixed;
}

/*
 * Ends the connection, and so the session, if LIO has let in what it can't serve.  It
 * treats a TCP connection of the session as one of iSER: reads fail, and no command is
 * freed.  Of two commands with one CmdSN it runs one, and no reset of the device ends
 * before the other does.
 */
static bool isert_session_broken(struct isert_conn *ic, bool ahead)
{
	if (unlikely(isert_mixed(ic->conn)))
		isert_protocol_error(ic,
				     "a connection over another transport has joined the session");
	else if (unlikely(ahead && isert_order_forgotten(ic->conn)))
		isert_protocol_error(ic, "two commands with the same CmdSN");
	else
		return false;
	return true;
}

/* Ends a Discovery session that nobody uses, or that lasts.  It may be anybody's. */
static bool isert_discovery_late(struct isert_conn *ic)
{
	if (READ_ONCE(ic->working))
		WRITE_ONCE(ic->last_rx, jiffies);
	if (time_after_eq(jiffies, READ_ONCE(ic->last_rx) +
			  ISERT_DISCOVERY_TIME * HZ))
		isert_warn(ic, "a Discovery session without a PDU for %u s, ending the connection",
			   ISERT_DISCOVERY_TIME);
	else if (time_after_eq(jiffies, ic->began + ISERT_DISCOVERY_LIFE * HZ))
		isert_warn(ic, "a Discovery session that has lasted %u s, ending the connection",
			   ISERT_DISCOVERY_LIFE);
	else
		return false;
	iser_connection_fail(ic->dm, -ETIMEDOUT);
	return true;
}

/*
 * Ends the connection if the peer has asked for that and then takes no answer.
 * Returns true as well if it has taken it, or something else ends the connection.
 */
static bool isert_logout_late(struct isert_conn *ic)
{
	if (READ_ONCE(ic->logout_closing) ||
	    READ_ONCE(ic->conn->conn_state) != TARG_CONN_STATE_IN_LOGOUT)
		return true;
	if (!ic->leaving || READ_ONCE(ic->working) || READ_ONCE(ic->deferring) ||
	    atomic_read(&ic->logouts))
		ic->leaving = jiffies ?: 1;
	if (time_before(jiffies, ic->leaving + ISERT_TAKE_TIME * HZ))
		return false;
	isert_warn(ic, "has not taken the Logout Response within %u s, ending the connection",
		   ISERT_TAKE_TIME);
	iser_connection_fail(ic->dm, -ETIMEDOUT);
	return true;
}

/**
 * isert_ping_work - ping a silent initiator, or end its connection
 * @work: ic->ping_work
 *
 * Worker.  If a command is ahead of its CmdSN, it waits for cmdsn_mutex, which LIO
 * holds while it submits a command of another connection.  It runs repeatedly until the
 * connection is closed.
 */
void isert_ping_work(struct work_struct *work)
{
	struct isert_conn *ic = container_of(to_delayed_work(work),
					     struct isert_conn, ping_work);
	unsigned long since, end, delay = ISERT_PING_POLL;
	const struct iscsi_node_attrib *attrib;
	bool asked, ahead;
	u32 limit;

	if (READ_ONCE(ic->conn->conn_state) != TARG_CONN_STATE_LOGGED_IN) {
		if (isert_logout_late(ic))
			return;
		delay = ISERT_PING_RETRY;
		goto again;
	}
	if (ic->conn->sess->sess_ops->SessionType) {
		if (isert_discovery_late(ic))
			return;
		goto again;
	}
	attrib = isert_node_attrib(ic->conn);
	/* A command that comes ahead from here on has this run again. */
	xchg(&ic->ahead, 0);
	ahead = isert_order_poll(ic);
	if (ahead) {
		xchg(&ic->ahead, 1);
		delay = ISERT_AHEAD_POLL;
	}
	if (isert_session_broken(ic, ahead) ||
	    isert_ahead_late(ic, attrib, ahead) || isert_gets_late(ic, attrib) ||
	    isert_sends_late(ic, attrib))
		return;
	/* One for which there was no memory: isert_fence_wake(). */
	isert_fence_release(ic);
	spin_lock_bh(&ic->rx_lock);
	asked = ic->ping;
	/* The answer may still wait for the RX thread or for the worker. */
	if (asked && (ic->deferring || READ_ONCE(ic->working)))
		ic->ping_sent = jiffies;
	since = asked ? ic->ping_sent : READ_ONCE(ic->last_rx);
	spin_unlock_bh(&ic->rx_lock);

	limit = asked ? READ_ONCE(attrib->nopin_response_timeout) :
		READ_ONCE(attrib->nopin_timeout);
	/* Without pings it may be silent for longer than jiffies compare rightly. */
	if (!asked && time_after(jiffies, since + ISERT_SILENCE))
		cmpxchg(&ic->last_rx, since, jiffies - ISERT_SILENCE);
	end = since + limit * HZ;
	if (!limit || (!asked && isert_lio_pings(ic->conn)))
		goto again;
	if (time_before(jiffies, end)) {
		delay = min(delay, end - jiffies);
		goto again;
	}
	if (asked) {
		isert_warn(ic, "no answer to a NOP-In within %u s, ending the connection: the initiator hangs, or the path to it is broken",
			   limit);
		isert_end_late(ic);
		return;
	}
	if (isert_ping(ic))
		delay = min(delay, READ_ONCE(attrib->nopin_response_timeout) *
			    (unsigned long)HZ);
	else
		delay = min(delay, ISERT_PING_RETRY);
again:
	schedule_delayed_work(&ic->ping_work, delay);
}

/**
 * isert_ping_start - start the timer in the full feature phase
 * @ic: connection
 *
 * RX thread.  No ping is sent for nopin_timeout, which is at least 3 s: longer
 * than RFC 7145, section 5.1.3 requires of a target that was not asked for a
 * Hello.  isert_wait_conn() cancels the timer.
 */
void isert_ping_start(struct isert_conn *ic)
{
	WRITE_ONCE(ic->last_rx, jiffies);
	ic->began = jiffies;
	schedule_delayed_work(&ic->ping_work, ISERT_PING_RETRY);
}

/* If @cmd is ic->ping, not LIO's own ping, clears it and returns true. */
static bool isert_ping_take(struct isert_conn *ic, const struct iscsit_cmd *cmd)
{
	bool ours;

	spin_lock_bh(&ic->rx_lock);
	ours = ic->ping == cmd;
	if (ours)
		ic->ping = NULL;
	spin_unlock_bh(&ic->rx_lock);
	return ours;
}

/**
 * isert_ping_held - drop a ping that can't be sent
 * @ic: connection
 * @cmd: ping of isert_ping() or of LIO
 *
 * TX thread.  The reason is too many unexpected PDUs, or a logout.
 * isert_ping_work() queues another ping; LIO's timer continues and decides.
 */
void isert_ping_held(struct isert_conn *ic, struct iscsit_cmd *cmd)
{
	if (isert_ping_take(ic, cmd))
		isert_cmd_release(ic->conn, cmd);
}

/* Returns the ping that was sent with this Target Transfer Tag, or NULL. */
static struct iscsit_cmd *isert_find_ping(struct iscsit_conn *conn, u32 ttt)
{
	struct iscsit_cmd *cmd, *found = NULL;

	spin_lock_bh(&conn->cmd_lock);
	list_for_each_entry(cmd, &conn->conn_cmd_list, i_conn_node)
		if (cmd->iscsi_opcode == ISCSI_OP_NOOP_IN &&
		    cmd->targ_xfer_tag == ttt &&
		    cmd->i_state == ISTATE_SENT_NOPIN_WANT_RESPONSE)
			found = cmd;
	spin_unlock_bh(&conn->cmd_lock);
	return found;
}

/**
 * isert_receive_pong - handle a NOP-Out that answers a NOP-In
 * @ic: connection
 * @hdr: its header, checked by LIO
 *
 * RX thread.  LIO alone would accept any command with that tag, even a read in
 * progress, and would accept it twice.
 */
void isert_receive_pong(struct isert_conn *ic, struct iscsi_nopout *hdr)
{
	u32 ttt = be32_to_cpu(hdr->ttt);
	struct iscsit_cmd *cmd = isert_find_ping(ic->conn, ttt);

	/* LIO rejects an answer that asks for an answer itself. */
	if (hdr->itt != RESERVED_ITT) {
		iscsit_process_nop_out(ic->conn, NULL, hdr);
		return;
	}
	if (!cmd) {
		pr_debug("peer %pISpc: NOP-Out for the tag %#x, which no NOP-In has, dropped\n",
			 &ic->conn->login_sockaddr, ttt);
		return;
	}
	if (!isert_ping_take(ic, cmd)) {
		iscsit_process_nop_out(ic->conn, NULL, hdr);
		return;
	}
	pr_debug("peer %pISpc: NOP-In %#x is answered\n",
		 &ic->conn->login_sockaddr, ttt);
	cmd->i_state = ISTATE_REMOVE;
	iscsit_add_cmd_to_immediate_queue(cmd, ic->conn, cmd->i_state);
}
