// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who works on a login.
 *
 * LIO's np thread handles the first Login Request, LIO's login_work the
 * others.  Nobody but the transport can queue that work, and it must not run
 * while the np thread still uses the login buffers, which it does for a while
 * after it has sent its response.  The np thread is known to have left when it
 * comes to accept the next connection.
 *
 * The work may be queued while it runs, from the moment when it has sent a
 * response: it is not reentrant, and runs once more.  When it fails instead,
 * LIO cancels it and frees the connection; isert_login_over() cancels what was
 * queued in between.
 */
#include <linux/module.h>
#include "target.h"

/* A Login Request or the end of the connection waits: queue the work. */
static void isert_login_kick(struct isert_conn *ic)
{
	spin_lock_bh(&ic->login_lock);
	if (ic->phase == ISERT_LOGIN_OPEN && !ic->login_queued &&
	    iser_login_pending(ic->dm)) {
		ic->login_queued = true;
		schedule_delayed_work(&ic->conn->login_work, 0);
	}
	spin_unlock_bh(&ic->login_lock);
}

/**
 * isert_login_notify - the core: a Login Request is here, or the end
 * @dm: connection
 *
 * Any context.  A waiting login ends at once with its connection, so that the
 * portal group, which LIO keeps locked meanwhile, is free for the next.
 */
void isert_login_notify(struct iser_conn *dm)
{
	isert_login_kick(iser_conn_upper(dm));
}

/**
 * isert_login_np_left - the np thread uses the login buffers no more
 * @ic: connection, perhaps over meanwhile
 */
void isert_login_np_left(struct isert_conn *ic)
{
	bool kick;

	spin_lock_bh(&ic->login_lock);
	kick = ic->phase == ISERT_LOGIN_NP;
	if (kick)
		ic->phase = ISERT_LOGIN_OPEN;
	spin_unlock_bh(&ic->login_lock);
	if (kick)
		isert_login_kick(ic);
}

/* isert_login_taken - the work has its request; it may be queued for the next */
void isert_login_taken(struct isert_conn *ic)
{
	spin_lock_bh(&ic->login_lock);
	ic->login_queued = false;
	spin_unlock_bh(&ic->login_lock);
}

/**
 * isert_login_over - full feature phase, failure, or close: no work any more
 * @ic: connection
 *
 * Called more than once.  May be called by the work itself.
 */
void isert_login_over(struct isert_conn *ic)
{
	bool cancel;

	spin_lock_bh(&ic->login_lock);
	/* LIO initializes the work before the np thread leaves. */
	cancel = ic->phase == ISERT_LOGIN_OPEN;
	ic->phase = ISERT_LOGIN_OVER;
	spin_unlock_bh(&ic->login_lock);
	if (cancel)
		cancel_delayed_work(&ic->conn->login_work);
}
