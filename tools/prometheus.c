// SPDX-License-Identifier: GPL-2.0-only
/* iserctl status --prometheus: the text that Prometheus and its node exporter read. */
#include <stdlib.h>
#include <string.h>

#include "iserctl.h"

static void metric(const char *name, const char *help)
{
	printf("# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

/*
 * The value of a label with its quotation marks. All but printable ASCII is shown as
 * numbers, because names come from peers and a label has to be UTF-8.
 */
static const char *label(const char *text)
{
	char *result, *to;

	if (!text)
		return "\"\"";
	result = take(strlen(text) * 5 + 3);
	to = result;
	*to++ = '"';
	for (; *text; text++) {
		unsigned char c = *text;

		if (c == '"' || c == '\\')
			to += sprintf(to, "\\%c", c);
		else if (printable(c))
			*to++ = c;
		else
			to += sprintf(to, "\\\\x%02x", c);
	}
	strcpy(to, "\"");
	return result;
}

static void modules_show(void)
{
	size_t i;

	metric("iser_module_loaded", "Whether a module of iSER is loaded.");
	for (i = 0; i < MODULES; i++) {
		const char *folder = format("/sys/module/%s", loadable[i]);

		printf("iser_module_loaded{module=\"%s\"} %d\n", loadable[i], exists(folder));
	}
}

static void ports_show(void)
{
	const struct rdma_port *port;
	size_t i, count;

	port = rdma_ports(&count);
	metric("iser_port_active", "Whether the port of an RDMA device can be used.");
	for (i = 0; i < count; i++)
		printf("iser_port_active{device=%s,port=\"%u\",netdev=%s} %d\n",
		       label(port[i].device), port[i].number, label(port[i].netdev),
		       port[i].active);
}

static void sessions_show(void)
{
	const struct session *session;
	size_t i, count;

	session = sessions(&count);
	metric("iser_session_logged_in", "Whether a session of the initiator is logged in.");
	for (i = 0; i < count; i++) {
		if (!session[i].iser)
			continue;
		printf("iser_session_logged_in{session=\"%u\",target=%s,", session[i].number,
		       label(session[i].target));
		printf("address=%s,port=%s,device=%s} %d\n", label(session[i].address),
		       label(session[i].port), label(session_device(&session[i])),
		       session[i].state && !strcmp(session[i].state, "LOGGED_IN"));
	}
}

/* One metric of all portals with iSER. */
static void portals_show(const char *name, const char *help, bool peers)
{
	const struct portal *portal;
	size_t i, count;

	portal = portals(&count);
	metric(name, help);
	for (i = 0; i < count; i++) {
		unsigned int ids;

		if (!portal[i].iser)
			continue;
		ids = portal_ids(&portal[i], peers);
		printf("%s{target=%s,group=%s,portal=%s} %u\n", name, label(portal[i].target),
		       label(portal[i].group), label(portal[i].name), peers ? ids : ids > 0);
	}
}

void prometheus_show(void)
{
	modules_show();
	ports_show();
	sessions_show();
	/* What is not known is left out. */
	if (rdma_ids_known()) {
		portals_show("iser_portal_listening",
			     "Whether an RDMA device listens at a portal with iSER.", false);
		portals_show("iser_portal_connections",
			     "Connections of iSER to a portal.", true);
	}
	metric("iser_status_complete", "Whether all could be seen.");
	printf("iser_status_complete %d\n", !incomplete);
}
