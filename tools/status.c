// SPDX-License-Identifier: GPL-2.0-only
/*
 * iserctl status: sessions and connections of both halves, as text or as JSON. What
 * Prometheus reads is in prometheus.c.
 */
#include <stdlib.h>
#include <string.h>

#include "iserctl.h"

#define SCHEMA 1

static bool as_json;

/* A separator before all elements of a list but the first. */
static const char *comma(bool *later)
{
	const char *text = *later ? "," : "";

	*later = true;
	return text;
}

static void key(bool *later, const char *name, const char *value)
{
	printf("%s\"%s\":%s", comma(later), name, value);
}

static const char *truth(bool value)
{
	return value ? "true" : "false";
}

/* A number that the kernel has written, or null. */
static const char *plain(const char *text)
{
	return text && *text && strspn(text, "0123456789") == strlen(text) && strlen(text) < 16 ?
		       format("%llu", strtoull(text, NULL, 10)) :
		       "null";
}

/* ---- initiator ---- */

static void session_show(const struct session *session, bool *later)
{
	static const char *const keys[] = {
		"initial_r2t",	 "immediate_data",	"first_burst_len",
		"max_burst_len", "max_outstanding_r2t",
	};
	const char *device = session_device(session), *none;
	bool inner = false, disks = false;
	char **disk;
	size_t i;

	none = rdma_ids_known() ? "no RDMA connection" : "RDMA device unknown";
	if (!as_json) {
		printf("session %u: %s to %s at %s port %s, %s", session->number,
		       quote(session->state ? session->state : "unknown"), quote(session->target),
		       quote(session->address ? session->address : "no address"),
		       quote(session->port ? session->port : "none"),
		       device ? quote(device) : none);
		for (disk = session->disks; *disk; disk++)
			printf("%s%s", disk == session->disks ? ", disks " : " ", quote(*disk));
		putchar('\n');
		return;
	}
	printf("%s{", comma(later));
	key(&inner, "number", format("%u", session->number));
	key(&inner, "state", json(session->state));
	key(&inner, "target", json(session->target));
	key(&inner, "group", plain(session->tpgt));
	key(&inner, "initiator", json(session->initiator));
	key(&inner, "iface", json(session->iface));
	key(&inner, "host", json(session->host));
	key(&inner, "address", json(session->address));
	key(&inner, "port", plain(session->port));
	key(&inner, "device", json(device));
	for (i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		key(&inner, keys[i], plain(attribute(session->folder, keys[i])));
	key(&inner, "max_recv_dlength",
	    session->connection ? plain(attribute(session->connection, "max_recv_dlength")) :
				  "null");
	key(&inner, "max_xmit_dlength",
	    session->connection ? plain(attribute(session->connection, "max_xmit_dlength")) :
				  "null");
	key(&inner, "disks", "[");
	for (disk = session->disks; *disk; disk++)
		printf("%s%s", comma(&disks), json(*disk));
	printf("]}");
}

static void initiator_show(void)
{
	const struct session *session;
	bool later = false;
	size_t i, count;

	session = sessions(&count);
	if (as_json)
		printf(",\"initiator\":{\"sessions\":[");
	for (i = 0; i < count; i++)
		if (session[i].iser)
			session_show(&session[i], &later);
	if (as_json)
		printf("]}");
}

/* ---- target ---- */

static void portals_show(void)
{
	const struct portal *portal;
	bool later = false;
	size_t i, count;

	portal = portals(&count);
	for (i = 0; i < count; i++) {
		bool known = rdma_ids_known(), listens = portal_ids(&portal[i], false);
		unsigned int peers = portal_ids(&portal[i], true);
		bool inner = false;

		if (!as_json) {
			printf("portal %s of %s, portal group %s: ", quote(portal[i].name),
			       quote(portal[i].target), quote(portal[i].group));
			if (portal[i].iser && !known)
				puts("iSER, unknown whether it listens, unknown connections");
			else if (portal[i].iser)
				printf("iSER, %s, %u connections\n",
				       listens ? "listening" : "NOT listening", peers);
			else
				puts("TCP only");
			continue;
		}
		printf("%s{", comma(&later));
		key(&inner, "target", json(portal[i].target));
		key(&inner, "group", plain(portal[i].group));
		key(&inner, "portal", json(portal[i].name));
		key(&inner, "iser", truth(portal[i].iser));
		key(&inner, "listening", known ? truth(listens) : "null");
		key(&inner, "connections", known ? format("%u", peers) : "null");
		printf("}");
	}
}

static void target_sessions_show(void)
{
	const struct target_session *session;
	bool later = false;
	size_t i, count;

	session = target_sessions(&count);
	for (i = 0; i < count; i++) {
		const struct portal *group = session[i].group;
		const char *state = session[i].state;
		bool inner = false;

		if (!as_json) {
			printf("session of %s at %s, portal group %s: %s\n",
			       quote(session[i].initiator), quote(group->target),
			       quote(group->group), state ? quote(state) : "unknown");
			continue;
		}
		printf("%s{", comma(&later));
		key(&inner, "target", json(group->target));
		key(&inner, "group", plain(group->group));
		key(&inner, "initiator", json(session[i].initiator));
		key(&inner, "acl", truth(session[i].acl));
		key(&inner, "state", json(state));
		printf("}");
	}
}

static void connections_show(void)
{
	const struct portal *portal;
	const struct rdma_id *id;
	size_t i, j, count, ids;
	bool later = false;

	portal = portals(&count);
	id = rdma_ids(&ids);
	for (j = 0; j < ids; j++) {
		for (i = 0; i < count && !portal_has(&portal[i], &id[j], true); i++)
			;
		if (i == count)
			continue;
		if (!as_json) {
			printf("connection from %s to %s, %s\n", quote(portal_text(&id[j].to)),
			       quote(portal_text(&id[j].from)), quote(id[j].device));
		} else {
			bool inner = false;

			printf("%s{", comma(&later));
			key(&inner, "peer", json(portal_text(&id[j].to)));
			key(&inner, "portal", json(portal_text(&id[j].from)));
			key(&inner, "device", json(id[j].device));
			printf("}");
		}
	}
}

static void target_show(void)
{
	if (as_json)
		printf(",\"target\":{\"portals\":[");
	portals_show();
	if (as_json)
		printf("],\"sessions\":[");
	target_sessions_show();
	if (as_json)
		printf("],\"connections\":[");
	connections_show();
	if (as_json)
		printf("]}");
}

/* ---- the host ---- */

const char *const loadable[MODULES] = { "iser_core", "ib_iser", "ib_isert" };

static void host_show(void)
{
	const struct rdma_port *port;
	bool later = false;
	size_t i, count;

	if (as_json)
		printf("{\"schema\":%d,\"modules\":[", SCHEMA);
	for (i = 0; i < MODULES; i++) {
		const char *folder = format("/sys/module/%s", loadable[i]);
		const char *version = attribute(folder, "srcversion");

		if (!exists(folder))
			continue;
		if (as_json)
			printf("%s{\"name\":\"%s\",\"srcversion\":%s}", comma(&later), loadable[i],
			       json(version));
		else
			printf("module %s: srcversion %s\n", loadable[i],
			       quote(version ? version : "none"));
	}
	if (as_json)
		printf("],\"ports\":[");
	later = false;
	port = rdma_ports(&count);
	for (i = 0; i < count; i++) {
		if (as_json)
			printf("%s{\"device\":%s,\"port\":%u,\"netdev\":%s,\"active\":%s}",
			       comma(&later), json(port[i].device), port[i].number,
			       json(port[i].netdev), truth(port[i].active));
		else
			printf("port %u of RDMA device %s on %s: %s\n", port[i].number,
			       quote(port[i].device),
			       port[i].netdev ? quote(port[i].netdev) : "no network device",
			       port[i].active ? "active" : "not active");
	}
	if (as_json)
		printf("]");
}

/* Without a line nobody would know whether it has looked at all. */
static void nothing_show(void)
{
	const struct session *session;
	size_t i, count, ports;

	session = sessions(&count);
	for (i = 0; i < count; i++)
		if (session[i].iser)
			return;
	portals(&count);
	rdma_ports(&ports);
	if (!count && !ports && !incomplete)
		puts("no RDMA device, no session, no portal");
}

int status(int argc, char **argv)
{
	bool metrics = argc == 2 && !strcmp(argv[1], "--prometheus");

	as_json = argc == 2 && !strcmp(argv[1], "--json");
	if (argc > 1 && !as_json && !metrics)
		return usage("status", "unexpected arguments");
	if (metrics) {
		prometheus_show();
		return incomplete ? EXIT_UNSEEN : 0;
	}
	host_show();
	initiator_show();
	target_show();
	if (!as_json)
		nothing_show();
	if (as_json)
		printf(",\"complete\":%s}\n", truth(!incomplete));
	return incomplete ? EXIT_UNSEEN : 0;
}
