// SPDX-License-Identifier: GPL-2.0-only
/*
 * A connection that joins a session, while the others of it end.
 *
 * LIO looks once whether the session is there, when the login begins, and adds the
 * connection behind its last response.  If the session's last connection ends in
 * between, LIO frees the session as soon as the login lets go of it, with the new
 * connection in it.  So the login chooses one of the session's connections that does
 * not end, and that one is not closed before the new one is in the session's list.
 */
#include <linux/module.h>
#include "target.h"

/* joined, joining, closing of all connections. */
static DEFINE_SPINLOCK(isert_join_lock);

/**
 * isert_join - a login is about to join a session
 * @ic: connection that logs in
 * @other: connection of the session.  Under its conn_lock.
 *
 * isert_join_end() or isert_wait_conn() of @ic follows, soon: LIO waits for nothing
 * in between.
 * Return: true, or false when @other is being closed.
 */
bool isert_join(struct isert_conn *ic, struct isert_conn *other)
{
	bool alive;

	spin_lock_bh(&isert_join_lock);
	alive = !other->closing;
	if (alive) {
		kref_get(&other->ref);
		other->joining++;
		ic->joined = other;
	}
	spin_unlock_bh(&isert_join_lock);
	return alive;
}

/**
 * isert_join_end - the connection is in LIO's list, or will never be
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

/**
 * isert_join_over - the session does not take further connections, and ends
 * @ic: connection that has just been added to it
 *
 * LIO may be closing the connections of the session one by one: it does not see one
 * that comes last.
 */
bool isert_join_over(struct isert_conn *ic)
{
	struct iscsit_session *sess = ic->conn->sess;

	return atomic_read(&sess->session_logout) ||
		atomic_read(&sess->session_close) ||
		atomic_read(&sess->session_reinstatement) ||
		atomic_read(&sess->session_fall_back_to_erl0);
}

static bool isert_nobody_joins(struct isert_conn *ic)
{
	bool nobody;

	spin_lock_bh(&isert_join_lock);
	nobody = !ic->joining;
	spin_unlock_bh(&isert_join_lock);
	return nobody;
}

/**
 * isert_join_wait - a connection is being closed: nobody may count on it
 * @ic: connection
 *
 * Sleeps until those are done that do.
 */
void isert_join_wait(struct isert_conn *ic)
{
	spin_lock_bh(&isert_join_lock);
	ic->closing = true;
	spin_unlock_bh(&isert_join_lock);
	wait_event(ic->wait, isert_nobody_joins(ic));
}
