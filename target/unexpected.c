// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unexpected PDUs: those for which no command of the initiator has provided a
 * receive.  RFC 7145, section 8.1.2: never more than it has declared, also
 * where iSCSI demands a Reject.  All of this runs in LIO's TX thread.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include "target.h"

/* Rejects are retired when the last one is acknowledged. */
static void isert_unexpected_acked(struct isert_conn *ic)
{
	u32 exp_statsn = READ_ONCE(ic->conn->exp_statsn);

	if (!ic->rejects || !iscsi_sna_gt(exp_statsn, ic->reject_sn))
		return;
	iser_unexpected_retire(&ic->unexpected, ic->rejects);
	ic->rejects = 0;
}

/**
 * isert_may_reject - may a Reject be sent now?  Counts it.
 * @ic: connection
 * @cmd: the Reject
 *
 * Return: false: it is to be left out, without a StatSN.
 */
bool isert_may_reject(struct isert_conn *ic, struct iscsit_cmd *cmd)
{
	isert_unexpected_acked(ic);
	if (!iser_unexpected_take(&ic->unexpected, false)) {
		isert_warn(ic, "Reject with reason %#04x left out: %u unexpected PDUs are not acknowledged",
			   cmd->reject_reason, ic->unexpected.outstanding);
		return false;
	}
	ic->rejects++;
	return true;
}

/**
 * isert_may_ping - may a NOP-In that asks for an answer be sent?  Counts it.
 * @ic: connection
 */
bool isert_may_ping(struct isert_conn *ic)
{
	isert_unexpected_acked(ic);
	return iser_unexpected_take(&ic->unexpected, true);
}

/* isert_ping_answered - its NOP-Out is here */
void isert_ping_answered(struct isert_conn *ic)
{
	iser_unexpected_retire(&ic->unexpected, 1);
}
