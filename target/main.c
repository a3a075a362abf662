// SPDX-License-Identifier: GPL-2.0-only
/*
 * Module and parameters.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <iser/version.h>
#include "target.h"

struct workqueue_struct *isert_wq;

static bool inject_keys = true;
module_param(inject_keys, bool, 0644);
MODULE_PARM_DESC(inject_keys,
		 "Answer the login keys of RFC 7145 that LIO does not know (default: Y)");

static bool strict_base_offset;
module_param(strict_base_offset, bool, 0644);
MODULE_PARM_DESC(strict_base_offset,
		 "Take the RFC's default for TaggedBufferForSolicitedDataOnly, No, where an initiator does not name the key; deployed initiators mean Yes (default: N)");

bool isert_inject_keys(void)
{
	return READ_ONCE(inject_keys);
}

bool isert_strict_base(void)
{
	return READ_ONCE(strict_base_offset);
}

/*
 * Parameters of the kernel's own module: taken, so that an administrator's
 * configuration goes on working, and of no effect.
 */
static int isert_set_unused(const char *val, const struct kernel_param *kp)
{
	pr_info("parameter %s is accepted and has no effect\n", kp->name);
	return param_set_int(val, kp);
}

static const struct kernel_param_ops isert_unused_ops = {
	.set = isert_set_unused,
	.get = param_get_int,
};

static int debug_level;
module_param_cb(debug_level, &isert_unused_ops, &debug_level, 0644);
MODULE_PARM_DESC(debug_level, "Unused; messages are enabled by dynamic debug");

static int sg_tablesize = 128;
module_param_cb(sg_tablesize, &isert_unused_ops, &sg_tablesize, 0644);
MODULE_PARM_DESC(sg_tablesize, "Unused; long transfers are cut as the device needs it");

/* Protection information is not carried over iSER: TPG attribute t10_pi. */
static enum target_prot_op isert_get_sup_prot_ops(struct iscsit_conn *conn)
{
	return TARGET_PROT_NORMAL;
}

static struct iscsit_transport isert_transport = {
	.name			= "iSER",
	.transport_type		= ISCSI_INFINIBAND,
	.rdma_shutdown		= true,
	.priv_size		= sizeof(struct isert_task *),
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

/* Nobody keeps acknowledged data at ErrorRecoveryLevel 0. */
static void isert_data_ack_notify(struct iser_task *task, u32 data_sn)
{
}

const struct iser_ops isert_ops = {
	.control_notify			= isert_control_notify,
	.data_completion_notify		= isert_data_completion_notify,
	.data_ack_notify		= isert_data_ack_notify,
	.connection_terminate_notify	= isert_terminate_notify,
	.task_done			= isert_task_done,
	.login_notify			= isert_login_notify,
};

static int __init isert_init(void)
{
	int ret = iser_core_check("ib_isert", ISER_BUILD);

	if (ret)
		return ret;
	/* Logouts sleep until their connection is closed. */
	isert_wq = alloc_workqueue("isert", WQ_UNBOUND, 0);
	if (!isert_wq)
		return -ENOMEM;
	iscsit_register_transport(&isert_transport);
	return 0;
}

static void __exit isert_exit(void)
{
	iscsit_unregister_transport(&isert_transport);
	destroy_workqueue(isert_wq);
}

module_init(isert_init);
module_exit(isert_exit);

ISER_IMPORT();
MODULE_DESCRIPTION("iSER target: LIO transport for iSCSI over RDMA (RFC 7145)");
MODULE_AUTHOR("iSER for Linux");
MODULE_LICENSE("GPL");
MODULE_VERSION(ISER_RELEASE);
