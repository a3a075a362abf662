// SPDX-License-Identifier: GPL-2.0-only
/* Checks of RDMA devices, and of the way to an address. */
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "doctor.h"

/* Drivers of network adapters, and the module that makes RDMA devices of them. */
static const char *const drivers[][2] = {
	{ "mlx5_core", "mlx5_ib" }, { "mlx4_core", "mlx4_ib" }, { "mlx4_en", "mlx4_ib" },
	{ "bnxt_en", "bnxt_re" }, { "ice", "irdma" }, { "i40e", "irdma" }, { "qede", "qedr" },
	{ "cxgb4", "iw_cxgb4" }, { "hns3", "hns_roce_hw_v2" }, { "erdma", "erdma" },
	{ "be2net", "ocrdma" }, { "ionic", "ionic_rdma" }, { "mana", "mana_ib" },
};

#define DRIVERS (sizeof(drivers) / sizeof(*drivers))

static bool netdev_up(const char *netdev)
{
	char *flags = attribute(format("/sys/class/net/%s", netdev), "flags");

	return !flags || (strtoul(flags, NULL, 0) & 1);
}

static bool netdev_ethernet(const char *netdev)
{
	return attribute_is(format("/sys/class/net/%s", netdev), "type", "1");
}

static bool netdev_has_address(const char *netdev)
{
	const struct own_addr *own;
	size_t i, count;

	own = own_addrs(&count);
	for (i = 0; i < count; i++)
		if (!strcmp(own[i].netdev, netdev) && !addr_local_link(&own[i].addr))
			return true;
	return false;
}

/* A name for a device that has none yet. */
static const char *new_device(const char *kind)
{
	unsigned int n = 0;

	while (exists(format("/sys/class/infiniband/%s%u", kind, n)))
		n++;
	return format("%s%u", kind, n);
}

/*
 * Without a network device, all that have an address come into question. If that is more
 * than one, the commands are not meant to be run all.
 */
void fix_software_device(const char *netdev, bool meant)
{
	bool rxe = module_there("rdma_rxe") || !modules_known(), siw = module_there("siw");
	const char *kind = rxe ? "rxe" : "siw", *only = netdev;
	char **name = names_in("/sys/class/net");
	unsigned int candidates = 0;

	if (!rxe && !siw) {
		advice("the kernel has neither rdma_rxe nor siw: use an adapter");
		return;
	}
	if (netdev && !netdev_ethernet(netdev)) {
		advice("%s is no Ethernet device: use an address on an RDMA device", quote(netdev));
		return;
	}
	for (; !netdev && *name; name++) {
		if (!netdev_ethernet(*name) || !netdev_up(*name) || !netdev_has_address(*name))
			continue;
		if (++candidates == 1)
			only = *name;
		else if (candidates == 2)
			advice("choose the network device that leads to the peer:");
		if (candidates == 2)
			advice("rdma link add %s type %s netdev %s", new_device(kind), kind,
			       quote(only));
		if (candidates >= 2)
			advice("rdma link add %s type %s netdev %s", new_device(kind), kind,
			       quote(*name));
	}
	if (candidates > 1) {
		/* They are printed. */
	} else if (only && !meant) {
		advice("if RDMA shall go over %s, which everybody on that network can use then:",
		       quote(only));
		advice("rdma link add %s type %s netdev %s", new_device(kind), kind, quote(only));
	} else if (only) {
		fix("rdma link add %s type %s netdev %s", new_device(kind), kind, quote(only));
	} else {
		advice("rdma link add %s type %s netdev NETDEV", new_device(kind), kind);
	}
	advice("a reboot removes it: install.md, Boot, has a unit that makes it again");
}

/* The RDMA driver of an adapter that is there and that has none, or NULL. */
static const char *driver_missing(const char **netdev)
{
	char **name = names_in("/sys/class/net");
	size_t i;

	for (; *name; name++) {
		const char *driver = link_name(format("/sys/class/net/%s/device/driver", *name));

		for (i = 0; driver && i < DRIVERS; i++) {
			if (strcmp(driver, drivers[i][0]) || module_loaded(drivers[i][1]) ||
			    !module_there(drivers[i][1]))
				continue;
			*netdev = *name;
			return drivers[i][1];
		}
	}
	return NULL;
}

static void no_device(void)
{
	const char *netdev, *driver = driver_missing(&netdev);

	found(RDMA_NONE, "there is no RDMA device");
	if (driver) {
		advice("for the adapter of %s, if it can do RDMA:", quote(netdev));
		fix("modprobe %s", driver);
	} else {
		fix_software_device(NULL, false);
	}
}

static const char *port_name(const struct rdma_port *port)
{
	return format("port %u of %s%s%s", port->number, quote(port->device),
		      port->netdev ? " on " : "", port->netdev ? quote(port->netdev) : "");
}

static void fix_port(const struct rdma_port *port)
{
	if (port->netdev && !netdev_up(port->netdev))
		fix("ip link set dev %s up", quote(port->netdev));
	else if (port->infiniband && strstr(port->state, "INIT"))
		advice("start a subnet manager (opensm) on a host or a switch of the fabric");
	else
		advice("it has no link: look at the cable, the switch and the peer");
}

static void check_ports(const struct rdma_port *port, size_t count)
{
	bool active = false;
	size_t i;

	for (i = 0; i < count; i++)
		active |= port[i].active;
	for (i = 0; i < count; i++) {
		if (port[i].active)
			continue;
		found(active ? RDMA_PORT_OTHER : RDMA_PORT_DOWN, "%s is not active: %s",
		      port_name(&port[i]), quote(port[i].state));
		if (!active)
			fix_port(&port[i]);
	}
}

static void check_cm(const struct rdma_port *port, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		/* rxe alone has been seen to do this, and alone can be made again. */
		if (port[i].iwarp || !port[i].netdev || !gsi_failed(port[i].device) ||
		    !exists(format("/sys/class/infiniband/%s/parent", port[i].device)))
			continue;
		found(RDMA_CM_FAILED, "no RDMA connection can be made over %s",
		      quote(port[i].device));
		advice("this interrupts the connections over the device that still work:");
		advice("rdma link delete %s && rdma link add %s type rxe netdev %s",
		       quote(port[i].device), quote(port[i].device), quote(port[i].netdev));
	}
}

static bool port_addressed(const struct rdma_port *port)
{
	const struct own_addr *own;
	size_t i, count;

	own = own_addrs(&count);
	for (i = 0; i < count; i++) {
		const struct rdma_port *of = port_of_netdev(own[i].netdev);

		if (of && !strcmp(of->device, port->device) && of->number == port->number)
			return true;
	}
	return false;
}

static void check_addresses(const struct rdma_port *port, size_t count)
{
	const struct rdma_port *without = NULL;
	size_t i;

	for (i = 0; i < count; i++) {
		if (!port[i].active)
			continue;
		if (port_addressed(&port[i]))
			return;
		without = without ? without : &port[i];
	}
	if (!without)
		return;
	found(RDMA_NO_ADDRESS, "no RDMA device with an active port has an IP address");
	if (without->netdev)
		advice("ip address add ADDRESS/PREFIX dev %s", quote(without->netdev));
	else if (without->infiniband && !module_loaded("ib_ipoib"))
		fix("modprobe ib_ipoib");
	else
		advice("add an address to the network device of %s", quote(without->device));
}

static void check_drivers(const struct rdma_port *port, size_t count)
{
	static const char *const unsuitable[][2] = {
		{ "efa", "has no reliable connections" },
		{ "usnic_verbs", "has no reliable connections" },
		{ "hns_roce_hw_v2", "cannot invalidate registrations, see install.md, Adapters" },
		{ "hns3", "cannot invalidate registrations, see install.md, Adapters" },
	};
	size_t i, j;

	for (i = 0; i < count; i++) {
		const char *driver =
			link_name(format("/sys/class/infiniband/%s/device/driver", port[i].device));

		for (j = 0; driver && j < sizeof(unsuitable) / sizeof(*unsuitable); j++)
			if (!strcmp(driver, unsuitable[j][0]))
				found(RDMA_UNSUITABLE, "%s: its driver %s %s",
				      quote(port[i].device), quote(driver), unsuitable[j][1]);
	}
}

void check_devices(void)
{
	const struct rdma_port *port;
	size_t count;

	port = rdma_ports(&count);
	if (!count) {
		no_device();
		return;
	}
	check_ports(port, count);
	check_cm(port, count);
	check_addresses(port, count);
	check_drivers(port, count);
}

/* ---- the way to an address ---- */

void check_name(void)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *answer;
	char *colon, *host = format("%s", asked_name), text[NI_MAXHOST];
	int error;

	if (shared->addr_known)
		return;
	colon = strrchr(host, ':');
	if (colon)
		*colon++ = 0;
	error = *root ? EAI_AGAIN : getaddrinfo(host, NULL, &hints, &answer);
	if (!error)
		error = getnameinfo(answer->ai_addr, answer->ai_addrlen, text, sizeof(text), NULL,
				    0, NI_NUMERICHOST);
	if (error || !addr_parse(text, &shared->addr)) {
		unseen(host, error ? gai_strerror(error) : "no address");
		return;
	}
	if (colon)
		shared->addr.port = atoi(colon);
	shared->addr_known = true;
}

static void no_zone(void)
{
	const struct own_addr *own;
	size_t i, count;

	found(ADDRESS_ZONE, "%s is link-local and has no zone", quote(addr_text(&shared->addr)));
	own = own_addrs(&count);
	for (i = 0; i < count; i++) {
		const struct rdma_port *port = port_of_netdev(own[i].netdev);
		struct addr with = shared->addr;

		if (!addr_local_link(&own[i].addr) || !port)
			continue;
		snprintf(with.zone, sizeof(with.zone), "%s", own[i].netdev);
		fix("iserctl doctor %s", quote(portal_text(&with)));
	}
}

void check_route(void)
{
	const struct rdma_port *port;
	struct route route;
	char *mtu;
	int error;

	if (!shared->addr_known)
		return;
	if (addr_local_link(&shared->addr) && !*shared->addr.zone) {
		no_zone();
		return;
	}
	error = route_to(&shared->addr, &route);
	if (error) {
		found(ROUTE_NONE, "no route to %s: %s", quote(addr_text(&shared->addr)),
		      strerror(error));
		fix("ip -%c route show", shared->addr.family == AF_INET6 ? '6' : '4');
		return;
	}
	snprintf(shared->netdev, sizeof(shared->netdev), "%s", route.netdev);
	port = port_of_netdev(route.netdev);
	if (!port) {
		found(ROUTE_NO_RDMA, "the route to %s goes over %s, which has no RDMA device",
		      quote(addr_text(&shared->addr)), quote(route.netdev));
		fix_software_device(route.netdev, false);
		/* TCP may answer there. */
		shared->reachable = true;
		return;
	}
	if (!port->active) {
		found(ROUTE_PORT_DOWN, "%s is on the route to %s and is not active: %s",
		      port_name(port), quote(addr_text(&shared->addr)), quote(port->state));
		fix_port(port);
		return;
	}
	good("the route to %s goes over %s", quote(addr_text(&shared->addr)), port_name(port));
	shared->reachable = true;
	shared->iwarp = port->iwarp;
	mtu = attribute(format("/sys/class/net/%s", route.netdev), "mtu");
	if (!port->iwarp && !route.local && mtu && route.mtu &&
	    route.mtu < strtoul(mtu, NULL, 10)) {
		found(ROUTE_MTU, "the path to %s takes %u bytes, %s sends up to %s",
		      quote(addr_text(&shared->addr)), route.mtu, quote(route.netdev), quote(mtu));
		advice("this interrupts RDMA connections over %s for a moment:",
		       quote(route.netdev));
		advice("ip link set dev %s mtu %u", quote(route.netdev), route.mtu);
	}
}

void check_tcp(void)
{
	const char *why;

	if (!shared->reachable)
		return;
	shared->tcp = tcp_answer(&shared->addr, &why);
	if (shared->tcp == ANSWER_UNSEEN)
		unseen("TCP", why);
}

void check_rdma(void)
{
	const char *why;

	if (!shared->reachable || !port_of_netdev(shared->netdev))
		return;
	shared->rdma = rdma_answer(&shared->addr, &why);
	/* That is a matter of this host, and says nothing about the target. */
	if (shared->rdma == ANSWER_NO_DEVICE) {
		shared->rdma = ANSWER_UNSEEN;
		why = "no RDMA device of this host leads there";
	}
	if (shared->rdma == ANSWER_UNSEEN)
		unseen(format("RDMA to %s", portal_text(&shared->addr)),
		       *why ? why : "not to be tried");
}

/* The target that a record has for this portal, or words. */
static const char *target_there(void)
{
	const struct record *record;
	size_t i, count;

	record = records(&count);
	for (i = 0; i < count; i++) {
		struct addr addr;

		if (record[i].address && addr_parse(record[i].address, &addr) &&
		    addr_same(&addr, &shared->addr))
			return quote(record[i].target);
	}
	return "IQN";
}

void check_answers(void)
{
	const char *portal = quote(portal_text(&shared->addr));

	if (!shared->reachable)
		return;
	if (shared->rdma == ANSWER_OPEN) {
		good("iSER answers at %s", portal);
		if (shared->tcp == ANSWER_OPEN && !shared->iwarp) {
			good("TCP answers at %s too", portal);
		} else if (shared->tcp != ANSWER_UNSEEN && shared->tcp != ANSWER_OPEN) {
			found(ANSWER_ISER_ONLY, "TCP does not answer at %s", portal);
			fix("iscsiadm -m discovery -t st -p %s -I iser -o new", portal);
		}
		return;
	}
	if (shared->rdma == ANSWER_UNSEEN) {
		if (shared->tcp == ANSWER_OPEN)
			good("TCP answers at %s", portal);
		return;
	}
	if (shared->tcp == ANSWER_OPEN) {
		found(ANSWER_TCP_ONLY, "TCP answers at %s, iSER %s", portal,
		      shared->rdma == ANSWER_REFUSED ? "is refused" : "does not answer");
		if (shared->rdma != ANSWER_REFUSED && !shared->iwarp)
			advice("a packet filter may drop RDMA: RoCE uses UDP port 4791");
		advice("at the target: targetcli /iscsi/%s/tpg1/portals/%s enable_iser true",
		       target_there(), portal);
	} else if (shared->tcp != ANSWER_UNSEEN) {
		found(ANSWER_NOTHING, "neither iSER nor TCP answers at %s", portal);
		advice("at the target: iserctl doctor target");
	}
}
