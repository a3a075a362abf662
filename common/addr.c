// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses of hosts: see iser/addr.h.
 */
#include <linux/netdevice.h>
#include <net/ipv6.h>
#include <iser/addr.h>

/* iser_host_addr - the host that an address and port is of.  Any context. */
struct iser_host_addr iser_host_addr(const struct sockaddr_storage *addr)
{
	const struct sockaddr_in6 *sin6 = (const struct sockaddr_in6 *)addr;
	const struct sockaddr_in *sin = (const struct sockaddr_in *)addr;
	struct iser_host_addr host = { };

	if (addr->ss_family == AF_INET6) {
		host.ip = sin6->sin6_addr;
		host.zone = sin6->sin6_scope_id;
	} else {
		ipv6_addr_set_v4mapped(sin->sin_addr.s_addr, &host.ip);
	}
	return host;
}
EXPORT_SYMBOL_ISER(iser_host_addr);

/* iser_same_host - any context */
bool iser_same_host(const struct iser_host_addr *a,
		    const struct iser_host_addr *b)
{
	return ipv6_addr_equal(&a->ip, &b->ip) && a->zone == b->zone;
}
EXPORT_SYMBOL_ISER(iser_same_host);

const char *iser_addr_text(char *buf, const struct sockaddr_storage *addr)
{
	const struct sockaddr_in6 *sin6 = (const struct sockaddr_in6 *)addr;
	const struct net_device *dev;

	if (addr->ss_family != AF_INET6 || !sin6->sin6_scope_id) {
		snprintf(buf, ISER_ADDR_TEXT, "%pISpc", addr);
		return buf;
	}
	rcu_read_lock();
	dev = dev_get_by_index_rcu(&init_net, sin6->sin6_scope_id);
	snprintf(buf, ISER_ADDR_TEXT, "[%pI6c%%%s]:%u", &sin6->sin6_addr,
		 dev ? dev->name : "?", ntohs(sin6->sin6_port));
	rcu_read_unlock();
	return buf;
}
EXPORT_SYMBOL_ISER(iser_addr_text);
