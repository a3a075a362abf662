// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unexpected PDUs: those for which no command of the initiator has provided a
 * receive.  RFC 7145, section 8.1.2: never more than it has declared, also
 * where iSCSI demands a Reject.  All of this runs in LIO's TX thread.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include "target.h"

/* Each Reject and Asynchronous Message retires when its StatSN is acknowledged. */
static void isert_unexpected_acked(struct isert_conn *ic)
{
	iser_unexpected_acked(&ic->unexpected, READ_ONCE(ic->exp_statsn));
}

/**
 * isert_may_tell - may a Reject or Asynchronous Message be sent now?  Counts it.
 * @ic: connection
 * @what: its name
 *
 * The caller notes its StatSN by iser_unexpected_note().
 * Return: false: it is to be left out, without a StatSN.
 */
bool isert_may_tell(struct isert_conn *ic, const char *what)
{
	isert_unexpected_acked(ic);
	if (!iser_unexpected_take(&ic->unexpected, false)) {
		isert_warn(ic, "%s left out: the initiator has not acknowledged %u unexpected PDUs",
			   what, ic->unexpected.outstanding);
		return false;
	}
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
