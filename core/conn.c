// SPDX-License-Identifier: GPL-2.0-only
/*
 * A connection: its life from allocation to the last completion.
 *
 * One work item, end_work, ends every connection, whoever asked for it and
 * for whatever reason.  When it is done the device knows nothing of the
 * connection, so that the removal of a device never waits for a half.  The
 * halves hold a reference to what is left, the structure itself.
 */
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include "conn.h"
#include "device.h"
#include "cm.h"
#include "cq.h"
#include "qp.h"
#include "recv.h"
#include "login.h"
#include "hello.h"
#include "task.h"
#include "initiator/send.h"
#include "target/guest.h"
#include "target/rx_pool.h"
#include "target/send.h"
#include "trace.h"

static void iser_end_work(struct work_struct *work);
static void iser_free_work(struct work_struct *work);

/* iser_conn_alloc - a connection with one reference, no verbs object yet */
struct iser_conn *iser_conn_alloc(enum iser_role role,
				  const struct iser_conn_param *param,
				  const struct iser_ops *ops, void *upper)
{
	struct iser_conn *conn = kzalloc(sizeof(*conn), GFP_KERNEL);

	if (!conn)
		return NULL;
	conn->parked = iser_park_alloc();
	if (!conn->parked) {
		kfree(conn);
		return NULL;
	}
	conn->role = role;
	conn->param = *param;
	conn->ops = ops;
	conn->upper = upper;
	strscpy(conn->info.device, "(no device)", sizeof(conn->info.device));
	conn->info.inline_max = ISER_INLINE_MAX;
	conn->notice.recovery_level = ISER_LEVEL_UNKNOWN;
	kref_init(&conn->ref);
	mutex_init(&conn->setup_lock);
	mutex_init(&conn->upper_lock);
	spin_lock_init(&conn->send_lock);
	INIT_LIST_HEAD(&conn->sendq);
	INIT_LIST_HEAD(&conn->flushq);
	INIT_LIST_HEAD(&conn->data_out_free);
	INIT_LIST_HEAD(&conn->data_out_wait);
	INIT_LIST_HEAD(&conn->guest.node);
	init_waitqueue_head(&conn->wait);
	init_completion(&conn->down);
	INIT_WORK(&conn->connect_work, iser_connect_work);
	iser_event_init(conn);
	iser_drain_init(&conn->sends_drained);
	iser_drain_init(&conn->receives_drained);
	INIT_WORK(&conn->end_work, iser_end_work);
	INIT_WORK(&conn->flush_work, iser_flush_work);
	INIT_WORK(&conn->free_work, iser_free_work);
	iser_hello_init(conn);
	return conn;
}

static void iser_free_work(struct work_struct *work)
{
	struct iser_conn *conn = container_of(work, struct iser_conn, free_work);
	unsigned int flags = memalloc_noio_save();

	/* Nothing may reach the device or a half from here on. */
	cancel_work_sync(&conn->flush_work);
	iser_verbs_destroy(conn);
	/* A Login Request that the half never took: its buffer may be shared. */
	if (conn->login.pdu)
		iser_pdu_put(conn->login.pdu);
	iser_tasks_free(conn);
	iser_data_outs_free(conn);
	iser_rx_chunk_free(&conn->chunk);
	iser_login_free(conn);
	if (conn->pool)
		iser_rx_pool_put(conn->pool);
	kfree(conn->sink_sg);
	kfree(conn->batch);
	kfree(conn->parked);
	kfree(conn);
	memalloc_noio_restore(flags);
}

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

void *iser_conn_upper(const struct iser_conn *conn)
{
	return READ_ONCE(conn->upper);
}
EXPORT_SYMBOL_ISER(iser_conn_upper);

void iser_conn_set_upper(struct iser_conn *conn, void *upper)
{
	WRITE_ONCE(conn->upper, upper);
}
EXPORT_SYMBOL_ISER(iser_conn_set_upper);

const struct iser_info *iser_conn_info(const struct iser_conn *conn)
{
	return &conn->info;
}
EXPORT_SYMBOL_ISER(iser_conn_info);

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
	spin_unlock_bh(&conn->send_lock);
	if (!done)
		return false;
	trace_iser_state(conn, conn->reason);
	wake_up_all(&conn->wait);
	return true;
}

/*
 * The work holds a reference.  Only the first reason counts, except that a
 * known reason replaces a guess.  Under send_lock.  Return: true if @reason
 * counts.
 */
static bool iser_conn_end_locked(struct iser_conn *conn, int reason, bool guess)
{
	if (conn->state == ISER_ENDING && conn->guess && !guess) {
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
	queue_work(iser_wq, &conn->end_work);
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

void iser_connect_give_up(struct iser_conn *conn, int reason)
{
	spin_lock_bh(&conn->send_lock);
	if (!conn->info.established)
		iser_connection_fail_locked(conn, reason);
	spin_unlock_bh(&conn->send_lock);
	wake_up_all(&conn->wait);
}
EXPORT_SYMBOL_ISER(iser_connect_give_up);

/*
 * iser_conn_login_notify - tell a target of a Login Request, or of the end
 *
 * Not after iser_connection_close() has returned.  Sleeps.
 */
void iser_conn_login_notify(struct iser_conn *conn)
{
	mutex_lock(&conn->upper_lock);
	if (iser_conn_upper(conn))
		conn->ops->login_notify(conn);
	mutex_unlock(&conn->upper_lock);
}

/* Tell the half of the end, once.  The device holds nothing of it any longer. */
static void iser_end_tell(struct iser_conn *conn)
{
	iser_conn_event(conn, ISER_EV_DRAINED);
	/* Submitted between the flush and now; later ones find DOWN. */
	iser_jobs_flush(conn);
	if (conn->role == ISER_TARGET) {
		iser_guest_dropped(conn);
		mutex_lock(&conn->upper_lock);
	}
	if (iser_conn_upper(conn))
		conn->ops->connection_terminate_notify(conn, conn->reason);
	if (conn->role == ISER_TARGET)
		mutex_unlock(&conn->upper_lock);
	complete_all(&conn->down);
	wake_up_all(&conn->wait);
}

/* Disconnect, which tells the peer, unless the port is down: see device.c. */
static void iser_end_disconnect(struct iser_conn *conn)
{
	if (iser_port_mute(conn->id))
		return;
	rdma_disconnect(conn->id);
	conn->disconnected = conn->info.established;
}

static void iser_end_work(struct work_struct *work)
{
	struct iser_conn *conn = container_of(work, struct iser_conn, end_work);
	/* The half has submitted nothing to one that was never established. */
	bool early = conn->role == ISER_INITIATOR && !conn->info.established;
	/*
	 * The next connection of a disk waits for this, so reclaim must not
	 * write to that disk.
	 */
	unsigned int flags = memalloc_noio_save();

	wake_up_all(&conn->wait);
	if (early) {
		iser_end_tell(conn);
		/* The queue pair is being made, or the work has not begun. */
		if (cancel_work_sync(&conn->connect_work))
			iser_conn_put(conn);
	}
	/* The peer may be flooding us: it must not use another shared receive. */
	if (conn->pool && conn->qp && conn->reason == -EPROTO)
		iser_drain_begin(conn);
	/* End a login that waits for the peer: other logins wait for it. */
	if (conn->role == ISER_TARGET)
		iser_conn_login_notify(conn);
	cancel_delayed_work_sync(&conn->hello.work);
	/* Wait for those who saw the connection live and now map or post. */
	synchronize_rcu();
	if (conn->qp) {
		iser_end_disconnect(conn);
		iser_verbs_drain(conn);
		iser_event_flushed(conn);
	}
	mutex_lock(&conn->setup_lock);
	iser_verbs_close(conn);
	mutex_unlock(&conn->setup_lock);
	/*
	 * No completion follows, and the device neither reads nor writes: end
	 * what waited for a completion.
	 */
	iser_jobs_flush(conn);
	iser_jobs_abandon(conn);
	iser_tasks_sweep(conn);
	mutex_lock(&conn->setup_lock);
	iser_verbs_destroy(conn);
	mutex_unlock(&conn->setup_lock);

	if (!early)
		iser_end_tell(conn);
	iser_conn_put(conn);
	memalloc_noio_restore(flags);
}

/* Return: true when the send queue has completed all that was submitted. */
static bool iser_sq_drained(struct iser_conn *conn)
{
	bool drained;

	spin_lock_bh(&conn->send_lock);
	drained = !iser_state_live(conn->state) ||
		(!conn->login.sending && !conn->hello.sending &&
		 list_empty(&conn->sendq) && !conn->credits.used);
	spin_unlock_bh(&conn->send_lock);
	return drained;
}

void iser_connection_terminate(struct iser_conn *conn)
{
	/* A peer that acknowledges nothing must not hold up the caller. */
	if (conn->role == ISER_TARGET) {
		spin_lock_bh(&conn->send_lock);
		if (iser_state_live(conn->state))
			iser_send_cq_arm(conn);
		spin_unlock_bh(&conn->send_lock);
		wait_event_timeout(conn->wait, iser_sq_drained(conn), 2 * HZ);
	}
	iser_connection_fail(conn, 0);
	wait_for_completion(&conn->down);
}
EXPORT_SYMBOL_ISER(iser_connection_terminate);

void iser_connection_close(struct iser_conn *conn)
{
	mutex_lock(&conn->upper_lock);
	iser_conn_set_upper(conn, NULL);
	mutex_unlock(&conn->upper_lock);
	iser_guest_close(conn);
}
EXPORT_SYMBOL_ISER(iser_connection_close);

int iser_allocate_connection_resources(struct iser_conn *conn,
				       const struct iser_resources *res)
{
	struct iser_resources r = *res;
	unsigned int flags;
	int ret;

	/* RFC 5047, section 8.4: a repeated call is ignored. */
	if (conn->allocated)
		return 0;
	if (r.receives > conn->param.recv_depth || r.recv_data > ISER_LOGIN_TEXT)
		return -ENOSPC;
	if (conn->sink_mr && !r.regions) {
		r.regions = min(r.tasks, 32u);
		r.region_pages = min(64u, conn->info.max_pages);
	}
	conn->res = r;

	/* end_work takes the verbs objects away under this lock. */
	flags = memalloc_noio_save();
	mutex_lock(&conn->setup_lock);
	ret = -ENOTCONN;
	if (!iser_state_live(READ_ONCE(conn->state)))
		goto out;
	ret = iser_tasks_init(conn, r.tasks) ?: iser_unsig_init(conn);
	if (ret)
		goto out;
	if (conn->role == ISER_INITIATOR) {
		ret = iser_data_outs_init(conn);
		if (ret)
			goto out;
	}
	ret = conn->pool ? iser_rx_pool_promise(conn, r.receives) :
			   iser_rx_chunk_add(conn, r.receives);
	if (!ret && conn->sink_mr)
		ret = iser_sinks_init(conn);
	if (!ret && conn->role == ISER_TARGET)
		ret = iser_rx_chunk_post(conn, NULL);
	conn->allocated = !ret;
out:
	mutex_unlock(&conn->setup_lock);
	memalloc_noio_restore(flags);
	return ret;
}
EXPORT_SYMBOL_ISER(iser_allocate_connection_resources);

void iser_notice_key_values(struct iser_conn *conn,
			    const struct iser_notice *notice)
{
	conn->notice = *notice;
}
EXPORT_SYMBOL_ISER(iser_notice_key_values);

int iser_enable_datamover(struct iser_conn *conn)
{
	int ret = 0;

	if (!conn->allocated || READ_ONCE(conn->state) != ISER_LOGIN)
		return -ENOTCONN;
	/*
	 * The peer may close before this end knows that it has received the
	 * last Login Response.
	 */
	if (conn->role == ISER_TARGET)
		iser_guest_excuse(conn);
	iser_hello_expect(conn);
	if (!iser_conn_event(conn, ISER_EV_ENABLE))
		return -ENOTCONN;
	if (conn->role == ISER_INITIATOR)
		ret = iser_rx_chunk_post(conn, NULL);
	if (!ret)
		ret = iser_hello_start(conn);
	if (ret)
		iser_connection_fail(conn, ret);
	return ret;
}
EXPORT_SYMBOL_ISER(iser_enable_datamover);

void iser_deallocate_connection_resources(struct iser_conn *conn)
{
	flush_work(&conn->flush_work);
	iser_tasks_free(conn);
	iser_data_outs_free(conn);
	iser_rx_chunk_free(&conn->chunk);
}
EXPORT_SYMBOL_ISER(iser_deallocate_connection_resources);

/*
 * iser_wc_failed - a work request has failed: end the connection
 * @what: the operation, for the log line
 *
 * Only the first failure of a connection is logged.  Any context.
 */
void iser_wc_failed(struct iser_conn *conn, const struct ib_wc *wc,
		    const char *what)
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
	if (iser_conn_end(conn, -EIO, false))
		iser_conn_warn(conn, "%s failed: %s (vendor code %#x), ending the connection",
			       what, ib_wc_status_msg(wc->status),
			       wc->vendor_err);
}
