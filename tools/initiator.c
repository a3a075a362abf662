// SPDX-License-Identifier: GPL-2.0-only
/* Checks of an initiator: open-iscsi's files, and the sessions of the kernel. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "doctor.h"

/* Debian 12 has the first ones, later open-iscsi the others. */
static const char *const node_folders[] = { "/etc/iscsi/nodes", "/var/lib/iscsi/nodes" };
static const char *const iface_folders[] = { "/etc/iscsi/ifaces", "/var/lib/iscsi/ifaces" };

static const char *const transports[] = {
	"tcp", "iser", "cxgb3i", "cxgb4i", "bnx2i", "be2iscsi", "qla4xxx", "ocs", "qedi",
};

static const char sed_iser[] = "sed -i 's/^iface.transport_name *=.*/iface.transport_name = iser/'";

static const char *const bindings[] = {
	"iface.hwaddress",
	"iface.net_ifacename",
	"iface.ipaddress",
};

#define ARRAY(array) (sizeof(array) / sizeof(*(array)))

static bool known_transport(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY(transports); i++)
		if (!strcmp(name, transports[i]))
			return true;
	return false;
}

/* A setting that says something. */
static const char *setting(const char *text, const char *key)
{
	const char *value = record_value(text, key);

	return value && *value && strcmp(value, "<empty>") && strcmp(value, "default") ? value :
											 NULL;
}

/* ---- records ---- */

static struct record *all;
static size_t all_count;

static void record_add(const char *path, const char *target)
{
	const char *text = file_text(path), *startup;
	struct record *record, *more;

	if (!text)
		return;
	if (!(all_count & (all_count - 1))) {
		more = take((all_count * 2 + 1) * sizeof(*more));
		if (all_count)
			memcpy(more, all, all_count * sizeof(*more));
		free(all);
		all = more;
	}
	record = all + all_count++;
	record->path = path;
	record->text = text;
	record->target = record_value(text, "node.name");
	if (!record->target)
		record->target = target;
	record->address = record_value(text, "node.conn[0].address");
	record->port = record_value(text, "node.conn[0].port");
	record->tpgt = record_value(text, "node.tpgt");
	record->iface = record_value(text, "iface.iscsi_ifacename");
	record->transport = setting(text, "iface.transport_name");
	if (!record->iface)
		record->iface = "default";
	if (!record->transport)
		record->transport = "tcp";
	startup = record_value(text, "node.startup");
	/* The root file system may depend on one that is "onboot". */
	record->automatic = startup && !strcmp(startup, "automatic");
}

/*
 * A record is nodes/TARGET/ADDRESS,PORT,TAG/IFACE, or without a tag the file
 * nodes/TARGET/ADDRESS,PORT.
 */
const struct record *records(size_t *count)
{
	static bool asked;
	char **target, **portal, **iface;
	size_t i;

	for (i = 0; !asked && i < ARRAY(node_folders); i++) {
		for (target = names_in(node_folders[i]); *target; target++) {
			const char *folder = format("%s/%s", node_folders[i], *target);

			for (portal = names_in(folder); *portal; portal++) {
				const char *path = format("%s/%s", folder, *portal);

				iface = names_in(path);
				for (; *iface; iface++)
					record_add(format("%s/%s", path, *iface), *target);
				if (!exists(format("%s/.", path)) && errno == ENOENT)
					record_add(path, *target);
			}
		}
	}
	asked = true;
	*count = all_count;
	return all;
}

static const char *record_portal(const struct record *record)
{
	const char *address = record->address ? record->address : "";

	return format(strchr(address, ':') ? "[%s]:%s" : "%s:%s", address,
		      record->port ? record->port : "3260");
}

const char *record_words(const struct record *record)
{
	bool tag = record->tpgt && atoi(record->tpgt) >= 0;

	return format("-T %s -p %s -I %s", quote(record->target),
		      quote(format("%s%s%s", record_portal(record), tag ? "," : "",
				   tag ? record->tpgt : "")),
		      quote(record->iface));
}

static const char *record_title(const struct record *record)
{
	return format("the record of %s at %s, iface %s", quote(record->target),
		      quote(record_portal(record)), quote(record->iface));
}

static void fix_record(const struct record *record, const char *key, const char *value)
{
	fix("iscsiadm -m node %s -o update -n %s -v %s", record_words(record), quote(key),
	    quote(value));
}

static void advice_record(const struct record *record, const char *key, const char *value)
{
	advice("iscsiadm -m node %s -o update -n %s -v %s", record_words(record), quote(key),
	       quote(value));
}

static bool over_iser(const struct record *record)
{
	return !strcmp(record->transport, "iser");
}

static bool record_addr(const struct record *record, struct addr *addr)
{
	return record->address && addr_parse(record->address, addr);
}

static bool same_portal(const struct record *a, const struct record *b)
{
	return !strcmp(a->target, b->target) && !strcmp(record_portal(a), record_portal(b));
}

/*
 * A session of this record, over iSER or over TCP, or NULL. One of another iface is not meant:
 * that of the root file system, for example, which the firmware has set up.
 */
static const struct session *session_of(const struct record *record, bool iser)
{
	const struct session *session;
	size_t i, count;

	session = sessions(&count);
	for (i = 0; i < count; i++)
		if (session[i].iser == iser && !strcmp(session[i].target, record->target) &&
		    (!session[i].iface || !strcmp(session[i].iface, record->iface)) &&
		    session[i].address && record->address &&
		    !strcmp(session[i].address, record->address) && session[i].port &&
		    record->port && !strcmp(session[i].port, record->port))
			return &session[i];
	return NULL;
}

static const struct rdma_port *record_port(const struct record *record, struct route *route)
{
	struct addr addr;

	memset(route, 0, sizeof(*route));
	if (!record_addr(record, &addr) || route_to(&addr, route))
		return NULL;
	return port_of_netdev(route->netdev);
}

static void check_transport(const struct record *record)
{
	const struct session *session = session_of(record, true);
	const struct record *other;
	const char *command;
	struct route route;
	size_t i, count;

	if (!known_transport(record->transport)) {
		found(RECORD_TRANSPORT, "%s has the transport %s", record_title(record),
		      quote(record->transport));
		advice("if iser is meant:");
		advice_record(record, "iface.transport_name", "iser");
		return;
	}
	if (strcmp(record->transport, "tcp"))
		return;
	other = records(&count);
	for (i = 0; i < count; i++) {
		if (!over_iser(&other[i]) || !same_portal(&other[i], record))
			continue;
		if (record->automatic && other[i].automatic) {
			found(RECORD_BOTH, "%s logs in over TCP besides that of iface %s",
			      record_title(record), quote(other[i].iface));
			advice("if nothing needs the one over TCP:");
			advice_record(record, "node.startup", "manual");
		}
		return;
	}
	/* As long as there is a session, iscsiadm refuses to change this setting. */
	if (!record_value(record->text, "iface.transport_name"))
		command = format("echo 'iface.transport_name = iser' >>%s", quote(record->path));
	else if (session || session_of(record, false))
		command = format("%s %s", sed_iser, quote(record->path));
	else
		command = format("iscsiadm -m node %s -o update -n iface.transport_name -v iser",
				 record_words(record));
	if (session || !strcmp(record->iface, "iser")) {
		found(RECORD_TCP, "%s says tcp%s", record_title(record),
		      session ? format(", and session %u uses iSER", session->number) : "");
		fix("%s", command);
	} else if (record_port(record, &route)) {
		found(RECORD_TCP_ONLY, "%s says tcp, and the route goes over an RDMA device",
		      record_title(record));
		advice("if the target serves iSER there, as this says:");
		advice("iserctl doctor initiator %s", quote(record_portal(record)));
		advice("%s", command);
	}
}

static void check_binding(const struct record *record)
{
	size_t i;

	for (i = 0; over_iser(record) && i < ARRAY(bindings); i++) {
		const char *value = setting(record->text, bindings[i]);

		if (!value)
			continue;
		found(RECORD_BINDING, "%s has %s = %s", record_title(record), bindings[i],
		      quote(value));
		fix_record(record, bindings[i], "");
	}
}

static bool allows_none(const char *list)
{
	const char *word = list;

	for (; word; word = strchr(word, ',') ? strchr(word, ',') + 1 : NULL)
		if (!strncmp(word, "None", 4) && (!word[4] || word[4] == ','))
			return true;
	return false;
}

static void check_digests(const struct record *record)
{
	static const char *const keys[] = {
		"node.conn[0].iscsi.HeaderDigest",
		"node.conn[0].iscsi.DataDigest",
	};
	size_t i;

	for (i = 0; over_iser(record) && i < ARRAY(keys); i++) {
		const char *value = setting(record->text, keys[i]);

		if (!value || allows_none(value))
			continue;
		found(RECORD_DIGEST, "%s has %s = %s", record_title(record), keys[i], quote(value));
		fix_record(record, keys[i], "None");
	}
}

static const char commands[] = "node.session.cmds_max";

static long number(const struct record *record, const char *key)
{
	const char *value = record_value(record->text, key);

	return value && *value ? strtol(value, NULL, 10) : -1;
}

/* The most that a record of iSER asks for, which is then enough for all of them. */
static long largest_commands(void)
{
	const struct record *record;
	size_t i, count;
	long most = 0;

	record = records(&count);
	for (i = 0; i < count; i++) {
		long value = number(record + i, commands);

		if (over_iser(record + i) && value <= 65535 && value > most)
			most = value;
	}
	return most;
}

static void check_numbers(const struct record *record)
{
	static const char depth[] = "node.session.queue_depth";
	static bool told;
	char *limit = file_text("/sys/module/ib_iser/parameters/max_cmds");
	long most = limit ? atol(limit) : 65535, value = number(record, commands);

	if (!over_iser(record))
		return;
	if (value > 65535) {
		found(RECORD_NUMBER, "%s has cmds_max %ld, which counts as %ld",
		      record_title(record), value, value % 65536);
		fix_record(record, commands, format("%ld", most));
	} else if (value > 0 && value < 16) {
		found(RECORD_COMMANDS_FEW, "%s has cmds_max %ld", record_title(record), value);
		fix_record(record, commands, "128");
	} else if (value > most) {
		found(RECORD_COMMANDS_MANY, "%s has cmds_max %ld, the limit is %ld",
		      record_title(record), value, most);
		value = largest_commands();
		if (!told) {
			fix("echo %ld >/sys/module/ib_iser/parameters/max_cmds", value);
			advice("for each boot: options ib_iser max_cmds=%ld in "
			       "/etc/modprobe.d/iser.conf",
			       value);
		}
		told = true;
	}
	value = number(record, depth);
	if (value > 65535) {
		found(RECORD_NUMBER, "%s has queue_depth %ld, which counts as %ld",
		      record_title(record), value, value % 65536);
		fix_record(record, depth, "32");
	}
}

static void check_record_port(const struct record *record)
{
	long value = record->port && *record->port ? strtol(record->port, NULL, 10) : ISER_PORT;

	if (value > 0 && value < 65536)
		return;
	found(RECORD_PORT, "%s has the port %s", record_title(record), quote(record->port));
	advice("this forgets its settings, CHAP secrets for example:");
	advice("iscsiadm -m node %s -o delete", record_words(record));
	advice("iscsiadm -m node -o new -T %s -p %s -I iser", quote(record->target),
	       quote(format(strchr(record->address ? record->address : "", ':') ? "[%s]" : "%s",
			    record->address ? record->address : "ADDRESS")));
}

/* Only with a later record, so that the pair is named once. */
static void check_spelling(const struct record *record, const struct record *end)
{
	const struct record *other;
	struct addr one, two;

	if (!record_addr(record, &one) || one.family != AF_INET6)
		return;
	for (other = record + 1; other < end; other++) {
		if (!record->automatic || !other->automatic ||
		    strcmp(record->target, other->target) || strcmp(record->iface, other->iface) ||
		    !record_addr(other, &two) || !addr_same(&one, &two) ||
		    !strcmp(record->address, other->address) ||
		    number(record, "node.conn[0].port") != number(other, "node.conn[0].port"))
			continue;
		found(RECORD_TWICE, "%s has another one of the same address, written %s",
		      record_title(record), quote(other->address));
		advice("one of them is enough:");
		advice_record(other, "node.startup", "manual");
	}
}

/* A password is looked for and never shown. */
static void check_chap(const struct record *record)
{
	const char *method = setting(record->text, "node.session.auth.authmethod");
	const char *algorithms = setting(record->text, "node.session.auth.chap_algs");
	char *fips;

	if (!over_iser(record) || !method || strcmp(method, "CHAP"))
		return;
	if (!setting(record->text, "node.session.auth.username")) {
		found(RECORD_CHAP, "%s wants CHAP and has no user name", record_title(record));
		advice("iscsiadm -m node %s -o update -n node.session.auth.username -v USER",
		       record_words(record));
	} else if (!setting(record->text, "node.session.auth.password")) {
		found(RECORD_CHAP, "%s wants CHAP and has no password", record_title(record));
		advice("a command would show it to all users, so write it into the file:");
		advice("node.session.auth.password = PASSWORD in %s", quote(record->path));
	}
	fips = file_text("/proc/sys/crypto/fips_enabled");
	if (fips && !strcmp(fips, "1") && (!algorithms || !strcmp(algorithms, "MD5"))) {
		found(CHAP_FIPS, "%s allows CHAP with MD5 only", record_title(record));
		fix_record(record, "node.session.auth.chap_algs", "SHA3-256,SHA256");
	}
}

/* Names are not looked up here: there may be many, and a name server may not answer. */
static void check_record_route(const struct record *record)
{
	const struct rdma_port *port;
	struct route route;
	size_t count;

	rdma_ports(&count);
	if (!over_iser(record) || !count)
		return;
	port = record_port(record, &route);
	if (port || !route.netdev)
		return;
	found(RECORD_ROUTE, "%s is reached over %s, which has no RDMA device", record_title(record),
	      quote(route.netdev));
	fix_software_device(route.netdev, false);
}

void check_records(void)
{
	const struct record *record;
	size_t i, count;

	record = records(&count);
	for (i = 0; i < count; i++) {
		check_transport(record + i);
		check_binding(record + i);
		check_digests(record + i);
		check_numbers(record + i);
		check_record_port(record + i);
		check_spelling(record + i, record + count);
		check_chap(record + i);
		check_record_route(record + i);
	}
}

/* ---- the other files ---- */

/* With nodes that may not be read, there may be some. */
bool initiator_used(void)
{
	static int used = -1;
	size_t i, count;

	if (used >= 0)
		return used;
	sessions(&count);
	used = count != 0;
	for (i = 0; i < ARRAY(node_folders) && !used; i++) {
		used = !!*names_in(node_folders[i]);
		if (!used && exists(node_folders[i]))
			used = !exists(format("%s/.", node_folders[i]));
	}
	return used;
}

static void fix_package(const char *debian, const char *others)
{
	if (exists("/etc/debian_version"))
		fix("apt-get install %s", debian);
	else
		advice("install the package %s or %s", debian, others);
}

void check_initiator_name(void)
{
	static const char path[] = "/etc/iscsi/initiatorname.iscsi";
	char *text, *name, *generate;

	if (!exists("/usr/sbin/iscsid") && !exists("/sbin/iscsid")) {
		found(OPEN_ISCSI_MISSING, "there is no iscsid");
		fix_package("open-iscsi", "iscsi-initiator-utils");
		return;
	}
	text = file_text(path);
	if (!text && errno != ENOENT)
		return;
	name = text ? record_value(text, "InitiatorName") : NULL;
	generate = text ? record_value(text, "GenerateName") : NULL;
	/* The first start of iscsid makes a name then. */
	if (!name && generate && !strcmp(generate, "yes"))
		return;
	if (!name || !*name) {
		found(INITIATOR_NAME_MISSING, text ? "%s has no InitiatorName" : "%s is missing",
		      path);
		/* It may be pasted when there is a name again. */
		fix("grep -qs '^InitiatorName *= *[^ ]' %s || "
		    "{ name=$(iscsi-iname) && echo \"InitiatorName=$name\" >%s; }", path, path);
	} else if (strncmp(name, "iqn.", 4) && strncmp(name, "eui.", 4) &&
		   strncmp(name, "naa.", 4)) {
		found(INITIATOR_NAME_FORM, "the name is %s", quote(name));
	}
}

void check_iscsid(void)
{
	char *sockets = file_text("/proc/net/unix");

	if (!sockets || strstr(sockets, "@ISCSIADM_ABSTRACT_NAMESPACE"))
		return;
	found(ISCSID_NOT_RUNNING, "nothing listens for iscsiadm");
	if (exists("/run/systemd/system"))
		fix("systemctl start iscsid.socket || systemctl start iscsid");
	else
		fix("iscsid");
}

static void check_iface(const char *path, const char *name)
{
	const char *text = file_text(path), *transport;
	bool bound = false;
	size_t i;

	transport = text ? setting(text, "iface.transport_name") : NULL;
	if (!transport)
		return;
	if (!known_transport(transport)) {
		found(IFACE_TRANSPORT, "iface %s has the transport %s", quote(name),
		      quote(transport));
		advice("if iser is meant:");
		advice("%s %s", sed_iser, quote(path));
		return;
	}
	for (i = 0; !strcmp(transport, "iser") && i < ARRAY(bindings); i++) {
		const char *value = setting(text, bindings[i]);

		if (!value)
			continue;
		found(IFACE_BINDING, "iface %s has %s = %s", quote(name), bindings[i],
		      quote(value));
		bound = true;
	}
	if (bound)
		fix("sed -Ei '/^iface\\.(hwaddress|net_ifacename|ipaddress) *=/d' %s", quote(path));
}

void check_ifaces(void)
{
	char **name;
	size_t i;

	for (i = 0; i < ARRAY(iface_folders); i++)
		for (name = names_in(iface_folders[i]); *name; name++)
			check_iface(format("%s/%s", iface_folders[i], *name), *name);
}

/* ---- sessions ---- */

static const char *session_title(const struct session *session)
{
	return format("session %u to %s at %s", session->number, quote(session->target),
		      quote(session->address ? session->address : "no address"));
}

static void check_state(const struct session *session)
{
	if (!session->state || !strcmp(session->state, "LOGGED_IN"))
		return;
	found(SESSION_FAILED, "%s is %s", session_title(session), quote(session->state));
	if (session->address)
		fix("iserctl doctor initiator %s",
		    quote(format(strchr(session->address, ':') ? "[%s]:%s" : "%s:%s",
				 session->address, session->port ? session->port : "3260")));
	fix("dmesg | grep -E 'iser|iscsi' | tail");
}

static void check_limit(const struct session *session)
{
	char *most = file_text("/sys/module/ib_iser/parameters/max_sectors"), *limit;
	char **disk = session->disks;

	if (!most || !*disk)
		return;
	limit = file_text(format("/sys/class/block/%s/queue/max_hw_sectors_kb", *disk));
	if (limit && atol(limit) * 2 < atol(most))
		found(DEVICE_LIMIT, "%s: %s takes %ld sectors, max_sectors is %ld",
		      session_title(session), quote(*disk), atol(limit) * 2, atol(most));
}

static void check_tcp_session(const struct session *session)
{
	const struct record *record;
	size_t i, count;
	bool iser = false;

	record = records(&count);
	for (i = 0; i < count; i++) {
		/* Most are of another target, and this is asked for each pair. */
		if (strcmp(record[i].target, session->target))
			continue;
		if (session_of(record + i, false) != session)
			continue;
		if (!over_iser(record + i))
			return;
		iser = true;
	}
	if (!iser)
		return;
	found(SESSION_TCP, "%s uses TCP", session_title(session));
	advice("when nothing uses its disks any longer (this ends it):");
	advice("iscsiadm -m session -r %u -u, then log in again", session->number);
}

void check_sessions(void)
{
	const struct session *session;
	size_t i, count;

	session = sessions(&count);
	for (i = 0; i < count; i++) {
		if (session[i].iser) {
			check_state(session + i);
			check_limit(session + i);
		} else {
			check_tcp_session(session + i);
		}
	}
}
