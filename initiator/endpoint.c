// SPDX-License-Identifier: GPL-2.0-only
/*
 * An endpoint: one iSER connection from connect to disconnect.
 */
#include "initiator.h"

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

/*
 * Connection_Terminate_Notify.  Runs in a worker of the core, after the last
 * up-call of the connection.  The endpoint may be unbound (before bind_conn),
 * and libiscsi's connection outlives this call: ep_disconnect waits for it.
 */
static void notify_terminated(struct iser_conn *conn, int reason)
{
	struct iser_endpoint *end = iser_conn_upper(conn);
	struct iscsi_conn *iscsi;

	spin_lock_bh(&end->lock);
	end->ended = true;
	end->reason = reason;
	iscsi = end->iscsi;
	spin_unlock_bh(&end->lock);

	/* An answer that says why comes first. */
	flush_delayed_work(&end->answer_work);

	/* We closed it, or the target did so after it had answered a logout. */
	if (!reason || !iscsi || end->logged_out)
		return;

	iser_log(ISER_LOG_END, &end->info->remote,
		 "connection lost: %s (%d)",
		 reason_text(reason), reason);
	iscsi_conn_failure(iscsi, ISCSI_ERR_CONN_FAILED);
}

static const struct iser_ops endpoint_ops = {
	.control_notify = iser_recv_notify,
	.connection_terminate_notify = notify_terminated,
	.task_done = iser_task_notify_done,
	.hello_done = iser_recv_hello_done,
	.find_task = iser_recv_find_task,
	.send_ready = iser_task_notify_ready,
};

/**
 * iser_ep_connect - start a connection
 * @shost: not used: addresses select the device
 * @dst_addr: address and port of the target
 * @non_blocking: do not wait until it is established
 *
 * What a session will ask for is not known yet: the queue pair is sized by
 * parameters.  Process context, sleeps.  Return: endpoint or ERR_PTR.
 */
struct iscsi_endpoint *iser_ep_connect(struct Scsi_Host *shost,
				       struct sockaddr *dst_addr,
				       int non_blocking)
{
	u32 tasks = READ_ONCE(iser_max_cmds);
	struct iser_conn_param param = {
		.tasks = tasks,
		.recv_depth = tasks + iser_unexpected + 1,
		.remote_invalidate = true,
	};
	struct iser_endpoint *end;
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
	spin_lock_init(&end->lock);
	INIT_LIST_HEAD(&end->held);
	INIT_DELAYED_WORK(&end->answer_work, iser_recv_answer_work);
	iser_stock_init(&end->stock);
	end->tasks = tasks;
	ep->dd_data = end;

	end->conn = iser_connect(dst_addr, NULL, &param, &endpoint_ops, end);
	if (IS_ERR(end->conn)) {
		err = PTR_ERR(end->conn);
		goto free;
	}
	end->info = iser_conn_info(end->conn);
	/* An endpoint need not have a session that would hold the module. */
	__module_get(THIS_MODULE);

	if (!non_blocking) {
		err = iser_wait_connected(end->conn, -1);
		if (err < 0) {
			iser_ep_disconnect(ep);
			return ERR_PTR(err);
		}
	}
	return ep;

free:
	kfree(end);
destroy:
	iscsi_destroy_endpoint(ep);
	return ERR_PTR(err);
}

/**
 * iser_ep_poll - wait until the connection is established
 * @ep: endpoint
 * @timeout_ms: how long; 0 polls
 *
 * Process context, sleeps.
 * Return: 1 established, 0 not yet, negative errno of the failure.
 */
int iser_ep_poll(struct iscsi_endpoint *ep, int timeout_ms)
{
	struct iser_endpoint *end = ep->dd_data;
	int ret = iser_wait_connected(end->conn, timeout_ms);

	if (ret < 0 && ret != -ERESTARTSYS)
		iser_log(ISER_LOG_SESSION, &end->info->remote,
			 "can't connect: %s (%d)",
			 reason_text(ret), ret);
	return ret;
}

/**
 * iser_ep_disconnect - end the connection and free what it had
 * @ep: endpoint, freed
 *
 * When bound, libiscsi has been told to send no more (iscsi_conn_unbind).  Its
 * tasks are failed later, by iscsi_conn_stop: they must find no connection.
 * Process context, sleeps.
 */
void iser_ep_disconnect(struct iscsi_endpoint *ep)
{
	struct iser_endpoint *end = ep->dd_data;
	struct iscsi_conn *iscsi = end->iscsi;

	iser_connection_terminate(end->conn);
	iser_login_ended(end);

	if (iscsi) {
		/* iser_task_cleanup() reads it under back_lock. */
		spin_lock_bh(&iscsi->session->back_lock);
		iscsi->dd_data = NULL;
		spin_unlock_bh(&iscsi->session->back_lock);
	}
	iser_stock_end(&end->stock);

	iser_deallocate_connection_resources(end->conn);
	iser_conn_put(end->conn);
	kfree(end);
	iscsi_destroy_endpoint(ep);
	/* The caller holds the module too, for its netlink call or session. */
	module_put(THIS_MODULE);
}
