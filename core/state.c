// SPDX-License-Identifier: GPL-2.0-only
/*
 * References to a connection, its state, and the reason of its end.
 *
 * Any code may end a connection, in any context; the first known reason counts.
 * The work items of conn.c do the rest.
 */
#include "conn.h"
#include "trace.h"

static void iser_conn_release(struct kref *ref)
{
	struct iser_conn *conn = container_of(ref, struct iser_conn, ref);

	queue_work(iser_wq, &conn->free_work);
}

void iser_conn_get(struct iser_conn *conn)
{
	kref_get(&conn->ref);
}
EXPORT_SYMBOL_ISER(iser_conn_get);

void iser_conn_put(struct iser_conn *conn)
{
	kref_put(&conn->ref, iser_conn_release);
}
EXPORT_SYMBOL_ISER(iser_conn_put);

/*
 * iser_conn_event - change the state
 *
 * Any context.  Return: false when the event is not allowed in this state.
 */
bool iser_conn_event(struct iser_conn *conn, enum iser_event event)
{
	bool done;

	spin_lock_bh(&conn->send_lock);
	done = iser_state_next(&conn->state, event);
	if (done && event == ISER_EV_ESTABLISHED)
		conn->info.established = true;
	if (done && event == ISER_EV_ENABLE)
		WRITE_ONCE(conn->enabled, true);
	spin_unlock_bh(&conn->send_lock);
	if (!done)
		return false;
	trace_iser_state(conn, conn->reason);
	wake_up_all(&conn->wait);
	return true;
}

/*
 * The work holds a reference.  Only the first reason counts, except that a
 * known cause replaces a guess.  A half that closes after the end has begun is none.
 * Under send_lock.  Return: true if @reason counts.
 */
static bool iser_conn_end_locked(struct iser_conn *conn, int reason, bool guess)
{
	if (conn->state == ISER_ENDING && conn->guess && !guess && reason) {
		WRITE_ONCE(conn->reason, reason);
		conn->guess = false;
		return true;
	}
	if (conn->state == ISER_ENDING || conn->state == ISER_DOWN ||
	    !iser_state_next(&conn->state, ISER_EV_FAIL))
		return false;
	WRITE_ONCE(conn->reason, reason);
	conn->guess = guess;
	trace_iser_state(conn, reason);
	iser_conn_get(conn);
	/* On iWARP a peer can make this wait by never completing the handshake. */
	queue_work(conn->role == ISER_TARGET && !conn->info.established ?
		   iser_early_end_wq : iser_end_wq, &conn->end_work);
	return true;
}

/*
 * iser_conn_end - end the connection, do not wait
 * @reason: negative errno, for the notification
 * @guess: @reason may be a consequence of the cause, which is not yet known
 *
 * Any context.  Return: true if the connection ends for this reason.
 */
bool iser_conn_end(struct iser_conn *conn, int reason, bool guess)
{
	bool counts;

	spin_lock_bh(&conn->send_lock);
	counts = iser_conn_end_locked(conn, reason, guess);
	spin_unlock_bh(&conn->send_lock);
	wake_up_all(&conn->wait);
	return counts;
}

/* iser_connection_fail_locked - iser_connection_fail() under send_lock */
void iser_connection_fail_locked(struct iser_conn *conn, int reason)
{
	iser_conn_end_locked(conn, reason, false);
}

void iser_connection_fail(struct iser_conn *conn, int reason)
{
	iser_conn_end(conn, reason, false);
}
EXPORT_SYMBOL_ISER(iser_connection_fail);

/*
 * iser_post_failed_locked - a work request was not posted: end the connection
 *
 * siw says ENOTCONN while a queue pair leaves the state in which it works.  As a flush,
 * that follows from an end that the peer, or an error, has begun.
 * Under send_lock.  Return: true if @err is the cause, which the caller logs.
 */
bool iser_post_failed_locked(struct iser_conn *conn, int err)
{
	if (err != -ENOTCONN)
		return iser_conn_end_locked(conn, err, false);
	iser_conn_end_locked(conn, -ECONNRESET, true);
	return false;
}

/* iser_post_failed - the same without that lock.  Any context. */
bool iser_post_failed(struct iser_conn *conn, int err)
{
	bool cause;

	spin_lock_bh(&conn->send_lock);
	cause = iser_post_failed_locked(conn, err);
	spin_unlock_bh(&conn->send_lock);
	wake_up_all(&conn->wait);
	return cause;
}

void iser_connect_give_up(struct iser_conn *conn, int reason)
{
	spin_lock_bh(&conn->send_lock);
	if (!conn->info.established)
		iser_connection_fail_locked(conn, reason);
	spin_unlock_bh(&conn->send_lock);
	wake_up_all(&conn->wait);
}
EXPORT_SYMBOL_ISER(iser_connect_give_up);

/* Whether a work request has failed because of what the peer did, or left undone. */
static bool iser_wc_remote(enum ib_wc_status status)
{
	switch (status) {
	case IB_WC_BAD_RESP_ERR:
	case IB_WC_REM_INV_REQ_ERR:
	case IB_WC_REM_ACCESS_ERR:
	case IB_WC_REM_OP_ERR:
	case IB_WC_RETRY_EXC_ERR:
	case IB_WC_RNR_RETRY_EXC_ERR:
	case IB_WC_REM_INV_RD_REQ_ERR:
	case IB_WC_REM_ABORT_ERR:
	case IB_WC_RESP_TIMEOUT_ERR:
		return true;
	default:
		return false;
	}
}

/*
 * Whether a failure may follow from an end that is not yet known.  If the other devices'
 * were guesses too, an event of the queue pair would have a second line.
 */
static bool iser_wc_guess(const struct iser_conn *conn, enum ib_wc_status status,
			  bool local)
{
	return !local && status == IB_WC_LOC_QP_OP_ERR && iser_conn_vague(conn);
}

/*
 * iser_wc_failed - a work request has failed: end the connection
 * @what: the operation, for the log line
 * @local: it sends nothing
 *
 * Only the first failure of a connection is logged.  Any context.
 */
void iser_wc_failed(struct iser_conn *conn, const struct ib_wc *wc,
		    const char *what, bool local)
{
	/*
	 * A flush follows from an end that the peer, or this end, has begun, or
	 * from a failed work request whose completion is in the other completion
	 * queue.
	 */
	if (wc->status == IB_WC_WR_FLUSH_ERR) {
		iser_conn_end(conn, -ECONNRESET, true);
		return;
	}
	if (iser_conn_end(conn, iser_wc_remote(wc->status) ? -EREMOTEIO : -EIO,
			  iser_wc_guess(conn, wc->status, local)))
		iser_conn_warn(conn, "%s failed: %s (vendor code %#x), ending the connection",
			       what, ib_wc_status_msg(wc->status),
			       wc->vendor_err);
}
