// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections and their sessions: lines about a connection, its end if its initiator
 * breaks a rule, and a connection or a session that takes the place of another one.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "session.h"
#include "target.h"

#include <linux/delay.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <iser/addr.h>
#include <iser/log.h>

/* Logs about a connection; until its login is over, the peer is a stranger. */
static void isert_vwarn(struct isert_conn *ic, const char *tail,
			const char *fmt, va_list *args)
{
	struct va_format vaf = { .fmt = fmt, .va = args };

	iser_log(READ_ONCE(ic->full) ? ISER_LOG_SESSION : ISER_LOG_STRANGER,
		 &iser_conn_info(ic->dm)->remote, "%pV%s", &vaf, tail);
}

/**
 * isert_warn - log a warning about a connection
 * @ic: connection
 * @fmt: printf format, no newline
 *
 * Any context.
 */
void isert_warn(struct isert_conn *ic, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	isert_vwarn(ic, "", fmt, &args);
	va_end(args);
}

/**
 * isert_protocol_error - end the connection of an initiator that broke a rule
 * @ic: connection
 * @fmt: what it did
 *
 * Any context; does not wait.  RFC 7145, section 10.1.3.
 */
void isert_protocol_error(struct isert_conn *ic, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	isert_vwarn(ic, ", ending the connection", fmt, &args);
	va_end(args);
	iser_connection_fail(ic->dm, -EPROTO);
}

/**
 * isert_end_late - end a connection whose initiator owes something for too long
 * @ic: connection
 *
 * Counts a timeout as LIO's own timer does; see iscsi_sess_err in configfs.  Process
 * context.
 */
void isert_end_late(struct isert_conn *ic)
{
	struct iscsit_session *sess = ic->conn->sess;
	struct iscsi_sess_err_stats *stats = &sess->tpg->tpg_tiqn->sess_err_stats;

	spin_lock_bh(&stats->lock);
	strscpy(stats->last_sess_fail_rem_name, sess->sess_ops->InitiatorName,
		sizeof(stats->last_sess_fail_rem_name));
	stats->last_sess_failure_type = ISCSI_SESS_ERR_CXN_TIMEOUT;
	stats->cxn_timeout_errors++;
	atomic_long_inc(&sess->conn_timeout_errors);
	spin_unlock_bh(&stats->lock);
	iser_connection_fail(ic->dm, -ETIMEDOUT);
}

/* isert_owed_time - the limit for what the initiator owes: seconds */
u32 isert_owed_time(const struct iscsi_node_attrib *attrib)
{
	return READ_ONCE(attrib->dataout_timeout) *
		READ_ONCE(attrib->dataout_timeout_retries);
}

/**
 * isert_add_reject - answer with a Reject
 * @ic: connection
 * @hdr: header that is rejected
 * @reason: RFC 7143, section 11.17.1
 *
 * RX thread; sleeps for a tag, which is no backend's fault: isert_stuck().
 */
void isert_add_reject(struct isert_conn *ic, void *hdr, u8 reason)
{
	WRITE_ONCE(ic->tag_wait, true);
	iscsit_add_reject(ic->conn, reason, hdr);
	WRITE_ONCE(ic->tag_wait, false);
}

/*
 * Each connection begins with a session of its own, since it is not known before
 * the end of its login which one it joins, and then moves to that one.
 */

/* isert_session_alloc - a session with one connection.  Return: 0 or -ENOMEM. */
int isert_session_alloc(struct isert_conn *ic)
{
	struct isert_session *s = kzalloc(sizeof(*s), GFP_KERNEL);

	if (!s)
		return -ENOMEM;
	kref_init(&s->ref);
	spin_lock_init(&s->lock);
	spin_lock_init(&s->count_lock);
	INIT_LIST_HEAD(&s->conns);
	INIT_LIST_HEAD(&s->fenced);
	list_add(&ic->session_node, &s->conns);
	ic->session = s;
	return 0;
}

static void isert_session_release(struct kref *ref)
{
	kfree(container_of(ref, struct isert_session, ref));
}

/**
 * isert_session_leave - the connection is no longer one of its session
 * @ic: connection; LIO has not freed its own part yet
 *
 * The session itself stays until isert_session_put(), since a worker may still
 * look at it.
 */
void isert_session_leave(struct isert_conn *ic)
{
	spin_lock_bh(&ic->session->lock);
	list_del_init(&ic->session_node);
	spin_unlock_bh(&ic->session->lock);
}

/* isert_session_put - the connection is freed.  Any context. */
static void isert_session_put(struct isert_conn *ic)
{
	kref_put(&ic->session->ref, isert_session_release);
}

/**
 * isert_session_join - move a connection to the session of another one
 * @ic: connection at the end of its login, which nobody else uses yet
 * @other: connection that stays for as long: isert_join()
 */
void isert_session_join(struct isert_conn *ic, struct isert_conn *other)
{
	struct isert_session *s = other->session;

	isert_session_leave(ic);
	isert_session_put(ic);
	kref_get(&s->ref);
	ic->session = s;
	spin_lock_bh(&s->lock);
	list_add_tail(&ic->session_node, &s->conns);
	WRITE_ONCE(s->several, true);
	spin_unlock_bh(&s->lock);
}

static void isert_conn_release(struct kref *ref)
{
	struct isert_conn *ic = container_of(ref, struct isert_conn, ref);

	kvfree(ic->cmds);
	isert_session_put(ic);
	kfree(ic);
}

/* isert_conn_put - drop a reference.  Any context. */
void isert_conn_put(struct isert_conn *ic)
{
	kref_put(&ic->ref, isert_conn_release);
}

/*
 * A connection that joins a session while the session's other connections end.
 *
 * LIO checks once, when the login begins, that the session exists, and adds the
 * connection after the last response of the login.  If the session's last
 * connection ends in between, LIO frees the session as soon as the login drops
 * its hold, with the new connection in it.  Therefore the login chooses one of
 * the session's connections that is not closing, and isert_wait_conn() does not
 * close that one before the new one is in the session's list.
 */

#define ISERT_JOIN_POLL	(HZ / 20)

/* Protects joined, joining and closing of all connections. */
static DEFINE_SPINLOCK(isert_join_lock);

/**
 * isert_join_over - whether the session is ending
 * @ic: connection of the session, maybe one that has just been added to it
 *
 * LIO may be closing the connections of the session one by one, and does not
 * see one that is added late.
 * Return: true if it is.
 */
static bool isert_join_over(struct isert_conn *ic)
{
	struct iscsit_session *sess = ic->conn->sess;

	return atomic_read(&sess->session_logout) ||
		atomic_read(&sess->session_close) ||
		atomic_read(&sess->session_reinstatement) ||
		atomic_read(&sess->session_fall_back_to_erl0);
}

/**
 * isert_join - a login is about to join a session
 * @ic: connection that logs in
 * @other: connection of the session.  Under its conn_lock.
 *
 * isert_join_end() or isert_wait_conn() of @ic follows soon, since LIO does not
 * wait in between.
 * Return: true, or false when @other is being closed, or the session.
 */
bool isert_join(struct isert_conn *ic, struct isert_conn *other)
{
	bool alive;

	spin_lock_bh(&isert_join_lock);
	alive = !other->closing && !isert_join_over(other);
	if (alive) {
		kref_get(&other->ref);
		other->joining++;
		ic->joined = other;
	}
	spin_unlock_bh(&isert_join_lock);
	return alive;
}

/**
 * isert_join_end - the connection is in LIO's list, or will never be in it
 * @ic: connection that has logged in, or has failed to
 */
void isert_join_end(struct isert_conn *ic)
{
	struct isert_conn *other;

	spin_lock_bh(&isert_join_lock);
	other = ic->joined;
	ic->joined = NULL;
	if (other)
		other->joining--;
	spin_unlock_bh(&isert_join_lock);
	if (!other)
		return;
	wake_up_all(&other->wait);
	isert_conn_put(other);
}

static bool isert_nobody_joins(struct isert_conn *ic)
{
	bool nobody;

	spin_lock_bh(&isert_join_lock);
	nobody = !ic->joining;
	spin_unlock_bh(&isert_join_lock);
	return nobody;
}

/*
 * Has LIO close the connections that have joined through @ic and then have been marked
 * as logged out before their RX thread began: it ends without a word, and nothing else
 * tells their TX thread.
 */
static void isert_join_drop(struct isert_conn *ic)
{
	struct iscsit_session *sess = ic->conn->sess;
	struct iscsit_conn *other;

	spin_lock_bh(&sess->conn_lock);
	list_for_each_entry(other, &sess->sess_conn_list, conn_list) {
		const struct isert_conn *o = isert_conn_of(other);

		if (o && READ_ONCE(o->joined) == ic &&
		    READ_ONCE(other->conn_state) != TARG_CONN_STATE_LOGGED_IN)
			iscsit_cause_connection_reinstatement(other, 0);
	}
	spin_unlock_bh(&sess->conn_lock);
}

/**
 * isert_join_wait - let no login rely on a connection that is being closed
 * @ic: connection
 *
 * Sleeps until the logins that rely on it already have ended.
 */
void isert_join_wait(struct isert_conn *ic)
{
	spin_lock_bh(&isert_join_lock);
	ic->closing = true;
	spin_unlock_bh(&isert_join_lock);
	while (!wait_event_timeout(ic->wait, isert_nobody_joins(ic),
				   ISERT_JOIN_POLL))
		isert_join_drop(ic);
}

/*
 * A connection that takes the place of another one: RFC 7143, section 6.3.4.
 *
 * LIO's own way ends the whole session below level 2, and comes before LIO has
 * authenticated the initiator.  So LIO does not look for the other connection, and
 * here it is closed as if it had logged out, when the new one is in LIO's list:
 * the session is never without a connection, for LIO would free it.  The new one
 * gets its Login Response after that.
 */

#define ISERT_REPLACE_POLL	10	/* milliseconds */
#define ISERT_REPLACE_SAY	HZ	/* until the log tells */

/**
 * isert_session_full - whether MaxConnections excludes a connection
 * @ic: connection at the end of its login, after authentication
 *
 * LIO lets nobody else log in to the portal group at the same time.
 * Return: true if the session has as many connections with other CIDs.
 */
bool isert_session_full(struct isert_conn *ic)
{
	struct iscsit_session *sess = ic->conn->sess;
	struct iscsit_conn *other;
	u32 nr = 1;

	spin_lock_bh(&sess->conn_lock);
	list_for_each_entry(other, &sess->sess_conn_list, conn_list)
		if (other->cid != ic->conn->cid)
			nr++;
	spin_unlock_bh(&sess->conn_lock);
	return nr > sess->sess_ops->MaxConnections;
}

/**
 * isert_others_left - whether LIO has not yet freed other connections of a session
 * @ic: connection
 * @cid: those with this CID; negative: all
 *
 * A connection leaves LIO's list before its last commands are released.  Any context.
 * Return: true if one is left.
 */
bool isert_others_left(struct isert_conn *ic, int cid)
{
	struct isert_session *s = ic->session;
	struct isert_conn *o;
	bool left = false;

	spin_lock_bh(&s->lock);
	list_for_each_entry(o, &s->conns, session_node)
		left |= o != ic && (cid < 0 || o->conn->cid == cid);
	spin_unlock_bh(&s->lock);
	return left;
}

/**
 * isert_close_others - close other connections of a session
 * @sess: session
 * @own: connection that stays, or NULL
 * @cid: those with this CID; negative: all
 * @replaced: since a login takes their place, and not since a Logout closes them
 *
 * It works as LIO does but without waiting: the list and its lock hold the
 * connections.  They are in the order in which they have logged in, and one that has
 * logged in after @own takes the place of @own.  Any context, with BH enabled.
 * Return: how many are still there.
 */
u32 isert_close_others(struct iscsit_session *sess, const struct iscsit_conn *own,
		       int cid, bool replaced)
{
	struct iscsit_conn *other;
	u32 nr = 0;

	spin_lock_bh(&sess->conn_lock);
	list_for_each_entry(other, &sess->sess_conn_list, conn_list) {
		struct isert_conn *o = isert_conn_of(other);

		if (other == own && replaced)
			break;
		if (other == own || (cid >= 0 && other->cid != cid))
			continue;
		if (replaced && o)
			WRITE_ONCE(o->replaced, true);
		else if (o)
			WRITE_ONCE(o->logged_out, true);
		spin_lock(&other->state_lock);
		other->conn_state = TARG_CONN_STATE_IN_LOGOUT;
		spin_unlock(&other->state_lock);
		iscsit_cause_connection_reinstatement(other, 0);
		nr++;
	}
	spin_unlock_bh(&sess->conn_lock);
	return nr;
}

/*
 * A session that takes the place of another one: RFC 7143, section 6.3.5.
 *
 * LIO waits for the tasks of a session that a login reinstates, but not if that
 * session is ending already: after a Logout, or since its ACL was changed or one
 * of its connections failed.  Its tasks may still be at the backend, and a write
 * among them that the initiator repeats in the new session would be run once more
 * after those that follow it.  After a Logout, open-iscsi comes back with another
 * ISID, so that only the name tells.
 */

/* Returns true if tasks may be left of sessions before that of a leading login. */
static bool isert_session_before(struct isert_conn *ic)
{
	struct iscsit_session *own = ic->conn->sess, *sess;
	struct se_portal_group *tpg = &own->tpg->tpg_se_tpg;
	struct se_session *se_sess;
	bool left = false;

	if (own->sess_ops->SessionType)
		return false;
	/* A session is freed after it has left the list. */
	spin_lock_bh(&tpg->session_lock);
	list_for_each_entry(se_sess, &tpg->tpg_sess_list, sess_list) {
		sess = se_sess->fabric_sess_ptr;
		/* A connection is counted until its tasks have ended. */
		left = sess != own && atomic_read(&sess->nconn) &&
			!sess->sess_ops->SessionType &&
			!strcmp(sess->sess_ops->InitiatorName,
				own->sess_ops->InitiatorName) &&
			(atomic_read(&sess->session_logout) ||
			 !memcmp(sess->isid, own->isid, sizeof(own->isid)));
		if (left)
			break;
	}
	spin_unlock_bh(&tpg->session_lock);
	return left;
}

/**
 * isert_session_enter - wait for those whose place a connection takes
 * @ic: connection in LIO's list; its initiator does not know yet
 *
 * RX thread.  Sleeps until the tasks of the old connection, or the old session,
 * have ended, as long as the initiator waits.
 * Return: true, or false if this connection or its session is ending.
 */
bool isert_session_enter(struct isert_conn *ic)
{
	struct iscsit_conn *conn = ic->conn;
	unsigned long say = jiffies + ISERT_REPLACE_SAY;
	bool said = false;

	while (!isert_join_over(ic)) {
		if (ic->keys.leading ? !isert_session_before(ic) :
		    !isert_close_others(conn->sess, conn, conn->cid, true) &&
		    !isert_others_left(ic, conn->cid))
			return true;
		if (!said && time_after(jiffies, say)) {
			said = true;
			isert_warn(ic, "login of %s waits for commands of its old session or connection, which the backend has not finished",
				   conn->sess->sess_ops->InitiatorName);
		}
		if (msleep_interruptible(ISERT_REPLACE_POLL) ||
		    signal_pending(current) || READ_ONCE(ic->ended))
			return false;
	}
	return false;
}

/*
 * Hosts that share an initiator name.
 *
 * A login of the same name and ISID replaces a session (RFC 7143, section
 * 6.3.5), which lets an initiator reconnect.  Two hosts with the same name,
 * such as clones, thereby end each other's session every few seconds, and
 * neither host logs the reason.  Therefore the target logs it, rarely.
 */

#define ISERT_REPLACED_FRESH	(30 * HZ)	/* between end and new login */
#define ISERT_REPLACED_RARE	(60 * HZ)	/* between two lines */

/* The session that a login has replaced last. */
static struct {
	spinlock_t lock;	/* all of these */
	char name[ISCSI_NAME_LEN];
	struct sockaddr_storage addr;
	u64 when, last_line;	/* jiffies, for longer than 32 bits of them last */
	bool noted, reported;
} isert_replaced = {
	.lock = __SPIN_LOCK_UNLOCKED(isert_replaced.lock),
};

/*
 * isert_replaced_note - note a session that ends because a login replaces it
 * @ic: its connection
 *
 * Any context, with BH enabled.
 */
void isert_replaced_note(struct isert_conn *ic)
{
	const struct iscsi_sess_ops *ops = ic->conn->sess->sess_ops;

	spin_lock_bh(&isert_replaced.lock);
	strscpy(isert_replaced.name, ops->InitiatorName, ISCSI_NAME_LEN);
	isert_replaced.addr = iser_conn_info(ic->dm)->remote;
	isert_replaced.when = get_jiffies_64();
	isert_replaced.noted = true;
	spin_unlock_bh(&isert_replaced.lock);
}

/*
 * isert_replaced_check - warn if a login has replaced another host's session
 * @ic: its connection
 *
 * Any context, with BH enabled.
 */
void isert_replaced_check(struct isert_conn *ic)
{
	const struct iser_host_addr host =
		iser_host_addr(&iser_conn_info(ic->dm)->remote);
	const char *name = ic->conn->sess->sess_ops->InitiatorName;
	u64 now = get_jiffies_64();
	struct iser_host_addr before;
	struct sockaddr_storage other;
	char text[ISER_ADDR_TEXT];
	bool tell = false;

	spin_lock_bh(&isert_replaced.lock);
	if (isert_replaced.noted && !strcmp(isert_replaced.name, name) &&
	    time_before64(now, isert_replaced.when + ISERT_REPLACED_FRESH)) {
		isert_replaced.noted = false;
		other = isert_replaced.addr;
		before = iser_host_addr(&other);
		tell = !iser_same_host(&before, &host) &&
			(!isert_replaced.reported ||
			 time_after64(now, isert_replaced.last_line +
				      ISERT_REPLACED_RARE));
	}
	if (tell) {
		isert_replaced.last_line = now;
		isert_replaced.reported = true;
	}
	spin_unlock_bh(&isert_replaced.lock);
	if (tell)
		isert_warn(ic, "its login as %s has ended the session of that name from %s: if these are two hosts, give each a name of its own in /etc/iscsi/initiatorname.iscsi",
			   name, iser_addr_text(text, &other));
}
