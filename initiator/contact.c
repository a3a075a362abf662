// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses whose target may not bear the keys of RFC 7145 that open-iscsi
 * does not know.  A target must answer NotUnderstood to a key that it does not
 * know (RFC 7143, section 6.1); some end the login instead.
 */
#include "initiator.h"

#include <linux/in.h>
#include <iser/addr.h>

#define CONTACTS	16

static DEFINE_SPINLOCK(contact_lock);
static struct sockaddr_storage contacts[CONTACTS];	/* family 0: free */
static unsigned int contact_next;			/* replaced when full */

static __be16 port_of(const struct sockaddr_storage *addr)
{
	return addr->ss_family == AF_INET6 ?
		((const struct sockaddr_in6 *)addr)->sin6_port :
		((const struct sockaddr_in *)addr)->sin_port;
}

static bool same_address(const struct sockaddr_storage *a,
			 const struct sockaddr_storage *b)
{
	const struct iser_host_addr host_a = iser_host_addr(a);
	const struct iser_host_addr host_b = iser_host_addr(b);

	return port_of(a) == port_of(b) && iser_same_host(&host_a, &host_b);
}

static struct sockaddr_storage *contact_find(const struct sockaddr_storage *addr)
{
	unsigned int i;

	for (i = 0; i < CONTACTS; i++)
		if (contacts[i].ss_family && same_address(&contacts[i], addr))
			return &contacts[i];
	return NULL;
}

/**
 * iser_contact_plain - shall a login to this address go without the keys?
 * @addr: address and port of the target
 *
 * Any context.  Return: true when the last login that offered them failed.
 */
bool iser_contact_plain(const struct sockaddr_storage *addr)
{
	bool found;

	spin_lock_bh(&contact_lock);
	found = contact_find(addr);
	spin_unlock_bh(&contact_lock);
	return found;
}

/**
 * iser_contact_failed - a login ended before full feature phase
 * @addr: address and port of the target
 * @offered: the keys were in its text
 *
 * The next login goes without the keys; if that fails as well they were not
 * the cause, and the one after it offers them again.  Any context.
 */
void iser_contact_failed(const struct sockaddr_storage *addr, bool offered)
{
	struct sockaddr_storage *entry;

	spin_lock_bh(&contact_lock);
	entry = contact_find(addr);
	if (offered && !entry) {
		entry = &contacts[contact_next++ % CONTACTS];
		*entry = *addr;
	} else if (!offered && entry) {
		entry->ss_family = 0;
	}
	spin_unlock_bh(&contact_lock);

	if (offered)
		iser_log(ISER_LOG_SESSION, addr,
			 "the login failed; the next one goes without the keys of RFC 7145 that the target may not bear");
}
