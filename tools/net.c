// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel knows of RDMA devices, addresses and routes, asked by netlink. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <rdma/rdma_netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "facts.h"
#include "iserctl.h"

#define ANSWER_SECONDS 3

static const struct nlattr *attr_in(const void *from, size_t length, int type)
{
	const struct nlattr *attr = from;

	while (length >= NLA_HDRLEN && attr->nla_len >= NLA_HDRLEN && attr->nla_len <= length) {
		size_t step = NLA_ALIGN(attr->nla_len);

		if ((attr->nla_type & NLA_TYPE_MASK) == type)
			return attr;
		if (step >= length)
			break;
		length -= step;
		attr = (const void *)((const char *)attr + step);
	}
	return NULL;
}

static const void *attr_data(const struct nlattr *attr)
{
	return (const char *)attr + NLA_HDRLEN;
}

static size_t attr_length(const struct nlattr *attr)
{
	return attr->nla_len - NLA_HDRLEN;
}

/* A number of at most 32 bits, or otherwise if there is none. */
static uint32_t attr_number(const struct nlattr *attr, uint32_t otherwise)
{
	uint32_t number;

	if (!attr)
		return otherwise;
	if (attr_length(attr) == 1)
		return *(const uint8_t *)attr_data(attr);
	if (attr_length(attr) < sizeof(number))
		return otherwise;
	memcpy(&number, attr_data(attr), sizeof(number));
	return number;
}

static const char *attr_text(const struct nlattr *attr)
{
	return attr ? format("%.*s", (int)attr_length(attr), (const char *)attr_data(attr)) : NULL;
}

struct request {
	struct nlmsghdr head;
	char room[128];
};

static void request_add(struct request *request, int type, const void *data, size_t size)
{
	struct nlattr *attr = (void *)((char *)request + NLMSG_ALIGN(request->head.nlmsg_len));

	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + size;
	memcpy((char *)attr + NLA_HDRLEN, data, size);
	request->head.nlmsg_len = NLMSG_ALIGN(request->head.nlmsg_len) + NLA_ALIGN(attr->nla_len);
}

typedef void (*message_fn)(const struct nlmsghdr *message, void *data);

/* The errno with which a dump ends, or 0. */
static int dump_error(const struct nlmsghdr *done)
{
	int error = 0;

	if (done->nlmsg_len >= NLMSG_LENGTH(sizeof(error)))
		memcpy(&error, NLMSG_DATA(done), sizeof(error));
	return error < 0 ? -error : 0;
}

/* Sends a request and hands up each message of the answer. Returns 0 or an errno. */
static int ask(int protocol, struct request *request, message_fn each, void *data)
{
	struct timeval limit = { .tv_sec = ANSWER_SECONDS };
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	static uint32_t buffer[16384];
	bool more = true;
	int fd, error = 0;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	if (fd < 0)
		return errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (sendto(fd, request, request->head.nlmsg_len, 0, (void *)&kernel, sizeof(kernel)) < 0)
		error = errno;
	while (more && !error) {
		ssize_t got = recv(fd, buffer, sizeof(buffer), 0);
		const struct nlmsghdr *message = (void *)buffer;
		/* Signed, because the last step may lead beyond the end. */
		int left = got;

		if (got < 0) {
			error = errno;
			break;
		}
		more = request->head.nlmsg_flags & NLM_F_DUMP;
		for (; left > 0 && NLMSG_OK(message, (unsigned int)left);
		     message = NLMSG_NEXT(message, left)) {
			/* What has changed meanwhile may be twice or not at all in the answer. */
			if (message->nlmsg_flags & NLM_F_DUMP_INTR)
				error = EAGAIN;
			if (message->nlmsg_type == NLMSG_DONE) {
				error = error ? error : dump_error(message);
				more = false;
			} else if (message->nlmsg_type == NLMSG_ERROR) {
				error = -((const struct nlmsgerr *)NLMSG_DATA(message))->error;
				more = false;
			} else {
				each(message, data);
			}
		}
	}
	close(fd);
	return error;
}

/* The answer of a device that has gone meanwhile, or has no ports, is no error. */
static int rdma_ask(int command, const uint32_t *device, message_fn each, void *data)
{
	struct request request = { .head = {
					   .nlmsg_len = NLMSG_HDRLEN,
					   .nlmsg_type = RDMA_NL_GET_TYPE(RDMA_NL_NLDEV, command),
					   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
				   } };

	int error;

	if (device)
		request_add(&request, RDMA_NLDEV_ATTR_DEV_INDEX, device, sizeof(*device));
	error = ask(NETLINK_RDMA, &request, each, data);
	return device && (error == ENODEV || error == EINVAL) ? 0 : error;
}

static const struct nlattr *rdma_attr(const struct nlmsghdr *message, int type)
{
	return attr_in(NLMSG_DATA(message), NLMSG_PAYLOAD(message, 0), type);
}

/* ---- RDMA devices ---- */

struct device {
	uint32_t index;
	const char *name;
	bool gsi_failed;
	struct device *next;
};

static struct rdma_port *ports;
static size_t port_count;
static struct device *devices;
static bool ids_unknown;

static void device_found(const struct nlmsghdr *message, void *data)
{
	const char *name = attr_text(rdma_attr(message, RDMA_NLDEV_ATTR_DEV_NAME));
	struct device *device = take(sizeof(*device));

	(void)data;
	device->index = attr_number(rdma_attr(message, RDMA_NLDEV_ATTR_DEV_INDEX), 0);
	device->name = name;
	device->next = devices;
	if (name)
		devices = device;
}

static struct device *devices_ask(void)
{
	static bool asked;
	int error;

	if (asked)
		return devices;
	asked = true;
	/* A socket of this kind would load the module, which is more than to look. */
	if (!*root && exists("/sys/class/infiniband")) {
		error = rdma_ask(RDMA_NLDEV_CMD_GET, NULL, device_found, NULL);
		if (error) {
			ids_unknown = true;
			unseen("RDMA devices by netlink", strerror(error));
		}
	}
	return devices;
}

static void netdev_found(const struct nlmsghdr *message, void *data)
{
	uint32_t number = attr_number(rdma_attr(message, RDMA_NLDEV_ATTR_PORT_INDEX), 0);
	const char *netdev = attr_text(rdma_attr(message, RDMA_NLDEV_ATTR_NDEV_NAME));
	struct device *device = data;
	size_t i;

	for (i = 0; i < port_count; i++)
		if (!strcmp(ports[i].device, device->name) && ports[i].number == number)
			ports[i].netdev = netdev;
}

/*
 * An adapter of InfiniBand has addresses by network devices of the same function: one for a
 * port, and one for each of its partitions, which is not on top of the first.
 */
static bool ipoib_of(const char *device, unsigned int number, const char *netdev)
{
	char *folder = format("/sys/class/net/%s", netdev), *function, *other, *port;
	bool same;

	if (!attribute_is(folder, "type", "32"))
		return false;
	function = real_path(format("/sys/class/infiniband/%s/device", device));
	other = real_path(format("%s/device", folder));
	same = function && other && !strcmp(function, other);
	free(function);
	free(other);
	port = same ? attribute(folder, "dev_port") : NULL;
	return same && (!port || strtoul(port, NULL, 0) + 1 == number);
}

static const char *ipoib_netdev(const char *device, unsigned int number)
{
	char **name;

	for (name = names_in("/sys/class/net"); *name; name++)
		if (ipoib_of(device, number, *name))
			return *name;
	return NULL;
}

const struct rdma_port *rdma_ports(size_t *count)
{
	static bool asked;
	char **names, **name, **entry;
	struct device *device;
	size_t i;
	int error;

	*count = port_count;
	if (asked)
		return ports;
	asked = true;
	names = names_in("/sys/class/infiniband");
	for (name = names; *name; name++) {
		char *folder = format("/sys/class/infiniband/%s", *name);
		char *type = attribute(folder, "node_type");

		entry = names_in(format("%s/ports", folder));
		for (; *entry; entry++) {
			struct rdma_port *more = take((port_count + 1) * sizeof(*more));
			char *state = attribute(folder, format("ports/%s/state", *entry));

			if (port_count)
				memcpy(more, ports, port_count * sizeof(*ports));
			ports = more;
			more += port_count++;
			more->device = *name;
			more->number = atoi(*entry);
			more->state = state ? state : "unknown";
			/* What may not be looked at gets the benefit of the doubt. */
			more->active = state ? !!strstr(state, "ACTIVE") : errno != ENOENT;
			more->iwarp = type && strstr(type, "RNIC");
			more->infiniband = attribute_is(folder,
							format("ports/%s/link_layer", *entry),
							"InfiniBand") &&
					   !more->iwarp;
			more->netdev = facts_netdev(*name, more->number);
		}
	}
	for (device = devices_ask(); device; device = device->next) {
		error = rdma_ask(RDMA_NLDEV_CMD_PORT_GET, &device->index, netdev_found, device);
		if (error)
			unseen("ports of RDMA devices by netlink", strerror(error));
	}
	for (i = 0; i < port_count; i++)
		if (ports[i].infiniband && !ports[i].netdev)
			ports[i].netdev = ipoib_netdev(ports[i].device, ports[i].number);
	*count = port_count;
	return ports;
}

static bool gid_of(const struct rdma_port *port, const char *netdev)
{
	char *folder = format("/sys/class/infiniband/%s/ports/%u/gid_attrs/ndevs", port->device,
			      port->number);
	char **name = names_in(folder);

	for (; *name; name++) {
		/* An entry that is not in use is an error to read, and no news. */
		char *text = file_read(format("%s/%s", folder, *name), 256, NULL);
		bool same = text && !strcmp(trim(text), netdev);

		free(text);
		if (same)
			return true;
	}
	return false;
}

/* A VLAN, a bond and the like are on top of the network device of the port. */
static const struct rdma_port *port_below(const char *netdev, unsigned int depth)
{
	const struct rdma_port *port, *found = NULL;
	char **name;
	size_t i, count;

	port = rdma_ports(&count);
	for (i = 0; i < count; i++) {
		bool same = (port[i].netdev && !strcmp(port[i].netdev, netdev)) ||
			    (port[i].infiniband &&
			     ipoib_of(port[i].device, port[i].number, netdev)) ||
			    (!port[i].iwarp && gid_of(&port[i], netdev));

		if (same && (!found || port[i].active))
			found = &port[i];
	}
	if (found || depth == 8)
		return found;
	name = names_in(format("/sys/class/net/%s", netdev));
	for (; *name; name++) {
		if (strncmp(*name, "lower_", 6))
			continue;
		port = port_below(*name + 6, depth + 1);
		if (port && (!found || port->active))
			found = port;
	}
	return found;
}

/* A port may have hundreds of GIDs, and a host as many records that ask for them. */
const struct rdma_port *port_of_netdev(const char *netdev)
{
	static struct known {
		const char *netdev;
		const struct rdma_port *port;
		struct known *next;
	} *all;
	struct known *known;

	for (known = all; known; known = known->next)
		if (!strcmp(known->netdev, netdev))
			return known->port;
	known = take(sizeof(*known));
	known->netdev = format("%s", netdev);
	known->port = port_below(netdev, 0);
	known->next = all;
	all = known;
	return known->port;
}

/* ---- RDMA resources ---- */

struct walk {
	struct device *device;
	struct rdma_id **ids;
	size_t *count;
};

/* The address of a kernel's sockaddr, whose port is in network order. */
static void addr_from(struct addr *addr, const struct nlattr *attr)
{
	const struct sockaddr_in6 *six = attr ? attr_data(attr) : NULL;
	const struct sockaddr_in *four = (const void *)six;

	memset(addr, 0, sizeof(*addr));
	if (!attr || attr_length(attr) < sizeof(*six))
		return;
	if (six->sin6_family == AF_INET6) {
		addr->family = AF_INET6;
		addr->port = ntohs(six->sin6_port);
		memcpy(addr->bytes, &six->sin6_addr, 16);
		if (six->sin6_scope_id)
			if_indextoname(six->sin6_scope_id, addr->zone);
	} else if (four->sin_family == AF_INET) {
		addr->family = AF_INET;
		addr->port = ntohs(four->sin_port);
		memcpy(addr->bytes, &four->sin_addr, 4);
	}
}

/* Calls each for every entry of a table in a message. */
static void entries(const struct nlattr *table, int type,
		    void (*each)(const struct nlattr *entry, struct walk *walk), struct walk *walk)
{
	const char *at, *end;

	if (!table)
		return;
	at = attr_data(table);
	end = at + attr_length(table);
	while (at < end) {
		const struct nlattr *entry = attr_in(at, end - at, type);

		if (!entry)
			break;
		each(entry, walk);
		at = (const char *)entry + NLA_ALIGN(entry->nla_len);
	}
}

static void id_entry(const struct nlattr *entry, struct walk *walk)
{
	const void *in = attr_data(entry);
	size_t length = attr_length(entry);
	struct rdma_id *id;

	*walk->ids = room(*walk->ids, *walk->count, sizeof(**walk->ids));
	id = *walk->ids + (*walk->count)++;
	id->device = walk->device->name;
	id->owner = attr_text(attr_in(in, length, RDMA_NLDEV_ATTR_RES_KERN_NAME));
	addr_from(&id->from, attr_in(in, length, RDMA_NLDEV_ATTR_RES_SRC_ADDR));
	addr_from(&id->to, attr_in(in, length, RDMA_NLDEV_ATTR_RES_DST_ADDR));
	/* A listener has the family of its own address here, and nothing else. */
	if (addr_any(&id->to) && !id->to.port)
		id->to.family = 0;
}

static void ids_found(const struct nlmsghdr *message, void *data)
{
	entries(rdma_attr(message, RDMA_NLDEV_ATTR_RES_CM_ID), RDMA_NLDEV_ATTR_RES_CM_ID_ENTRY,
		id_entry, data);
}

/* The kernel shows its own in the first PID namespace only, which always has this number. */
static bool contained(void)
{
	const char *namespace = link_name("/proc/self/ns/pid");

	return namespace && strcmp(namespace, "pid:[4026531836]");
}

const struct rdma_id *rdma_ids(size_t *count)
{
	static struct rdma_id *ids;
	static size_t id_count;
	static bool asked;
	struct device *device;

	if (!asked && *root)
		ids = facts_ids(&id_count);
	for (device = asked ? NULL : devices_ask(); device; device = device->next) {
		struct walk walk = { device, &ids, &id_count };
		int error =
			rdma_ask(RDMA_NLDEV_CMD_RES_CM_ID_GET, &device->index, ids_found, &walk);

		if (error) {
			ids_unknown = true;
			unseen("RDMA connections by netlink", strerror(error));
		}
	}
	if (!asked && exists("/sys/class/infiniband") && contained()) {
		ids_unknown = true;
		unseen("RDMA connections by netlink", "a container has not those of the kernel");
	}
	asked = true;
	*count = id_count;
	return ids;
}

bool rdma_ids_known(void)
{
	size_t count;

	rdma_ids(&count);
	return !ids_unknown;
}

static struct rdma_use *uses;
static size_t use_count;

static void use_entry(const struct nlattr *entry, struct walk *walk)
{
	const void *in = attr_data(entry);
	size_t length = attr_length(entry);
	const char *name = attr_text(attr_in(in, length, RDMA_NLDEV_ATTR_RES_SUMMARY_ENTRY_NAME));
	const struct nlattr *current = attr_in(in, length, RDMA_NLDEV_ATTR_RES_SUMMARY_ENTRY_CURR);
	struct rdma_use *use = &uses[use_count - 1];
	uint64_t number;

	(void)walk;
	if (!name || !current || attr_length(current) < sizeof(number))
		return;
	memcpy(&number, attr_data(current), sizeof(number));
	if (!strcmp(name, "qp"))
		use->queue_pairs = number;
	else if (!strcmp(name, "cq"))
		use->completion_queues = number;
	else if (!strcmp(name, "mr"))
		use->memory_regions = number;
}

static void uses_found(const struct nlmsghdr *message, void *data)
{
	const char *device = attr_text(rdma_attr(message, RDMA_NLDEV_ATTR_DEV_NAME));

	if (!device)
		return;
	uses = room(uses, use_count, sizeof(*uses));
	uses[use_count++].device = device;
	entries(rdma_attr(message, RDMA_NLDEV_ATTR_RES_SUMMARY),
		RDMA_NLDEV_ATTR_RES_SUMMARY_ENTRY, use_entry, data);
}

/* The kernel answers for all devices at once. */
const struct rdma_use *rdma_uses(size_t *count)
{
	static bool asked;
	int error = 0;

	if (!asked && *root)
		uses = facts_uses(&use_count);
	else if (!asked && devices_ask())
		error = rdma_ask(RDMA_NLDEV_CMD_RES_GET, NULL, uses_found, NULL);
	asked = true;
	if (error)
		unseen("resources of RDMA devices by netlink", strerror(error));
	*count = use_count;
	return uses;
}

static void qp_entry(const struct nlattr *entry, struct walk *walk)
{
	enum { TYPE_GSI = 1, STATE_ERR = 6 }; /* of verbs, which never change */
	const void *in = attr_data(entry);
	size_t length = attr_length(entry);

	if (attr_number(attr_in(in, length, RDMA_NLDEV_ATTR_RES_TYPE), 0) == TYPE_GSI &&
	    attr_number(attr_in(in, length, RDMA_NLDEV_ATTR_RES_STATE), 0) == STATE_ERR)
		walk->device->gsi_failed = true;
}

static void qps_found(const struct nlmsghdr *message, void *data)
{
	entries(rdma_attr(message, RDMA_NLDEV_ATTR_RES_QP), RDMA_NLDEV_ATTR_RES_QP_ENTRY, qp_entry,
		data);
}

bool gsi_failed(const char *name)
{
	struct device *device;

	if (*root)
		return facts_gsi(name);
	for (device = devices_ask(); device; device = device->next) {
		struct walk walk = { .device = device };
		int error;

		if (strcmp(device->name, name))
			continue;
		error = rdma_ask(RDMA_NLDEV_CMD_RES_QP_GET, &device->index, qps_found, &walk);
		if (error)
			unseen("queue pairs of RDMA devices by netlink", strerror(error));
		return device->gsi_failed;
	}
	return false;
}

/* ---- addresses and routes ---- */

static struct own_addr *addrs;
static size_t addr_count;

static void addr_found(const struct nlmsghdr *message, void *data)
{
	const struct ifaddrmsg *head = NLMSG_DATA(message);
	size_t length = IFA_PAYLOAD(message);
	const struct nlattr *attr = attr_in(IFA_RTA(head), length, IFA_LOCAL);
	struct own_addr *more, *own;
	char name[IF_NAMESIZE];

	(void)data;
	if (!attr)
		attr = attr_in(IFA_RTA(head), length, IFA_ADDRESS);
	if (!attr || attr_length(attr) > 16 || !if_indextoname(head->ifa_index, name))
		return;
	more = take((addr_count + 1) * sizeof(*more));
	if (addr_count)
		memcpy(more, addrs, addr_count * sizeof(*more));
	free(addrs);
	addrs = more;
	own = more + addr_count++;
	own->netdev = format("%s", name);
	own->addr.family = head->ifa_family;
	memcpy(own->addr.bytes, attr_data(attr), attr_length(attr));
	if (addr_local_link(&own->addr))
		strcpy(own->addr.zone, name);
}

const struct own_addr *own_addrs(size_t *count)
{
	struct request request = { .head = {
					   .nlmsg_len = NLMSG_LENGTH(sizeof(struct ifaddrmsg)),
					   .nlmsg_type = RTM_GETADDR,
					   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
				   } };
	static bool asked;
	int error = 0;

	if (!asked && *root)
		addrs = facts_addrs(&addr_count);
	else if (!asked)
		error = ask(NETLINK_ROUTE, &request, addr_found, NULL);
	asked = true;
	if (error)
		unseen("addresses by netlink", strerror(error));
	*count = addr_count;
	return addrs;
}

const char *netdev_of(const struct addr *addr)
{
	const struct own_addr *own;
	size_t i, count;

	own = own_addrs(&count);
	for (i = 0; i < count; i++)
		if (addr_same(&own[i].addr, addr))
			return own[i].netdev;
	return NULL;
}

static void route_found(const struct nlmsghdr *message, void *data)
{
	const struct rtmsg *head = NLMSG_DATA(message);
	size_t length = RTM_PAYLOAD(message);
	const struct nlattr *metrics = attr_in(RTM_RTA(head), length, RTA_METRICS);
	struct route *route = data;
	char name[IF_NAMESIZE];

	if (if_indextoname(attr_number(attr_in(RTM_RTA(head), length, RTA_OIF), 0), name))
		route->netdev = format("%s", name);
	route->local = head->rtm_type == RTN_LOCAL;
	if (metrics)
		route->mtu =
			attr_number(attr_in(attr_data(metrics), attr_length(metrics), RTAX_MTU), 0);
}

/* The route to an own address leads to "lo"; RDMA takes the device that has the address. */
int route_to(const struct addr *addr, struct route *route)
{
	struct request request = { .head = {
					   .nlmsg_len = NLMSG_LENGTH(sizeof(struct rtmsg)),
					   .nlmsg_type = RTM_GETROUTE,
					   .nlmsg_flags = NLM_F_REQUEST,
				   } };
	struct rtmsg *head = NLMSG_DATA(&request.head);
	size_t size = addr->family == AF_INET6 ? 16 : 4;
	uint32_t zone = 0;
	int error;

	memset(route, 0, sizeof(*route));
	if (*root) {
		error = facts_route(addr, route);
	} else {
		head->rtm_family = addr->family;
		head->rtm_dst_len = size * 8;
		request_add(&request, RTA_DST, addr->bytes, size);
		if (*addr->zone) {
			zone = if_nametoindex(addr->zone);
			if (!zone)
				return ENODEV;
			request_add(&request, RTA_OIF, &zone, sizeof(zone));
		}
		error = ask(NETLINK_ROUTE, &request, route_found, route);
	}
	if (!error && route->local)
		route->netdev = netdev_of(addr) ? netdev_of(addr) : route->netdev;
	if (!error && !route->netdev)
		error = ENETUNREACH;
	return error;
}

/* A line of /proc/net/tcp has the address in words of the host's order, in hexadecimal. */
static bool listens_in(const char *path, int family, const struct addr *addr)
{
	unsigned int words = family == AF_INET6 ? 4 : 1, i, port, state;
	char *text = file_read(path, 64 << 20, NULL), *line;

	for (line = text; line; line = strchr(line, '\n')) {
		char hex[33];
		struct addr own = { .family = family };

		line++;
		if (sscanf(line, " %*d: %32[0-9A-F]:%x %*32[0-9A-F]:%*x %x", hex, &port, &state) !=
		    3)
			continue;
		if (state != 10 || port != addr->port || strlen(hex) != words * 8)
			continue;
		for (i = 0; i < words; i++) {
			uint32_t word;

			sscanf(hex + i * 8, "%8x", &word);
			memcpy(own.bytes + i * 4, &word, 4);
		}
		if (addr_any(&own) || addr_same(&own, addr)) {
			free(text);
			return true;
		}
	}
	free(text);
	return false;
}

bool tcp_listens(const struct addr *addr)
{
	return (addr->family == AF_INET && listens_in("/proc/net/tcp", AF_INET, addr)) ||
	       (addr->family == AF_INET6 && listens_in("/proc/net/tcp6", AF_INET6, addr));
}
