/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Addresses of hosts: all modules compare and print them in one way.
 */
#ifndef ISER_ADDR_H
#define ISER_ADDR_H

#include <linux/in6.h>
#include <linux/socket.h>
#include <linux/types.h>

/* Bytes for an address, a zone and a port. */
#define ISER_ADDR_TEXT	80

/*
 * The address of a host without its port.  A link-local one means nothing
 * without its zone, which is the number of a network device.
 */
struct iser_host_addr {
	struct in6_addr ip;	/* IPv4: mapped */
	u32 zone;
};

struct iser_host_addr iser_host_addr(const struct sockaddr_storage *addr);
bool iser_same_host(const struct iser_host_addr *a,
		    const struct iser_host_addr *b);

/* iser_addr_text - address and port as text, with the zone if there is one */
const char *iser_addr_text(char *buf, const struct sockaddr_storage *addr);

#endif
