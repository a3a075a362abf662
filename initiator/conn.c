// SPDX-License-Identifier: GPL-2.0-only
/*
 * libiscsi's connection: the class creates it without an endpoint, and binds it
 * to one from bind_conn to ep_disconnect.
 */
#include "initiator.h"

#include <linux/delay.h>
#include <linux/sched/mm.h>

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

#define ATTEMPT_TIME	(2 * HZ)
#define ATTEMPTS_TIME	(30 * HZ)
#define PORT_POLL	(HZ / 4)

static void attempt_work(struct work_struct *work);

/**
 * reason_text - why a connection has ended or was not established
 * @reason: negative errno
 * Return: text for a log line.
 */
static const char *reason_text(int reason)
{
	switch (reason) {
	case -ECONNRESET:
		return "closed by the target";
	case -ECONNREFUSED:
		return "refused by the target";
	case -ETIMEDOUT:
		return "no answer from the target";
	case -ENODEV:
		return "RDMA device removed";
	case -EPROTO:
		return "protocol error";
	case -EHOSTUNREACH:
	case -ENETUNREACH:
	case -EADDRNOTAVAIL:
		return "no route over an RDMA device";
	default:
		return "error";
	}
}

/* Log one line for each cause, at its first attempt. */
static void say(struct iscsi_iser_endpoint *end, const struct iser_info *info,
		int reason)
{
	if (reason == end->reported)
		return;
	end->reported = reason;
	switch (reason) {
	case -ENXIO:
		iser_log(ISER_LOG_SESSION, &end->remote,
			 "can't connect: there is no RDMA device (%d); load its driver, or create one by \"rdma link add\"",
			 reason);
		break;
	case -ENETDOWN:
		iser_log(ISER_LOG_SESSION, &end->remote,
			 "can't connect: the port of RDMA device %s is down (%d), waiting for it",
			 info->port, reason);
		break;
	case -ETIMEDOUT:
		iser_log(ISER_LOG_SESSION, &end->remote,
			 "can't connect: timed out (%d) waiting for %s, trying again",
			 reason, info->step);
		if (info->was_down)
			iser_log(ISER_LOG_SESSION, &end->remote,
				 "the port of RDMA device %s was down: if its GSI queue pair is in state ERR (rdma resource show qp), run rdma link delete %s and rdma link add",
				 info->port, info->port);
		break;
	default:
		iser_log(ISER_LOG_SESSION, &end->remote,
			 "can't connect: %s (%d)", reason_text(reason),
			 reason);
	}
}

/* Whether the failure may pass soon.  iscsid retries after all others. */
static bool worth_another(const struct iscsi_iser_endpoint *end, int reason)
{
	if (time_after(jiffies, end->until))
		return false;
	/* Addresses and routes come up after their port. */
	return reason == -ETIMEDOUT || reason == -ENETDOWN ||
	       (reason == -EHOSTUNREACH && end->port_waited);
}

/* Under attempt_lock. */
static int begin(struct iscsi_iser_endpoint *end)
{
	struct iser_conn_param param = {
		.tasks = end->tasks,
		.recv_depth = end->tasks + iscsi_iser_unexpected + 1,
		.remote_invalidate = true,
		.pi = iscsi_iser_pi,
	};
	struct iser_conn *conn;

	spin_lock_bh(&end->lock);
	end->ended = false;
	/* Armed before the end of the attempt, which can make it sooner. */
	if (!end->closing)
		mod_delayed_work(iscsi_iser_answer_wq, &end->attempt_work,
				 ATTEMPT_TIME);
	spin_unlock_bh(&end->lock);
	conn = iser_connect((struct sockaddr *)&end->remote, NULL, &param,
			    &iscsi_iser_endpoint_ops, end);
	if (IS_ERR(conn))
		return PTR_ERR(conn);
	if (end->conn) {
		/* Its notification may not have returned, which nobody waits for later. */
		iser_connection_terminate(end->conn);
		iser_conn_put(end->conn);
	}
	end->conn = conn;
	end->info = iser_conn_info(conn);
	return 0;
}

static void attempt_work(struct work_struct *work)
{
	struct iscsi_iser_endpoint *end =
		container_of(to_delayed_work(work), struct iscsi_iser_endpoint,
			     attempt_work);
	unsigned int flags;
	bool ended;
	int reason;

	/* A disk of this session may be what memory is written out to. */
	flags = memalloc_noio_save();
	mutex_lock(&end->attempt_lock);
	if (!end->info || end->info->established || end->failure)
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
	memalloc_noio_restore(flags);
}

/* attempt_init - initialize, without an attempt */
static void attempt_init(struct iscsi_iser_endpoint *end)
{
	mutex_init(&end->attempt_lock);
	INIT_DELAYED_WORK(&end->attempt_work, attempt_work);
	end->until = jiffies + ATTEMPTS_TIME;
}

/* attempt_begin - start the first.  Return: 0 or negative errno. */
static int attempt_begin(struct iscsi_iser_endpoint *end)
{
	unsigned int flags;
	int err;

	/* As in attempt_work(): it may be iscsid that recovers the session. */
	flags = memalloc_noio_save();
	mutex_lock(&end->attempt_lock);
	err = begin(end);
	mutex_unlock(&end->attempt_lock);
	memalloc_noio_restore(flags);
	if (err)
		cancel_delayed_work_sync(&end->attempt_work);
	return err;
}

/**
 * attempt_ended - the connection has ended before it was established
 * @end: endpoint
 * @reason: negative errno
 *
 * Called by connection_terminate_notify(), under end->lock.
 */
static void attempt_ended(struct iscsi_iser_endpoint *end, int reason)
{
	if (!end->closing)
		mod_delayed_work(iscsi_iser_answer_wq, &end->attempt_work,
				 reason == -ENETDOWN ? PORT_POLL : 0);
}

/**
 * attempt_wait - wait for a connection
 * @end: endpoint
 * @timeout_ms: how long; 0 polls
 *
 * Process context, sleeps.
 * Return: 1 established, 0 not yet, negative errno of the failure.
 */
static int attempt_wait(struct iscsi_iser_endpoint *end, unsigned int timeout_ms)
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
				 reason_text(ret), ret);
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

/* attempt_stop - prevent further attempts.  Sleeps. */
static void attempt_stop(struct iscsi_iser_endpoint *end)
{
	spin_lock_bh(&end->lock);
	end->closing = true;
	spin_unlock_bh(&end->lock);
	cancel_delayed_work_sync(&end->attempt_work);
}

/* iscsi_iser_attempt_succeeded - whether the connection is established */
bool iscsi_iser_attempt_succeeded(struct iscsi_iser_endpoint *end)
{
	bool established;

	mutex_lock(&end->attempt_lock);
	established = end->info->established;
	mutex_unlock(&end->attempt_lock);
	return established;
}

/*
 * An endpoint: one iSER connection from connect to disconnect.
 *
 * The class itself disconnects a connection that has failed, while iscsid still
 * has the number of the endpoint: the struct iscsi_endpoint outlives the struct
 * iscsi_iser_endpoint until iscsid releases it.  A caller that has only that
 * number must take a reference.
 */

static DEFINE_MUTEX(endpoints_lock);	/* list; iscsi_endpoint.dd_data */
static LIST_HEAD(endpoints);

/**
 * iscsi_iser_ep_get - get the endpoint that belongs to a class's endpoint
 * @ep: endpoint whose number user space has
 *
 * Process context.
 * Return: endpoint with a reference, or NULL after disconnect.
 */
struct iscsi_iser_endpoint *iscsi_iser_ep_get(struct iscsi_endpoint *ep)
{
	struct iscsi_iser_endpoint *end;

	mutex_lock(&endpoints_lock);
	end = ep->dd_data;
	if (end)
		kref_get(&end->ref);
	mutex_unlock(&endpoints_lock);
	return end;
}

static void release(struct kref *ref)
{
	struct iscsi_iser_endpoint *end =
		container_of(ref, struct iscsi_iser_endpoint, ref);

	iser_conn_put(end->conn);
	kfree(end);
}

/* iscsi_iser_ep_put - drop a reference */
void iscsi_iser_ep_put(struct iscsi_iser_endpoint *end)
{
	kref_put(&end->ref, release);
}

/* Whether commands have no response yet: a logout may leave some behind. */
static bool has_commands(struct iscsi_conn *iscsi)
{
	struct iscsi_session *session = iscsi->session;
	bool found = false;
	u32 i;

	spin_lock_bh(&session->back_lock);
	for (i = 0; !found && i < session->cmds_max; i++)
		found = session->cmds[i]->sc;
	spin_unlock_bh(&session->back_lock);
	return found;
}

/*
 * Connection_Terminate_Notify.  Runs in a worker of the core, after the last
 * up-call of the connection, and of each attempt to connect.  The endpoint may
 * be unbound (before bind_conn).  libiscsi's connection outlives this call,
 * because ep_disconnect waits for it.
 */
static void notify_terminated(struct iser_conn *conn, int reason)
{
	struct iscsi_iser_endpoint *end = iser_conn_upper(conn);
	bool established = iser_conn_info(conn)->established;
	struct iscsi_conn *iscsi;

	spin_lock_bh(&end->lock);
	end->ended = true;
	end->reason = reason;
	iscsi = end->iscsi;
	if (!established)
		attempt_ended(end, reason);
	spin_unlock_bh(&end->lock);
	/* The next attempt may have begun, and ep_disconnect waits only for that. */
	if (!established)
		return;

	/* An answer with the reason goes first. */
	flush_delayed_work(&end->answer_work);

	/* This end closed it, or the target after it had answered a logout. */
	if (!reason || !iscsi || (end->logged_out && !has_commands(iscsi)))
		return;

	iser_log(ISER_LOG_END, &end->remote, "connection lost: %s (%d)",
		 reason_text(reason), reason);
	iscsi_conn_failure(iscsi, ISCSI_ERR_CONN_FAILED);
}

const struct iser_ops iscsi_iser_endpoint_ops = {
	.control_notify = iscsi_iser_recv_notify,
	.connection_terminate_notify = notify_terminated,
	.task_done = iscsi_iser_task_notify_done,
	.hello_done = iscsi_iser_recv_hello_done,
	.find_task = iscsi_iser_recv_find_task,
	.send_ready = iscsi_iser_task_notify_ready,
};

/**
 * iscsi_iser_ep_connect - start a connection
 * @shost: not used: the address selects the device
 * @dst_addr: address and port of the target
 * @non_blocking: do not wait until it is established
 *
 * The needs of the session are not known yet, so module parameters size the
 * queue pair.  Process context, sleeps.
 * Return: endpoint or ERR_PTR.
 */
struct iscsi_endpoint *iscsi_iser_ep_connect(struct Scsi_Host *shost,
					     struct sockaddr *dst_addr,
					     int non_blocking)
{
	struct iscsi_iser_endpoint *end;
	struct iscsi_endpoint *ep;
	int err;

	ep = iscsi_create_endpoint(0);
	if (!ep)
		return ERR_PTR(-ENOMEM);
	end = kzalloc(sizeof(*end), GFP_KERNEL);
	if (!end) {
		err = -ENOMEM;
		goto destroy;
	}
	kref_init(&end->ref);
	spin_lock_init(&end->lock);
	INIT_LIST_HEAD(&end->held);
	INIT_DELAYED_WORK(&end->answer_work, iscsi_iser_recv_answer_work);
	iscsi_iser_task_pool_init(&end->pool);
	end->tasks = READ_ONCE(iscsi_iser_max_cmds);
	memcpy(&end->remote, dst_addr, dst_addr->sa_family == AF_INET6 ?
	       sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
	attempt_init(end);
	end->ep = ep;
	ep->dd_data = end;

	err = attempt_begin(end);
	if (err) {
		iser_log(ISER_LOG_SESSION, &end->remote,
			 "can't connect: error %d", err);
		goto free;
	}
	mutex_lock(&endpoints_lock);
	list_add_tail(&end->node, &endpoints);
	mutex_unlock(&endpoints_lock);

	if (!non_blocking) {
		err = iscsi_iser_ep_poll(ep, -1);
		if (err <= 0) {
			iscsi_iser_ep_disconnect(ep);
			return ERR_PTR(err ?: -EINTR);
		}
	}
	return ep;

free:
	kfree(end);
destroy:
	iscsi_destroy_endpoint(ep);
	return ERR_PTR(err);
}

#define POLL_SLICE	100	/* ms */

/**
 * iscsi_iser_ep_poll - wait until the connection is established
 * @ep: endpoint
 * @timeout_ms: how long; 0 polls
 *
 * Process context, sleeps.
 * Return: 1 established, 0 not yet, negative errno of the failure, -ENOTCONN
 * after disconnect.
 */
int iscsi_iser_ep_poll(struct iscsi_endpoint *ep, int timeout_ms)
{
	unsigned long until = jiffies + msecs_to_jiffies(max(timeout_ms, 0));
	struct iscsi_iser_endpoint *end = iscsi_iser_ep_get(ep);
	int ret;

	if (!end)
		return -ENOTCONN;
	/* In slices: an attempt may replace the connection. */
	do {
		ret = attempt_wait(end, timeout_ms < 0 ? POLL_SLICE :
				   min(timeout_ms, POLL_SLICE));
	} while (!ret && !signal_pending(current) &&
		 (timeout_ms < 0 || time_before(jiffies, until)));
	iscsi_iser_ep_put(end);
	return ret;
}

/*
 * The iSER tasks of a connection are about to be freed.  libiscsi may keep some of
 * its tasks until the session has its next connection: an abort that waits for its
 * response has a reference.  So no task may point to an iSER task any more.
 * iscsi_iser_task_alloc_pdu() holds frwd_lock, iscsi_iser_task_cleanup() back_lock.
 */
static void detach(struct iscsi_conn *iscsi)
{
	struct iscsi_session *session = iscsi->session;
	u32 i;

	spin_lock_bh(&session->frwd_lock);
	spin_lock(&session->back_lock);
	iscsi->dd_data = NULL;
	for (i = 0; i < session->cmds_max; i++)
		if (session->cmds[i]->conn == iscsi)
			session->cmds[i]->dd_data = NULL;
	spin_unlock(&session->back_lock);
	spin_unlock_bh(&session->frwd_lock);
}

/**
 * iscsi_iser_ep_disconnect - end the connection and free its resources
 * @ep: endpoint, freed
 *
 * When bound, the class has made libiscsi stop sending (iscsi_conn_unbind).
 * iscsi_conn_stop fails the tasks later, which must then find no connection.
 * Process context, sleeps.
 */
void iscsi_iser_ep_disconnect(struct iscsi_endpoint *ep)
{
	struct iscsi_iser_endpoint *end = ep->dd_data;
	struct iscsi_conn *iscsi = end->iscsi;

	mutex_lock(&endpoints_lock);
	list_del(&end->node);
	ep->dd_data = NULL;
	mutex_unlock(&endpoints_lock);
	attempt_stop(end);
	iser_connection_terminate(end->conn);
	iscsi_iser_login_ended(end);

	if (iscsi)
		detach(iscsi);
	iscsi_iser_task_pool_end(&end->pool);

	iser_deallocate_connection_resources(end->conn);
	iscsi_iser_ep_put(end);
	iscsi_destroy_endpoint(ep);
}

/**
 * iscsi_iser_endpoints_exit - end the endpoints that are left
 *
 * An endpoint without a session does not hold the module.  If iscsid was killed
 * while it connected, no other process knows the endpoint.  Called after the
 * transport has been unregistered, so that none is added.  Sleeps.
 */
void iscsi_iser_endpoints_exit(void)
{
	struct iscsi_iser_endpoint *end, *next;

	list_for_each_entry_safe(end, next, &endpoints, node)
		iscsi_iser_ep_disconnect(end->ep);
}

/**
 * iscsi_iser_conn_create - create a connection of libiscsi, not yet bound
 * @cls_session: its session
 * @cid: connection number
 *
 * Process context.
 * Return: connection or NULL.
 */
struct iscsi_cls_conn *iscsi_iser_conn_create(struct iscsi_cls_session *cls_session,
					      u32 cid)
{
	return iscsi_conn_setup(cls_session, 0, cid);
}

/**
 * iscsi_iser_conn_bind - let a connection of libiscsi use an endpoint
 * @cls_session: its session
 * @cls_conn: the connection
 * @transport_eph: number of the endpoint, from user space
 * @is_leading: it is the session's leading connection
 *
 * From now on notify_terminated() reports the connection's end to libiscsi.
 * Process context, under the class's ep_mutex.
 * Return: 0; -EINVAL when the endpoint does not exist or is unsuitable;
 * -ENOTCONN when its connection has ended already, or was disconnected.
 */
int iscsi_iser_conn_bind(struct iscsi_cls_session *cls_session,
			 struct iscsi_cls_conn *cls_conn, u64 transport_eph,
			 int is_leading)
{
	struct iscsi_session *session = cls_session->dd_data;
	struct iscsi_conn *conn = cls_conn->dd_data;
	struct iscsi_iser_endpoint *end;
	struct iscsi_endpoint *ep;
	int err;

	ep = iscsi_lookup_endpoint(transport_eph);
	if (!ep)
		return -EINVAL;
	err = -ENOTCONN;
	end = iscsi_iser_ep_get(ep);
	if (!end)
		goto put_ep;

	err = -EINVAL;
	if (conn->dd_data || end->iscsi)
		goto put;
	if (!iscsi_iser_attempt_succeeded(end)) {
		err = -ENOTCONN;
		goto put;
	}
	if (session->cmds_max > end->info->tasks) {
		iser_log(ISER_LOG_SESSION, &end->info->remote,
			 "the session has %d tasks, but max_cmds or the device allows %u; log out and in again",
			 session->cmds_max, end->info->tasks);
		goto put;
	}
	err = iscsi_iser_host_check(session->host, end);
	if (err)
		goto put;

	spin_lock_bh(&end->lock);
	if (end->ended)
		err = -ENOTCONN;
	else
		end->iscsi = conn;
	spin_unlock_bh(&end->lock);
	if (err)
		goto put;

	conn->dd_data = end;
	err = iscsi_conn_bind(cls_session, cls_conn, is_leading);
put:
	iscsi_iser_ep_put(end);
put_ep:
	iscsi_put_endpoint(ep);
	return err;
}

/**
 * iscsi_iser_conn_set_param - apply the result of a login key, or a setting
 * @cls_conn: connection
 * @param: which one
 * @buf: value as text, terminated
 * @buflen: its length
 *
 * Digests and markers are for a byte stream, and iSER forbids them (RFC 7145,
 * sections 6.1 and 6.2): what protects the data is the RDMA transport.  A Send
 * carries no more than ISER_SEND_DATA, whatever open-iscsi takes by default from
 * a target that names no length.
 * Process context.
 * Return: 0, -EPROTO for a value that iSER does not allow, or libiscsi's error.
 */
int iscsi_iser_conn_set_param(struct iscsi_cls_conn *cls_conn, enum iscsi_param param,
			      char *buf, int buflen)
{
	struct iscsi_conn *conn = cls_conn->dd_data;
	int value;
	u32 len;

	switch (param) {
	case ISCSI_PARAM_MAX_XMIT_DLENGTH:
		/* A target can hide a false value from the module's filter. */
		if (kstrtou32(buf, 10, &len) || len < ISER_RECV_DSL_MIN) {
			pr_err("a MaxXmitDataSegmentLength of less than 512 bytes is refused\n");
			return -EPROTO;
		}
		conn->max_xmit_dlength = min_t(u32, len, ISER_SEND_DATA);
		return 0;
	case ISCSI_PARAM_HDRDGST_EN:
	case ISCSI_PARAM_DATADGST_EN:
	case ISCSI_PARAM_IFMARKER_EN:
	case ISCSI_PARAM_OFMARKER_EN:
		if (kstrtoint(buf, 0, &value) || value) {
			pr_err("iSER does not allow digests or markers: set HeaderDigest and DataDigest to None\n");
			return -EPROTO;
		}
		return 0;
	default:
		return iscsi_set_param(cls_conn, param, buf, buflen);
	}
}

/**
 * iscsi_iser_conn_start - full feature phase: commands may follow
 * @cls_conn: connection
 *
 * Process context.
 * Return: 0, -EINVAL without a MaxXmitDataSegmentLength, or libiscsi's error.
 */
int iscsi_iser_conn_start(struct iscsi_cls_conn *cls_conn)
{
	const struct iscsi_conn *conn = cls_conn->dd_data;

	/* Without it, unsolicited data would be sent in pieces of no bytes. */
	return conn->max_xmit_dlength ? iscsi_conn_start(cls_conn) : -EINVAL;
}

/**
 * iscsi_iser_conn_get_ep_param - address and port of the target
 * @ep: endpoint
 * @param: which
 * @buf: one page
 *
 * Process context.
 * Return: bytes written or negative errno.
 */
int iscsi_iser_conn_get_ep_param(struct iscsi_endpoint *ep, enum iscsi_param param,
				 char *buf)
{
	struct iscsi_iser_endpoint *end = ep->dd_data;
	struct sockaddr_storage remote = end->remote;

	switch (param) {
	case ISCSI_PARAM_CONN_ADDRESS:
	case ISCSI_PARAM_CONN_PORT:
		return iscsi_conn_get_addr_param(&remote, param, buf);
	default:
		return -EOPNOTSUPP;
	}
}

/**
 * iscsi_iser_conn_get_stats - counters for "iscsiadm -m session -s"
 * @cls_conn: connection
 * @stats: filled
 *
 * There are no Data-In and R2T PDUs, because the target uses RDMA instead, so
 * their counters stay zero.
 * Process context.
 */
void iscsi_iser_conn_get_stats(struct iscsi_cls_conn *cls_conn,
			       struct iscsi_stats *stats)
{
	struct iscsi_conn *conn = cls_conn->dd_data;

	stats->txdata_octets = conn->txdata_octets;
	stats->rxdata_octets = conn->rxdata_octets;

	/* Sent.  The class has cleared the other counters. */
	stats->scsicmd_pdus = conn->scsicmd_pdus_cnt;
	stats->tmfcmd_pdus = conn->tmfcmd_pdus_cnt;
	stats->dataout_pdus = conn->dataout_pdus_cnt;

	/* Received. */
	stats->scsirsp_pdus = conn->scsirsp_pdus_cnt;
	stats->tmfrsp_pdus = conn->tmfrsp_pdus_cnt;

	stats->custom_length = 1;
	strscpy(stats->custom[0].desc, "eh_abort_cnt",
		sizeof(stats->custom[0].desc));
	stats->custom[0].value = conn->eh_abort_cnt;
}
