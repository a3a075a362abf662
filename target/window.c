// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command window of a session.  It is never larger than the posted receives
 * cover (RFC 7145, section 8.1.1.1), and no more receives are posted than the
 * session makes use of.
 *
 * LIO's window is the number of commands that may be outstanding: LIO raises
 * MaxCmdSN with each response.  This file reduces the window once, before the
 * initiator has been told, and enlarges it by adding to MaxCmdSN after it has
 * posted the receives.  MaxCmdSN never decreases (RFC 7143, section 4.2.2.1).
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "target.h"

#include <linux/module.h>

#define ISERT_WINDOW_RETRY	HZ

/**
 * isert_window_begin - take back what LIO has granted beyond the receives
 * @ic: connection; the initiator has not been told of a window yet
 *
 * RX thread.
 */
void isert_window_begin(struct isert_conn *ic)
{
	struct iscsit_session *sess = ic->conn->sess;
	u32 window = sess->cmdsn_window;

	if (!ic->keys.leading || sess->sess_ops->SessionType)
		return;
	if (window > ic->window.most)
		isert_warn(ic, "window of %u commands is reduced to %u: the queue pair holds %u receives; recv_depth raises the limit",
			   window, ic->window.most,
			   iser_conn_info(ic->dm)->recv_depth);
	/* LIO has reduced its window since the receives were counted. */
	if (ic->window.most > window)
		ic->window.most = window;
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
