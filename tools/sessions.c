// SPDX-License-Identifier: GPL-2.0-only
/* Sessions of the initiator and portals of the target, as the kernel shows them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "iserctl.h"

#define HOSTS "/sys/class/iscsi_host"
#define NAME_MOST 223 /* of an iSCSI name, RFC 7143 */
#define VALUE_MOST 4096 /* of an attribute, one page */
#define LIO "/sys/kernel/config/target/iscsi"

static char **disks_of(const char *folder)
{
	char **disks = take(sizeof(*disks)), **target, **unit, **disk;
	size_t count = 0;

	for (target = names_in(folder); *target; target++) {
		if (strncmp(*target, "target", 6))
			continue;
		for (unit = names_in(format("%s/%s", folder, *target)); *unit; unit++) {
			disk = names_in(format("%s/%s/%s/block", folder, *target, *unit));
			for (; *disk; disk++) {
				char **more = take((count + 2) * sizeof(*more));

				memcpy(more, disks, count * sizeof(*more));
				free(disks);
				disks = more;
				disks[count++] = *disk;
			}
		}
	}
	return disks;
}

/* An attribute that has a value; the kernel writes NULL pointers as words. */
static const char *value(const char *folder, const char *name)
{
	const char *text = attribute(folder, name);

	return text && strcmp(text, "(null)") && strcmp(text, "<NULL>") ? text : NULL;
}

/*
 * The peer of a connection.  While a session reconnects, over iSER or TCP, the kernel answers
 * ENOTCONN, and there is none to be seen.
 */
static const char *peer_value(const char *folder, const char *name)
{
	char *text = file_read(format("%s/%s", folder, name), VALUE_MOST, NULL);

	if (!text && errno == ENOTCONN)
		return NULL;
	free(text);
	return value(folder, name);
}

static void session_read(struct session *session, const char *host, const char *folder,
			 const char *name)
{
	char **entry;

	session->number = strtoul(name + strlen("session"), NULL, 10);
	session->host = host;
	session->folder = format("%s/iscsi_session/%s", folder, name);
	session->target = value(session->folder, "targetname");
	session->state = value(session->folder, "state");
	session->tpgt = value(session->folder, "tpgt");
	session->iface = value(session->folder, "ifacename");
	session->initiator = value(session->folder, "initiatorname");
	session->disks = disks_of(folder);
	for (entry = names_in(folder); *entry; entry++) {
		if (strncmp(*entry, "connection", 10))
			continue;
		session->connection = format("%s/%s/iscsi_connection/%s", folder, *entry, *entry);
		session->address = value(session->connection, "persistent_address");
		session->port = value(session->connection, "persistent_port");
		/* Where a redirection of the target has led. */
		session->peer_address = peer_value(session->connection, "address");
		session->peer_port = peer_value(session->connection, "port");
		break;
	}
}

const struct session *sessions(size_t *count)
{
	static struct session *found;
	static size_t found_count;
	static bool asked;
	char **host, **entry;

	for (host = asked ? NULL : names_in(HOSTS); host && *host; host++) {
		char *kind = file_text(format("/sys/class/scsi_host/%s/proc_name", *host));
		char *folder = format(HOSTS "/%s/device", *host);

		for (entry = names_in(folder); *entry; entry++) {
			struct session *session;

			if (strncmp(*entry, "session", 7))
				continue;
			found = room(found, found_count, sizeof(*found));
			session = found + found_count;
			session->iser = kind && !strcmp(kind, "iscsi_iser");
			session_read(session, *host, format("%s/%s", folder, *entry), *entry);
			/* One that has gone meanwhile has no name, and leaves nothing behind. */
			if (session->target)
				found_count++;
			else
				memset(session, 0, sizeof(*session));
		}
	}
	asked = true;
	*count = found_count;
	return found;
}

const struct portal *portals(size_t *count)
{
	static struct portal *found;
	static size_t found_count;
	static bool asked;
	char **target, **group, **name;

	for (target = asked ? NULL : names_in(LIO); target && *target; target++) {
		for (group = names_in(format(LIO "/%s", *target)); *group; group++) {
			char *tpg = format(LIO "/%s/%s", *target, *group);

			if (strncmp(*group, "tpgt_", 5))
				continue;
			for (name = names_in(format("%s/np", tpg)); *name; name++) {
				struct portal *portal;

				found = room(found, found_count, sizeof(*found));
				portal = found + found_count++;
				portal->target = *target;
				portal->group = *group + 5;
				portal->tpg = tpg;
				portal->folder = format("%s/np/%s", tpg, *name);
				portal->name = *name;
				portal->parsed = addr_parse(*name, &portal->addr);
				portal->iser = attribute_is(portal->folder, "iser", "1");
			}
		}
	}
	asked = true;
	*count = found_count;
	return found;
}

/* The RDMA device of the connection to this portal, or NULL. */
static const char *device_to(const struct addr *addr)
{
	const struct rdma_id *id;
	size_t i, count;

	id = rdma_ids(&count);
	for (i = 0; i < count; i++)
		if (id[i].to.port == addr->port && addr_same(&id[i].to, addr))
			return id[i].device;
	return NULL;
}

const char *session_device(const struct session *session)
{
	const char *address = session->peer_address ? session->peer_address : session->address;
	const char *port = session->peer_port ? session->peer_port : session->port;
	struct addr addr;

	if (!address || !addr_parse(address, &addr))
		return NULL;
	addr.port = port ? atoi(port) : ISER_PORT;
	return device_to(&addr);
}

/* ---- sessions of the target ---- */

static struct target_session *target_found;
static size_t target_count;

static void target_session_add(const struct portal *group, const char *initiator)
{
	struct target_session *session;

	target_found = room(target_found, target_count, sizeof(*target_found));
	session = target_found + target_count++;
	memset(session, 0, sizeof(*session));
	session->group = group;
	session->initiator = initiator;
}

/*
 * Those without an ACL are a list of names that each end by a line or by a NUL. It is one page
 * at most, and ends before the first name that would not fit.
 */
static void dynamic_sessions(const struct portal *group)
{
	const char *path = format("%s/dynamic_sessions", group->tpg);
	size_t length = 0, i;
	char *names = file_read(path, 1 << 20, &length);
	char *name, *left;

	if (!names && errno != ENOENT)
		unseen(path, strerror(errno));
	if (length + NAME_MOST + 1 > (size_t)sysconf(_SC_PAGESIZE))
		unseen(path, "there may be more than the kernel shows in one page");
	for (i = 0; names && i < length; i++)
		if (!names[i])
			names[i] = '\n';
	for (name = names ? strtok_r(names, "\n", &left) : NULL; name;
	     name = strtok_r(NULL, "\n", &left))
		target_session_add(group, name);
}

/*
 * An initiator chooses its name and its alias, which come before what LIO itself says, and
 * may have any words and lines in them.
 */
const char *info_line(const char *info, const char *words)
{
	const char *line = info, *last = NULL;

	for (; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		const char *at = line + strspn(line, " \t");

		if (!strncmp(at, words, strlen(words)))
			last = at + strlen(words);
	}
	return last;
}

static void acl_session(const struct portal *group, const char *acl)
{
	const char *folder = format("%s/acls/%s", group->tpg, acl);
	const char *info = attribute(folder, "info");
	const char *state = info ? info_line(info, "Session State: TARG_SESS_") : NULL;

	if (!state)
		return;
	/* Some states have this in their names, and some not. */
	if (!strncmp(state, "STATE_", 6))
		state += 6;
	state = trim(format("%.*s", (int)strcspn(state, "\n"), state));
	if (!*state)
		return;
	target_session_add(group, acl);
	target_found[target_count - 1].state = state;
	target_found[target_count - 1].acl = folder;
	target_found[target_count - 1].info = info;
}

const struct target_session *target_sessions(size_t *count)
{
	const struct portal *portal;
	static bool asked;
	size_t i, portal_count;
	char **acl;

	portal = portals(&portal_count);
	for (i = 0; !asked && i < portal_count; i++) {
		/* The portals of a group follow each other. */
		if (i && !strcmp(portal[i].tpg, portal[i - 1].tpg))
			continue;
		dynamic_sessions(&portal[i]);
		for (acl = names_in(format("%s/acls", portal[i].tpg)); *acl; acl++)
			acl_session(&portal[i], *acl);
	}
	asked = true;
	*count = target_count;
	return target_found;
}

/* ---- connections ---- */

bool portal_has(const struct portal *portal, const struct rdma_id *id, bool peer)
{
	return portal->iser && portal->parsed && (id->to.family != 0) == peer &&
	       id->from.port == portal->addr.port && (!peer || id->owner) &&
	       addr_serves(peer ? &portal->addr : &id->from, peer ? &id->from : &portal->addr);
}

unsigned int portal_ids(const struct portal *portal, bool peer)
{
	const struct rdma_id *id;
	unsigned int found = 0;
	size_t i, count;

	id = rdma_ids(&count);
	for (i = 0; i < count; i++)
		found += portal_has(portal, &id[i], peer);
	return found;
}
