// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hosts that share an initiator name.
 *
 * A login of the same name and ISID takes the place of a session (RFC 7143,
 * section 6.3.5).  That is how an initiator comes back.  Two hosts that were
 * given one name, as clones are, throw each other out with it every few
 * seconds, and neither log says why: so the target does, rarely.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <iser/addr.h>
#include <iser/log.h>
#include "target.h"

#define ISERT_REPLACED_FRESH	(30 * HZ)	/* between end and new login */
#define ISERT_REPLACED_RARE	(60 * HZ)	/* between two lines */

/* The session that was replaced last. */
static struct {
	spinlock_t lock;	/* all of these */
	char name[ISCSI_NAME_LEN];
	struct sockaddr_storage addr;
	unsigned long when, said;
	bool noted, told;
} isert_replaced = {
	.lock = __SPIN_LOCK_UNLOCKED(isert_replaced.lock),
};

/*
 * isert_replaced_note - a session ends since a new login takes its place
 * @ic: its connection
 *
 * Any context, with BH enabled.
 */
void isert_replaced_note(struct isert_conn *ic)
{
	const struct iscsi_sess_ops *ops = ic->conn->sess->sess_ops;

	spin_lock_bh(&isert_replaced.lock);
	strscpy(isert_replaced.name, ops->InitiatorName, ISCSI_NAME_LEN);
	isert_replaced.addr = iser_conn_info(ic->dm)->remote;
	isert_replaced.when = jiffies;
	isert_replaced.noted = true;
	spin_unlock_bh(&isert_replaced.lock);
}

/*
 * isert_replaced_check - a login is over: has it taken another host's place?
 * @ic: its connection
 *
 * Any context, with BH enabled.
 */
void isert_replaced_check(struct isert_conn *ic)
{
	const struct iser_host_addr host =
		iser_host_addr(&iser_conn_info(ic->dm)->remote);
	const char *name = ic->conn->sess->sess_ops->InitiatorName;
	struct iser_host_addr before;
	struct sockaddr_storage other;
	char text[ISER_ADDR_TEXT];
	bool tell = false;

	spin_lock_bh(&isert_replaced.lock);
	if (isert_replaced.noted && !strcmp(isert_replaced.name, name) &&
	    time_before(jiffies, isert_replaced.when + ISERT_REPLACED_FRESH)) {
		isert_replaced.noted = false;
		other = isert_replaced.addr;
		before = iser_host_addr(&other);
		tell = !iser_same_host(&before, &host) &&
			(!isert_replaced.told ||
			 time_after(jiffies, isert_replaced.said +
				    ISERT_REPLACED_RARE));
	}
	if (tell) {
		isert_replaced.said = jiffies;
		isert_replaced.told = true;
	}
	spin_unlock_bh(&isert_replaced.lock);
	if (tell)
		isert_warn(ic, "its login as %s has ended the session of that name from %s: if these are two hosts, give each a name of its own in /etc/iscsi/initiatorname.iscsi",
			   name, iser_addr_text(text, &other));
}
