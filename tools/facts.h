/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * With another root (ISERCTL_ROOT), what the network of the host would answer is in its
 * file /facts, a fact a line:
 *
 *	netdev DEVICE PORT NETDEV		of an RDMA device
 *	address NETDEV ADDRESS
 *	route ADDRESS NETDEV|none|local [MTU]
 *	listener DEVICE PORTAL			of the RDMA connection manager
 *	connection DEVICE OWNER FROM TO
 *	resources DEVICE QUEUE_PAIRS COMPLETION_QUEUES MEMORY_REGIONS
 *	gsi DEVICE				its queue pair of the connection manager has failed
 *	tcp|rdma PORTAL open|refused|none|no-device|unseen|hangs
 */
#ifndef FACTS_H
#define FACTS_H

#include "iserctl.h"

const char *facts_netdev(const char *device, unsigned int port);
struct rdma_id *facts_ids(size_t *count);
struct rdma_use *facts_uses(size_t *count);
bool facts_gsi(const char *device);
struct own_addr *facts_addrs(size_t *count);
int facts_route(const struct addr *addr, struct route *route);
enum answer facts_answer(const char *kind, const struct addr *addr);

#endif
