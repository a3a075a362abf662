// SPDX-License-Identifier: GPL-2.0-only
/*
 * ib_iser.ko: parameters, and registration with the SCSI and iSCSI classes.
 * User space expects the names ib_iser, iser and iscsi_iser (iscsid loads the
 * module by name).
 */
#include "initiator.h"

#include <iser/param.h>
#include <iser/version.h>

ISER_IMPORT();
MODULE_DESCRIPTION("iSER initiator: libiscsi transport for iSCSI over RDMA (RFC 7145)");
MODULE_AUTHOR("iSER for Linux");
MODULE_LICENSE("GPL");
MODULE_VERSION(ISER_RELEASE);

/* The block layer allows no disk whose largest command is below a page. */
unsigned int iscsi_iser_max_sectors = 1024;
ISER_PARAM(max_sectors, iscsi_iser_max_sectors, PAGE_SIZE / SECTOR_SIZE, UINT_MAX,
	   0644);
MODULE_PARM_DESC(max_sectors, "Largest command of later sessions, in sectors of 512 bytes, at least a page (default 1024)");

unsigned int iscsi_iser_max_lun = 512;
ISER_PARAM(max_lun, iscsi_iser_max_lun, 1, UINT_MAX, 0444);
MODULE_PARM_DESC(max_lun, "LUNs of a target, at least 1 (default 512)");

unsigned int iscsi_iser_max_cmds = ISCSI_DEF_XMIT_CMDS_MAX;
ISER_PARAM(max_cmds, iscsi_iser_max_cmds, ISCSI_TOTAL_CMDS_MIN, ISCSI_TOTAL_CMDS_MAX,
	   0644);
MODULE_PARM_DESC(max_cmds, "Largest node.session.cmds_max of later logins; determines the size of the queue pair (default 128)");

unsigned int iscsi_iser_recv_data = ISER_RECV_DSL_MIN;
ISER_PARAM(recv_data, iscsi_iser_recv_data, ISER_RECV_DSL_MIN,
	   ISCSI_DEF_MAX_RECV_SEG_LEN, 0444);
MODULE_PARM_DESC(recv_data, "InitiatorRecvDataSegmentLength, 512 to 8192 (default 512)");

unsigned int iscsi_iser_unexpected = 16;
ISER_PARAM(unexpected_pdus, iscsi_iser_unexpected, 2, 1024, 0444);
MODULE_PARM_DESC(unexpected_pdus, "MaxOutstandingUnexpectedPDUs, 2 to 1024: receives for PDUs that the target sends without a request (default 16)");

bool iscsi_iser_offer_keys = true;
module_param_named(offer_keys, iscsi_iser_offer_keys, bool, 0644);
MODULE_PARM_DESC(offer_keys, "Add the keys of RFC 7145 that open-iscsi does not know to the login text (default Y)");

bool iscsi_iser_say_hello;
module_param_named(hello, iscsi_iser_say_hello, bool, 0644);
MODULE_PARM_DESC(hello, "Offer iSERHelloRequired=Yes: with a target that agrees, sessions begin with the Hello exchange (default N)");

bool iscsi_iser_pi;
module_param_named(pi_enable, iscsi_iser_pi, bool, 0444);
MODULE_PARM_DESC(pi_enable, "Have adapters that can do it check protection information (T10-PI) (default N)");

/*
 * Parameters of the kernel's ib_iser that have no effect here.  Files and
 * values are the same, for scripts; a value other than the default logs a line.
 */
static bool always_register = true;

static int always_register_set(const char *val, const struct kernel_param *kp)
{
	int ret = param_set_bool(val, kp);

	if (!ret && !always_register)
		pr_info_once("parameter always_register=N has no effect: buffers are always registered\n");
	return ret;
}

static const struct kernel_param_ops always_register_ops = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = always_register_set,
	.get = param_get_bool,
};

module_param_cb(always_register, &always_register_ops, &always_register, 0444);
MODULE_PARM_DESC(always_register, "No effect: buffers are always registered");

static int debug_level;

static int debug_level_set(const char *val, const struct kernel_param *kp)
{
	int ret = param_set_int(val, kp);

	if (!ret && debug_level)
		pr_info_once("parameter debug_level has no effect: use dynamic debug\n");
	return ret;
}

static const struct kernel_param_ops debug_level_ops = {
	.set = debug_level_set,
	.get = param_get_int,
};

module_param_cb(debug_level, &debug_level_ops, &debug_level, 0644);
MODULE_PARM_DESC(debug_level, "No effect: use dynamic debug");

/* Not const, because the SCSI layer of 6.1 requires that. */
struct scsi_host_template iscsi_iser_sht = {
	.module = THIS_MODULE,
	.name = "iSCSI Initiator over iSER",
	.proc_name = "iscsi_iser",
	.queuecommand = iscsi_queuecommand,
	.change_queue_depth = scsi_change_queue_depth,
	.eh_timed_out = iscsi_eh_cmd_timed_out,
	.eh_abort_handler = iscsi_eh_abort,
	.eh_device_reset_handler = iscsi_eh_device_reset,
	.eh_target_reset_handler = iscsi_eh_recover_target,
	.target_alloc = iscsi_target_alloc,
	.this_id = -1,
	.track_queue_depth = 1,
	.cmd_size = sizeof(struct iscsi_cmd),
};

static umode_t host_attr_is_visible(int param)
{
	switch (param) {
	case ISCSI_HOST_PARAM_NETDEV_NAME:
	case ISCSI_HOST_PARAM_HWADDRESS:
	case ISCSI_HOST_PARAM_INITIATOR_NAME:
	case ISCSI_HOST_PARAM_IPADDRESS:
		return 0444;
	default:
		return 0;
	}
}

/* Attributes that libiscsi or iscsi_iser_conn_get_ep_param() provides. */
static umode_t attr_is_visible(int param_type, int param)
{
	if (param_type == ISCSI_HOST_PARAM)
		return host_attr_is_visible(param);
	if (param_type != ISCSI_PARAM)
		return 0;

	switch (param) {
	case ISCSI_PARAM_MAX_RECV_DLENGTH:
	case ISCSI_PARAM_MAX_XMIT_DLENGTH:
	case ISCSI_PARAM_HDRDGST_EN:
	case ISCSI_PARAM_DATADGST_EN:
	case ISCSI_PARAM_CONN_ADDRESS:
	case ISCSI_PARAM_CONN_PORT:
	case ISCSI_PARAM_EXP_STATSN:
	case ISCSI_PARAM_PERSISTENT_ADDRESS:
	case ISCSI_PARAM_PERSISTENT_PORT:
	case ISCSI_PARAM_PING_TMO:
	case ISCSI_PARAM_RECV_TMO:
	case ISCSI_PARAM_INITIAL_R2T_EN:
	case ISCSI_PARAM_MAX_R2T:
	case ISCSI_PARAM_IMM_DATA_EN:
	case ISCSI_PARAM_FIRST_BURST:
	case ISCSI_PARAM_MAX_BURST:
	case ISCSI_PARAM_PDU_INORDER_EN:
	case ISCSI_PARAM_DATASEQ_INORDER_EN:
	case ISCSI_PARAM_ERL:
	case ISCSI_PARAM_TARGET_NAME:
	case ISCSI_PARAM_TPGT:
	case ISCSI_PARAM_USERNAME:
	case ISCSI_PARAM_PASSWORD:
	case ISCSI_PARAM_USERNAME_IN:
	case ISCSI_PARAM_PASSWORD_IN:
	case ISCSI_PARAM_FAST_ABORT:
	case ISCSI_PARAM_ABORT_TMO:
	case ISCSI_PARAM_LU_RESET_TMO:
	case ISCSI_PARAM_TGT_RESET_TMO:
	case ISCSI_PARAM_IFACE_NAME:
	case ISCSI_PARAM_INITIATOR_NAME:
	case ISCSI_PARAM_DISCOVERY_SESS:
		return 0444;
	default:
		return 0;
	}
}

struct iscsi_transport iscsi_iser_transport = {
	.owner = THIS_MODULE,
	.name = "iser",
	/* TEXT_NEGO: discovery uses Text in its own session over iSER. */
	.caps = CAP_RECOVERY_L0 | CAP_MULTI_R2T | CAP_TEXT_NEGO,
	.create_session = iscsi_iser_session_create,
	.destroy_session = iscsi_iser_session_destroy,
	.create_conn = iscsi_iser_conn_create,
	.bind_conn = iscsi_iser_conn_bind,
	.unbind_conn = iscsi_conn_unbind,
	.start_conn = iscsi_iser_conn_start,
	.stop_conn = iscsi_conn_stop,
	.destroy_conn = iscsi_conn_teardown,
	.attr_is_visible = attr_is_visible,
	.set_param = iscsi_iser_conn_set_param,
	.get_conn_param = iscsi_conn_get_param,
	.get_ep_param = iscsi_iser_conn_get_ep_param,
	.get_session_param = iscsi_session_get_param,
	.get_host_param = iscsi_iser_host_get_param,
	.set_host_param = iscsi_host_set_param,
	.send_pdu = iscsi_iser_login_send_pdu,
	.get_stats = iscsi_iser_conn_get_stats,
	.alloc_pdu = iscsi_iser_task_alloc_pdu,
	.init_task = iscsi_iser_task_init,
	.xmit_task = iscsi_iser_task_xmit,
	.cleanup_task = iscsi_iser_task_cleanup,
	.check_protection = iscsi_iser_pi_check,
	.session_recovery_timedout = iscsi_session_recovery_timedout,
	.ep_connect = iscsi_iser_ep_connect,
	.ep_poll = iscsi_iser_ep_poll,
	.ep_disconnect = iscsi_iser_ep_disconnect,
};

struct scsi_transport_template *iscsi_iser_scsi_transport;
struct workqueue_struct *iscsi_iser_answer_wq;

static int __init iscsi_iser_init(void)
{
	int err = iser_core_check(KBUILD_MODNAME, ISER_BUILD);

	if (err)
		return err;
	/* The core's waits for it to end connections: both WQ_MEM_RECLAIM. */
	iscsi_iser_answer_wq = alloc_workqueue("ib_iser",
					       WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!iscsi_iser_answer_wq)
		return -ENOMEM;
	iscsi_iser_scsi_transport = iscsi_register_transport(&iscsi_iser_transport);
	if (!iscsi_iser_scsi_transport) {
		pr_err("can't register the transport \"iser\": unload the other iSER initiator, if there is one\n");
		destroy_workqueue(iscsi_iser_answer_wq);
		return -EEXIST;
	}
	return 0;
}

static void __exit iscsi_iser_exit(void)
{
	iscsi_unregister_transport(&iscsi_iser_transport);
	iscsi_iser_endpoints_exit();
	destroy_workqueue(iscsi_iser_answer_wq);
}

module_init(iscsi_iser_init);
module_exit(iscsi_iser_exit);
