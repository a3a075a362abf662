// SPDX-License-Identifier: GPL-2.0-only
/*
 * Module, portals and their parameters.  Other parameters are where they are used.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "command.h"
#include "conn.h"
#include "data_out.h"
#include "login.h"
#include "pi.h"
#include "receive.h"
#include "response.h"
#include "session.h"
#include "target.h"

#include <linux/module.h>
#include <linux/slab.h>
#include <iser/param.h>
#include <iser/version.h>

/*
 * Network portals, from which LIO's np thread takes connections.
 */

struct isert_np {
	struct iser_listener *listener;
	struct isert_conn *current_login;	/* login in the np thread */
};

/*
 * The size of a queue pair is fixed before the initiator is known.  Devices
 * round it up to a power of two; the core adds a few entries for itself.
 */
static unsigned int recv_depth = 250;
ISER_PARAM(recv_depth, recv_depth, 32, 8192, 0644);
MODULE_PARM_DESC(recv_depth,
		 "Receives that a queue pair of later portals holds, 32 to 8192: the sum of LIO's cmdsn_depth, the unsolicited Data-Out of that many commands, and 17 (default: 250)");

static u32 isert_recv_depth(void)
{
	return READ_ONCE(recv_depth);
}

static unsigned int send_depth = 120;
ISER_PARAM(send_depth, send_depth, 32, 8192, 0644);
MODULE_PARM_DESC(send_depth,
		 "Work requests that the send queues of later portals hold, 32 to 8192; further ones wait (default: 120)");

static u32 isert_send_depth(void)
{
	return READ_ONCE(send_depth);
}

static unsigned int shared_depth = 2048;
ISER_PARAM(shared_depth, shared_depth, 0, 8192, 0644);
MODULE_PARM_DESC(shared_depth,
		 "Receives that a shared receive queue of later portals holds, up to 8192, and one connection for each 64 of them; below 64, and always with iWARP, each connection has its own receives (default: 2048)");

static u32 isert_shared_depth(void)
{
	return READ_ONCE(shared_depth);
}

/* A queue pair that can do it is larger, and made before the portal group is known. */
static bool pi_enable;
module_param(pi_enable, bool, 0644);
MODULE_PARM_DESC(pi_enable,
		 "Have later portals carry protection information (T10-PI) for portal groups with t10_pi=1, over adapters that can check it (default: N)");

/**
 * isert_setup_np - create a portal for LIO
 * @np: portal
 * @addr: its address; may be a wildcard, or belong to a device that is missing
 *
 * May sleep, under LIO's np_lock.
 * Return: 0 or negative errno.
 */
static int isert_setup_np(struct iscsi_np *np, struct sockaddr_storage *addr)
{
	const struct iser_conn_param param = {
		.recv_depth = isert_recv_depth(),
		.send_depth = isert_send_depth(),
		.shared_depth = isert_shared_depth(),
		.remote_invalidate = true,
		.pi = READ_ONCE(pi_enable),
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

/* The np thread has returned: its last login now belongs to login_work. */
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
 * isert_accept_np - take a connection whose first Login Request has arrived
 * @np: portal
 * @conn: LIO's connection, to be filled
 *
 * np thread; sleeps, interruptibly.  A connection that arrives while the portal
 * is stopped is still handed to LIO, which tells its initiator.
 * Return: 0, negative errno to be called again, -ENOSYS to end the thread.
 */
static int isert_accept_np(struct iscsi_np *np, struct iscsit_conn *conn)
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
	/* SendTargets names this address for a wildcard portal. */
	conn->local_sockaddr = info->local;
	conn->context = ic;

	kref_get(&ic->ref);
	p->current_login = ic;
	return 0;
}

/**
 * isert_free_np - free a portal whose np thread LIO has stopped
 * @np: portal
 *
 * Ends the connections that LIO has not accepted yet.  Sleeps.
 */
static void isert_free_np(struct iscsi_np *np)
{
	struct isert_np *p = np->np_context;

	isert_np_left(p);
	iser_unlisten(p->listener);
	np->np_context = NULL;
	kfree(p);
}

struct workqueue_struct *isert_wq, *isert_hold_wq;

/*
 * Parameters of the kernel's own module.  They are accepted within its limits
 * so that an administrator's configuration still works, and have no effect.
 */
struct isert_unused {
	int value, min, max;
	bool reported;
};

static int isert_set_unused(const char *val, const struct kernel_param *kp)
{
	struct isert_unused *u = kp->arg;
	int ret, n;

	ret = kstrtoint(val, 0, &n);
	if (ret)
		return ret;
	if (n < u->min || n > u->max) {
		pr_err("parameter %s takes %d to %d, not %d\n", kp->name,
		       u->min, u->max, n);
		return -EINVAL;
	}
	/* kernel_param_lock() lets only one writer run at a time. */
	u->value = n;
	if (!u->reported)
		pr_info("parameter %s is accepted and has no effect\n", kp->name);
	u->reported = true;
	return 0;
}

static int isert_get_unused(char *buffer, const struct kernel_param *kp)
{
	const struct isert_unused *u = kp->arg;

	return sysfs_emit(buffer, "%d\n", u->value);
}

static const struct kernel_param_ops isert_unused_ops = {
	.set = isert_set_unused,
	.get = isert_get_unused,
};

static struct isert_unused debug_level = { 0, INT_MIN, INT_MAX };
module_param_cb(debug_level, &isert_unused_ops, &debug_level, 0644);
MODULE_PARM_DESC(debug_level, "Unused; messages are enabled by dynamic debug");

static struct isert_unused sg_tablesize = { 128, 128, 4096 };
module_param_cb(sg_tablesize, &isert_unused_ops, &sg_tablesize, 0644);
MODULE_PARM_DESC(sg_tablesize, "Unused; long transfers are split as the device needs it");

struct iscsit_transport isert_transport = {
	.name			= "iSER",
	.transport_type		= ISCSI_INFINIBAND,
	.rdma_shutdown		= true,
	.priv_size		= 0,	/* see isert_cmd_of() */
	.owner			= THIS_MODULE,
	.iscsit_setup_np	= isert_setup_np,
	.iscsit_accept_np	= isert_accept_np,
	.iscsit_free_np		= isert_free_np,
	.iscsit_validate_params	= isert_validate_params,
	.iscsit_get_login_rx	= isert_get_login_rx,
	.iscsit_put_login_tx	= isert_put_login_tx,
	.iscsit_get_rx_pdu	= isert_get_rx_pdu,
	.iscsit_wait_conn	= isert_wait_conn,
	.iscsit_free_conn	= isert_free_conn,
	.iscsit_immediate_queue	= isert_immediate_queue,
	.iscsit_response_queue	= isert_response_queue,
	.iscsit_get_dataout	= isert_get_dataout,
	.iscsit_queue_data_in	= isert_queue_data_in,
	.iscsit_queue_status	= isert_queue_status,
	.iscsit_aborted_task	= iscsit_aborted_task,
	.iscsit_unmap_cmd	= isert_unmap_cmd,
	.iscsit_get_sup_prot_ops = isert_get_sup_prot_ops,
};

const struct iser_ops isert_ops = {
	.control_notify			= isert_control_notify,
	.data_completion_notify		= isert_data_completion_notify,
	.data_ack_notify		= isert_data_ack_notify,
	.connection_terminate_notify	= isert_terminate_notify,
	.response_done			= isert_response_done,
	.cmd_init			= isert_cmd_init,
	.login_notify			= isert_login_notify,
};

static int __init isert_init(void)
{
	int ret = iser_core_check("ib_isert", ISER_BUILD);

	if (ret)
		return ret;
	/* Logouts sleep until their connection is closed, as long as a backend needs. */
	isert_wq = alloc_workqueue("isert", WQ_UNBOUND, 0);
	if (!isert_wq)
		return -ENOMEM;
	/* Those whose response is held back do so for a bounded time: no backend delays them. */
	isert_hold_wq = alloc_workqueue("isert_hold", WQ_UNBOUND, WQ_MAX_ACTIVE);
	if (!isert_hold_wq) {
		destroy_workqueue(isert_wq);
		return -ENOMEM;
	}
	iscsit_register_transport(&isert_transport);
	return 0;
}

static void __exit isert_exit(void)
{
	iscsit_unregister_transport(&isert_transport);
	destroy_workqueue(isert_hold_wq);
	destroy_workqueue(isert_wq);
}

module_init(isert_init);
module_exit(isert_exit);

ISER_IMPORT();
MODULE_DESCRIPTION("iSER target: LIO transport for iSCSI over RDMA (RFC 7145)");
MODULE_AUTHOR("iSER for Linux");
MODULE_LICENSE("GPL");
MODULE_VERSION(ISER_RELEASE);
