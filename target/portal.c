// SPDX-License-Identifier: GPL-2.0-only
/*
 * Network portals: LIO's np thread takes connections here.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/slab.h>
#include "target.h"

struct isert_np {
	struct iser_listener *listener;
	struct isert_conn *current_login;	/* the np thread's */
};

/**
 * isert_setup_np - LIO makes a portal
 * @np: portal
 * @addr: its address; may be a wildcard, or of a device that is not there yet
 *
 * May sleep, under LIO's np_lock.  Return: 0 or negative errno.
 */
int isert_setup_np(struct iscsi_np *np, struct sockaddr_storage *addr)
{
	const struct iser_conn_param param = {
		.recv_depth = isert_recv_depth(),
		.send_depth = isert_send_depth(),
		.shared_depth = isert_shared_depth(),
		.remote_invalidate = true,
	};
	struct isert_np *p = kzalloc(sizeof(*p), GFP_KERNEL);
	int ret;

	if (!p)
		return -ENOMEM;
	np->np_sockaddr = *addr;
	p->listener = iser_listen(addr, &param, &isert_ops);
	if (IS_ERR(p->listener)) {
		ret = PTR_ERR(p->listener);
		kfree(p);
		return ret;
	}
	np->np_context = p;
	return 0;
}

/* The np thread is back: its last connection's login is the work's now. */
static void isert_np_left(struct isert_np *p)
{
	struct isert_conn *ic = p->current_login;

	if (!ic)
		return;
	p->current_login = NULL;
	isert_login_np_left(ic);
	isert_conn_put(ic);
}

/**
 * isert_accept_np - the next connection whose first Login Request is here
 * @np: portal
 * @conn: LIO's connection, to be filled
 *
 * np thread; sleeps, interruptibly.  A connection that comes while the portal
 * is stopped is handed on: LIO tells its initiator.
 * Return: 0, negative errno to be called again, -ENOSYS to end the thread.
 */
int isert_accept_np(struct iscsi_np *np, struct iscsit_conn *conn)
{
	struct isert_np *p = np->np_context;
	const struct iser_info *info;
	struct isert_conn *ic;
	struct iser_conn *dm;
	bool stop;

	isert_np_left(p);

	spin_lock_bh(&np->np_thread_lock);
	stop = np->np_thread_state >= ISCSI_NP_THREAD_RESET;
	spin_unlock_bh(&np->np_thread_lock);
	if (stop)
		return -EAGAIN;

	dm = iser_accept(p->listener);
	if (IS_ERR(dm))
		return PTR_ERR(dm) == -ESHUTDOWN ? -ENOSYS : PTR_ERR(dm);

	ic = isert_conn_alloc(conn, dm);
	if (!ic) {
		iser_connection_close(dm);
		iser_conn_put(dm);
		return -ENOMEM;
	}
	info = iser_conn_info(dm);
	conn->login_family = np->np_sockaddr.ss_family;
	conn->login_sockaddr = info->remote;
	/* SendTargets names this one for a wildcard portal. */
	conn->local_sockaddr = info->local;
	conn->context = ic;

	kref_get(&ic->ref);
	p->current_login = ic;
	return 0;
}

/**
 * isert_free_np - LIO has stopped the np thread and drops the portal
 * @np: portal
 *
 * Connections not accepted yet are ended.  Sleeps.
 */
void isert_free_np(struct iscsi_np *np)
{
	struct isert_np *p = np->np_context;

	isert_np_left(p);
	iser_unlisten(p->listener);
	np->np_context = NULL;
	kfree(p);
}
