// SPDX-License-Identifier: GPL-2.0-only
/*
 * iser_core.ko: the iSER layer of RFC 7145, below the Datamover Interface.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <iser/keys.h>
#include <iser/pi.h>
#include <iser/log.h>
#include <iser/param.h>
#include <iser/flow.h>
#include <iser/version.h>
#include "conn.h"
#include "device.h"
#include "target/pending.h"

struct workqueue_struct *iser_wq, *iser_end_wq, *iser_early_end_wq;
struct workqueue_struct *iser_target_wq, *iser_initiator_wq, *iser_connect_wq;

int iser_core_check(const char *half, const char *build)
{
	if (!strcmp(build, ISER_BUILD))
		return 0;
	pr_err("%s is of build %s, iser_core of build %s: install and load all three modules of one build\n",
	       half, build, ISER_BUILD);
	return -EINVAL;
}
EXPORT_SYMBOL_ISER(iser_core_check);

int iser_param_uint(const char *val, const struct kernel_param *kp,
		    unsigned int min, unsigned int max)
{
	int ret = param_set_uint_minmax(val, kp, min, max);

	if (ret)
		pr_err("%s: parameter %s takes %u to %u, not %.*s\n",
		       module_name(kp->mod), kp->name, min, max,
		       (int)strcspn(val, "\n"), val);
	return ret;
}
EXPORT_SYMBOL_ISER(iser_param_uint);

static void iser_destroy_wqs(void)
{
	if (iser_connect_wq)
		destroy_workqueue(iser_connect_wq);
	if (iser_initiator_wq)
		destroy_workqueue(iser_initiator_wq);
	if (iser_target_wq)
		destroy_workqueue(iser_target_wq);
	if (iser_early_end_wq)
		destroy_workqueue(iser_early_end_wq);
	if (iser_end_wq)
		destroy_workqueue(iser_end_wq);
	destroy_workqueue(iser_wq);
}

static int __init iser_core_init(void)
{
	int ret;

	iser_wq = alloc_workqueue("iser", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!iser_wq)
		return -ENOMEM;
	/*
	 * The ends of connections wait for completions, and at a target for a
	 * backend that holds up one.  While hundreds of them wait, others must
	 * still end, and what has limits must be looked at in iser_wq.
	 */
	iser_end_wq = alloc_workqueue("iser_end", WQ_UNBOUND | WQ_MEM_RECLAIM,
				      WQ_MAX_ACTIVE);
	/*
	 * The ends of what a stranger has begun, in a queue of their own: with siw
	 * they wait until it completes the handshake or closes TCP.
	 */
	iser_early_end_wq = alloc_workqueue("iser_early_end",
					    WQ_UNBOUND | WQ_MEM_RECLAIM,
					    WQ_MAX_ACTIVE);
	/*
	 * Targets poll on the CPU of the completion vector.  The queue has the
	 * priority of LIO's workers, so that one thread runs both, one after the
	 * other, instead of two threads that alternate.
	 */
	iser_target_wq = alloc_workqueue("iser_target",
					 ISER_WQ_PERCPU | WQ_MEM_RECLAIM, 0);
	/* Initiators poll with the priority of a software provider's workers. */
	iser_initiator_wq = alloc_workqueue("iser_initiator",
					    WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	/*
	 * Some providers wait for the peer in their connect, until it is given up.
	 * The connection manager's queue serves all ids, so connects have this
	 * one.
	 */
	iser_connect_wq = alloc_workqueue("iser_connect",
					  WQ_UNBOUND | WQ_MEM_RECLAIM,
					  ISER_CONNECTS);
	ret = -ENOMEM;
	if (!iser_end_wq || !iser_early_end_wq || !iser_target_wq || !iser_initiator_wq ||
	    !iser_connect_wq)
		goto free_wqs;
	ret = ib_register_client(&iser_client);
	if (!ret)
		return 0;
free_wqs:
	iser_destroy_wqs();
	return ret;
}

static void __exit iser_core_exit(void)
{
	iser_pending_exit();
	/* The last connections end and are freed, perhaps without their ids. */
	flush_workqueue(iser_early_end_wq);
	flush_workqueue(iser_end_wq);
	flush_workqueue(iser_wq);
	iser_ports_exit();
	ib_unregister_client(&iser_client);
	iser_listeners_exit();
	iser_log_exit();
	iser_destroy_wqs();
}

module_init(iser_core_init);
module_exit(iser_core_exit);

/* The files of proto/ include no kernel header: their exports are here. */
#define export_pure(symbol)	EXPORT_SYMBOL_ISER(symbol)

export_pure(iser_pi_wire);
export_pure(iser_parse_other);
export_pure(iser_check_ahs);
export_pure(iser_msg_error_name);
export_pure(iser_keys_init);
export_pure(iser_keys_request_out);
export_pure(iser_keys_response_in);
export_pure(iser_keys_request_in);
export_pure(iser_keys_response_out);
export_pure(iser_keys_finish);
export_pure(iser_keys_find);
export_pure(iser_keys_answer_size);
export_pure(iser_keys_named_once);
export_pure(iser_plan_receives);
export_pure(iser_window_start);
export_pure(iser_window_more);
export_pure(iser_unexpected_take);
export_pure(iser_unexpected_retire);
export_pure(iser_unexpected_note);
export_pure(iser_unexpected_acked);
export_pure(iser_write_offset);
export_pure(iser_bursts_init);
export_pure(iser_bursts_next);
export_pure(iser_bursts_done);

MODULE_DESCRIPTION("iSER: iSCSI Extensions for RDMA, the layer below iSCSI (RFC 7145)");
MODULE_AUTHOR("iSER for Linux");
MODULE_LICENSE("GPL");
MODULE_VERSION(ISER_RELEASE);
