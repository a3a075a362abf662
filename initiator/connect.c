// SPDX-License-Identifier: GPL-2.0-only
/*
 * An endpoint makes attempts to connect, one after another.
 *
 * The connection manager itself repeats a request only after seconds, which
 * helps when a packet was lost, but not when the path was.  So an attempt has
 * two seconds, and the next one starts with the address again.  While the port
 * is down, attempts test it some times a second.  So a session recovers soon
 * after its path.  iscsid waits long enough for one connect (login_timeout,
 * 15 s), and the attempts are bounded even if it no longer waits.
 *
 * Until the connection is established, the next attempt may replace it, under
 * attempt_lock.  From then on it stays for the life of the endpoint.
 */
#include "initiator.h"

#include <linux/delay.h>

#define ATTEMPT_TIME	(2 * HZ)
#define ATTEMPTS_TIME	(30 * HZ)
#define PORT_POLL	(HZ / 4)

static void attempt_work(struct work_struct *work);

/* Log one line for each cause, at its first attempt. */
static void say(struct iser_endpoint *end, const struct iser_info *info,
		int reason)
{
	if (reason == end->reported)
		return;
	end->reported = reason;
	switch (reason) {
	case -ENXIO:
		iser_log(ISER_LOG_SESSION, &end->remote,
			 "can't connect: there is no RDMA device (%d); \"rdma link\" shows them",
			 reason);
		break;
	case -ENETDOWN:
		iser_log(ISER_LOG_SESSION, &end->remote,
			 "can't connect: the port of RDMA device %s is down (%d), waiting for it",
			 info->port, reason);
		break;
	case -ETIMEDOUT:
		iser_log(ISER_LOG_SESSION, &end->remote,
			 "can't connect: nobody answers (%d), waited for %s, trying again",
			 reason, info->step);
		if (info->was_down)
			iser_log(ISER_LOG_SESSION, &end->remote,
				 "the port of RDMA device %s has been down: if \"rdma resource show qp\" has its queue pair of type GSI in state ERR, make it anew: rdma link delete %s, then rdma link add",
				 info->port, info->port);
		break;
	default:
		iser_log(ISER_LOG_SESSION, &end->remote,
			 "can't connect: %s (%d)", iser_reason_text(reason),
			 reason);
	}
}

/* Whether the failure may pass soon.  iscsid retries after all others. */
static bool worth_another(const struct iser_endpoint *end, int reason)
{
	if (time_after(jiffies, end->until))
		return false;
	/* Addresses and routes come up after their port. */
	return reason == -ETIMEDOUT || reason == -ENETDOWN ||
	       (reason == -EHOSTUNREACH && end->port_waited);
}

/* Under attempt_lock. */
static int begin(struct iser_endpoint *end)
{
	struct iser_conn_param param = {
		.tasks = end->tasks,
		.recv_depth = end->tasks + iser_unexpected + 1,
		.remote_invalidate = true,
	};
	struct iser_conn *conn;

	spin_lock_bh(&end->lock);
	end->ended = false;
	/* Armed before the end of the attempt, which can make it sooner. */
	if (!end->closing)
		mod_delayed_work(iser_answer_wq, &end->attempt_work,
				 ATTEMPT_TIME);
	spin_unlock_bh(&end->lock);
	conn = iser_connect((struct sockaddr *)&end->remote, NULL, &param,
			    &iser_endpoint_ops, end);
	if (IS_ERR(conn))
		return PTR_ERR(conn);
	if (end->conn)
		iser_conn_put(end->conn);
	end->conn = conn;
	end->info = iser_conn_info(conn);
	return 0;
}

static void attempt_work(struct work_struct *work)
{
	struct iser_endpoint *end = container_of(to_delayed_work(work),
						 struct iser_endpoint,
						 attempt_work);
	bool ended;
	int reason;

	mutex_lock(&end->attempt_lock);
	if (end->info->established || end->failure)
		goto unlock;
	spin_lock_bh(&end->lock);
	ended = end->ended;
	reason = end->reason;
	spin_unlock_bh(&end->lock);
	if (!ended) {
		/* Its end queues this work, unless it is now established. */
		iser_connect_give_up(end->conn, -ETIMEDOUT);
		goto unlock;
	}
	say(end, end->info, reason);
	if (reason == -ENETDOWN)
		end->port_waited = true;
	end->failure = worth_another(end, reason) ? begin(end) : reason;
unlock:
	mutex_unlock(&end->attempt_lock);
}

/* iser_attempt_init - initialize, without an attempt */
void iser_attempt_init(struct iser_endpoint *end)
{
	mutex_init(&end->attempt_lock);
	INIT_DELAYED_WORK(&end->attempt_work, attempt_work);
	end->until = jiffies + ATTEMPTS_TIME;
}

/* iser_attempt_begin - start the first.  Return: 0 or negative errno. */
int iser_attempt_begin(struct iser_endpoint *end)
{
	int err;

	mutex_lock(&end->attempt_lock);
	err = begin(end);
	mutex_unlock(&end->attempt_lock);
	if (err)
		cancel_delayed_work_sync(&end->attempt_work);
	return err;
}

/**
 * iser_attempt_ended - the connection has ended before it was established
 * @end: endpoint
 * @reason: negative errno
 *
 * Called by connection_terminate_notify(), under end->lock.
 */
void iser_attempt_ended(struct iser_endpoint *end, int reason)
{
	if (!end->closing)
		mod_delayed_work(iser_answer_wq, &end->attempt_work,
				 reason == -ENETDOWN ? PORT_POLL : 0);
}

/**
 * iser_attempt_wait - wait for a connection
 * @end: endpoint
 * @timeout_ms: how long; 0 polls
 *
 * Process context, sleeps.
 * Return: 1 established, 0 not yet, negative errno of the failure.
 */
int iser_attempt_wait(struct iser_endpoint *end, unsigned int timeout_ms)
{
	struct iser_conn *conn;
	bool over;
	int ret;

	mutex_lock(&end->attempt_lock);
	ret = end->failure;
	conn = end->conn;
	iser_conn_get(conn);
	mutex_unlock(&end->attempt_lock);
	if (!ret) {
		ret = iser_wait_connected(conn, timeout_ms);
		over = ret < 0 && ret != -ERESTARTSYS;
		if (over && iser_conn_info(conn)->established) {
			iser_log(ISER_LOG_SESSION, &end->remote,
				 "can't connect: %s (%d)",
				 iser_reason_text(ret), ret);
		} else if (over) {
			/* The next attempt starts soon. */
			if (timeout_ms)
				msleep_interruptible(timeout_ms);
			ret = 0;
		}
	}
	iser_conn_put(conn);
	return ret;
}

/* iser_attempt_stop - prevent further attempts.  Sleeps. */
void iser_attempt_stop(struct iser_endpoint *end)
{
	spin_lock_bh(&end->lock);
	end->closing = true;
	spin_unlock_bh(&end->lock);
	cancel_delayed_work_sync(&end->attempt_work);
}

/* iser_attempt_succeeded - whether the connection is established */
bool iser_attempt_succeeded(struct iser_endpoint *end)
{
	bool established;

	mutex_lock(&end->attempt_lock);
	established = end->info->established;
	mutex_unlock(&end->attempt_lock);
	return established;
}
