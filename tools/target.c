// SPDX-License-Identifier: GPL-2.0-only
/* Checks of a target: LIO's configfs, its saved configuration, and a cluster's. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "doctor.h"

#define LIO "/sys/kernel/config/target/iscsi"

/* Debian has the first. */
static const char *const saved_files[] = {
	"/etc/rtslib-fb-target/saveconfig.json",
	"/etc/target/saveconfig.json",
};

/* The names of targets; other entries of the folder belong to LIO. */
static char **targets(void)
{
	char **names = names_in(LIO), **from, **to;

	for (from = to = names; *from; from++)
		if (exists(format(LIO "/%s/fabric_statistics", *from)) ||
		    !strncmp(*from, "iqn.", 4) || !strncmp(*from, "naa.", 4) ||
		    !strncmp(*from, "eui.", 4))
			*to++ = *from;
	*to = NULL;
	return names;
}

static const char *saved(const char **path)
{
	size_t i;

	for (i = 0; i < sizeof(saved_files) / sizeof(*saved_files); i++) {
		const char *text = file_text(saved_files[i]);

		if (text) {
			*path = saved_files[i];
			return text;
		}
		if (errno != ENOENT)
			return NULL;
	}
	*path = NULL;
	return NULL;
}

bool target_used(void)
{
	static int used = -1;
	const char *path, *text;

	if (used >= 0)
		return used;
	used = !!*targets();
	if (!used) {
		text = saved(&path);
		used = text && strstr(text, "\"fabric\": \"iscsi\"");
	}
	return used;
}

/* What has not been restored would be lost. */
static void save_later(void)
{
	advice("if all targets are set up: targetcli saveconfig");
}

void check_targets(void)
{
	const char *path, *text = saved(&path);
	char **target = targets();

	if (!*target && text && strstr(text, "\"fabric\": \"iscsi\"")) {
		found(TARGET_NOT_RESTORED, "%s has targets, and none is set up", path);
		advice("unless a cluster sets them up, or they were taken down on purpose:");
		if (exists("/run/systemd/system")) {
			advice("systemctl start rtslib-fb-targetctl");
			advice("with another name of the service: systemctl start target");
		} else {
			advice("targetctl restore");
		}
	}
	for (; *target; target++) {
		/* The JSON of rtslib escapes nothing that a name may have. */
		if (!text || strstr(text, format("\"%s\"", *target)))
			continue;
		found(TARGET_NOT_SAVED, "%s is not in %s", quote(*target), path);
		save_later();
		return;
	}
}

/* ---- portal groups ---- */

static const char *group_title(const char *target, const char *group)
{
	return format("%s, portal group %s", quote(target), quote(group + 5));
}

/* A path in the tree of targetcli, below that of a portal group. */
static const char *targetcli(const char *target, const char *group, const char *below)
{
	return format("targetcli %s", quote(format("/iscsi/%s/tpg%s%s", target, group + 5, below)));
}

static void check_acl(const char *tpg, const char *acl, const char *title, const char *cli,
		      bool chap)
{
	const char *folder = format("%s/acls/%s", tpg, acl);
	char **name, *user;
	bool lun = false;

	for (name = names_in(folder); *name; name++)
		lun |= !strncmp(*name, "lun_", 4);
	name = names_in(format("%s/lun", tpg));
	if (!lun && *name) {
		found(ACL_NO_LUN, "%s: the ACL of %s has no LUN", title, quote(acl));
		advice("if the initiator shall have it:");
		advice("mkdir %s && ln -s %s %s", quote(format("%s/lun_0", folder)),
		       quote(format("%s/lun/%s", tpg, *name)),
		       quote(format("%s/lun_0/%s", folder, *name)));
		save_later();
	}
	user = chap ? attribute(folder, "auth/userid") : NULL;
	if (user && (!*user || !strcmp(user, "NULL"))) {
		found(CHAP_NO_SECRET, "%s: CHAP is on, and the ACL of %s has no user name", title,
		      quote(acl));
		advice("%s set auth userid=USER password=SECRET", cli);
	}
}

/* Whether initiators are expected here. */
static bool serves_iser(const char *tpg)
{
	const struct portal *portal;
	size_t i, count;

	portal = portals(&count);
	for (i = 0; i < count; i++)
		if (portal[i].iser && !strcmp(portal[i].tpg, tpg))
			return attribute_is(tpg, "enable", "1");
	return false;
}

static void check_group(const char *target, const char *group)
{
	const char *tpg = format(LIO "/%s/%s", target, group), *title = group_title(target, group);
	bool generate = attribute_is(tpg, "attrib/generate_node_acls", "1");
	bool chap = attribute_is(tpg, "attrib/authentication", "1");
	char **acl = names_in(format("%s/acls", tpg));
	char *flag, *user;

	if (attribute_is(tpg, "enable", "0")) {
		found(GROUP_DISABLED, "%s is disabled", title);
		advice("unless that is on purpose:");
		advice("echo 1 >%s", quote(format("%s/enable", tpg)));
		save_later();
	}
	if (!*names_in(format("%s/lun", tpg))) {
		found(GROUP_NO_LUN, "%s has no LUN", title);
		advice("%s create /backstores/KIND/NAME", targetcli(target, group, "/luns"));
	}
	flag = attribute(tpg, "attrib/generate_node_acls");
	if (!*acl && flag && !generate && serves_iser(tpg)) {
		found(GROUP_NO_ACL, "%s has no ACL", title);
		advice("with the name in /etc/iscsi/initiatorname.iscsi of the initiator:");
		advice("%s create INITIATOR", targetcli(target, group, "/acls"));
	}
	if (generate && attribute_is(tpg, "attrib/demo_mode_write_protect", "1")) {
		found(GROUP_READ_ONLY, "%s: initiators without an ACL may only read", title);
		advice("if all of them shall write:");
		advice("echo 0 >%s", quote(format("%s/attrib/demo_mode_write_protect", tpg)));
		save_later();
	}
	if (attribute_is(tpg, "attrib/t10_pi", "1") &&
	    attribute_is("/sys/module/ib_isert/parameters", "pi_enable", "N")) {
		found(GROUP_T10_PI, "%s has t10_pi=1", title);
		fix("echo 0 >%s", quote(format("%s/attrib/t10_pi", tpg)));
	}
	user = chap && generate ? attribute(tpg, "auth/userid") : NULL;
	if (user && (!*user || !strcmp(user, "NULL"))) {
		found(CHAP_NO_SECRET,
		      "%s: CHAP is on, and there is no user name for initiators without an ACL",
		      title);
		advice("%s set auth userid=USER password=SECRET", targetcli(target, group, ""));
	}
	for (; *acl; acl++)
		check_acl(tpg, *acl, title, targetcli(target, group, format("/acls/%s", *acl)),
			  chap);
}

void check_groups(void)
{
	char **target, **group;

	for (target = targets(); *target; target++)
		for (group = names_in(format(LIO "/%s", *target)); *group; group++)
			if (!strncmp(*group, "tpgt_", 5))
				check_group(*target, *group);
}

/* ---- portals ---- */

static const char *portal_title(const struct portal *portal)
{
	return format("portal %s of %s", quote(portal->name), quote(portal->target));
}

/* One of iWARP if there is one, because it may share ports with TCP. */
static const struct rdma_port *any_active(void)
{
	const struct rdma_port *port, *found = NULL;
	size_t i, count;

	port = rdma_ports(&count);
	for (i = 0; i < count; i++)
		if (port[i].active && (!found || (port[i].iwarp && !found->iwarp)))
			found = &port[i];
	return found;
}

/* It opens a portal, so it has to be certain which network that serves, and that it is meant. */
static void fix_iser(const struct portal *portal, enum finding finding)
{
	bool any = !portal->parsed || addr_any(&portal->addr);
	const char *netdev = any ? NULL : netdev_of(&portal->addr);
	const struct rdma_port *port = netdev ? port_of_netdev(netdev) : any ? any_active() : NULL;

	if (port && !port->iwarp && !any && finding == TARGET_NO_ISER) {
		fix("echo 1 >%s", quote(format("%s/iser", portal->folder)));
		save_later();
		return;
	}
	advice("if initiators shall reach it over RDMA:");
	if (port && port->iwarp)
		advice("on iWARP this may end TCP at the portal, see install.md");
	advice("echo 1 >%s", quote(format("%s/iser", portal->folder)));
	save_later();
}

static void check_enabled(const struct portal *portal, size_t count)
{
	bool any = false;
	size_t i, j;

	for (i = 0; i < count; i++)
		any |= portal[i].iser;
	for (i = 0; i < count; i++) {
		enum finding finding = any ? PORTAL_TCP : TARGET_NO_ISER;
		bool own = false;

		for (j = 0; j < count; j++)
			own |= portal[j].iser && !strcmp(portal[j].target, portal[i].target);
		if (own)
			continue;
		found(finding, "%s has no iSER", portal_title(&portal[i]));
		fix_iser(&portal[i], finding);
	}
}

static bool rdma_listens(const struct portal *portal)
{
	const struct rdma_id *id;
	size_t i, count;

	id = rdma_ids(&count);
	for (i = 0; i < count; i++) {
		if (id[i].to.family || id[i].from.port != portal->addr.port)
			continue;
		if (addr_serves(&id[i].from, &portal->addr))
			return true;
	}
	return !rdma_ids_known();
}

/* Closes only the listener, which is what the words "state listening" say. */
static void port_taken(const struct portal *portal)
{
	const char *address = addr_text(&portal->addr);

	found(PORTAL_PORT_TAKEN, "%s: the TCP listener of LIO has the port", portal_title(portal));
	advice("the portal then no longer serves TCP; repeat it after each restore:");
	advice("ss -K state listening src %s sport = :%u",
	       quote(format(portal->addr.family == AF_INET6 ? "[%s]" : "%s", address)),
	       portal->addr.port);
}

static void check_portal(const struct portal *portal)
{
	bool any = portal->parsed && addr_any(&portal->addr);
	const struct rdma_port *port;
	const char *netdev, *description;

	if (!portal->parsed) {
		unseen(portal->folder, "the name is no address and port");
		return;
	}
	netdev = any ? NULL : netdev_of(&portal->addr);
	if (!any && !netdev) {
		found(PORTAL_NO_ADDRESS, "%s: no network device has this address",
		      portal_title(portal));
		advice("ip address add %s/PREFIX dev NETDEV", quote(addr_text(&portal->addr)));
		return;
	}
	port = any ? any_active() : port_of_netdev(netdev);
	if (!port) {
		found(PORTAL_NO_DEVICE, "%s: %s has no RDMA device", portal_title(portal),
		      any ? "this host" : quote(netdev));
		/* The address says which network is meant, all addresses do not. */
		fix_software_device(netdev, !any);
		return;
	}
	if (!port->active || rdma_listens(portal))
		return;
	/* An adapter has ports of its own; siw takes those of TCP. */
	description = attribute(format("/sys/class/infiniband/%s", port->device), "node_desc");
	if (description && strstr(description, "Software iWARP") && tcp_listens(&portal->addr)) {
		port_taken(portal);
		return;
	}
	found(PORTAL_NOT_LISTENING, "%s does not listen on %s", portal_title(portal),
	      quote(port->device));
	fix("dmesg | grep -E 'iser_core|isert' | tail");
}

static void check_ipv6_only(const struct portal *portal, size_t count)
{
	size_t i, j;

	for (i = 0; i < count; i++) {
		bool four = false;

		if (!portal[i].iser || portal[i].addr.family != AF_INET6 ||
		    !addr_any(&portal[i].addr))
			continue;
		for (j = 0; j < count; j++)
			four |= portal[j].iser && portal[j].addr.family == AF_INET &&
				portal[j].addr.port == portal[i].addr.port;
		if (!four)
			found(PORTAL_IPV6_ONLY, "%s serves IPv6 only over iSER",
			      portal_title(&portal[i]));
	}
}

void check_portals(void)
{
	const struct portal *portal;
	size_t i, count;

	portal = portals(&count);
	check_enabled(portal, count);
	for (i = 0; i < count; i++)
		if (portal[i].iser)
			check_portal(&portal[i]);
	check_ipv6_only(portal, count);
}

/* ---- the cluster ---- */

/* The value of an attribute of XML in the element that begins here, or NULL. */
static const char *xml_value(const char *element, const char *name)
{
	size_t length = strcspn(element, ">");
	const char *key = format(" %s=\"", name), *at = memmem(element, length, key, strlen(key));

	if (!at)
		return NULL;
	at += strlen(key);
	return format("%.*s", (int)strcspn(at, "\""), at);
}

static bool has_port(const char *value)
{
	char *word, *left;

	for (word = strtok_r(format("%s", value), " ", &left); word;
	     word = strtok_r(NULL, " ", &left)) {
		const char *first = strchr(word, ':');

		/* 192.0.2.1:3260, or [fd00::1]:3260, whose brackets may have backslashes. */
		if (first && (first == strrchr(word, ':') || strstr(word, "]:")))
			return true;
	}
	return false;
}

void check_cluster(void)
{
	static const char path[] = "/var/lib/pacemaker/cib/cib.xml";
	const char *text = file_text(path), *at, *resource = NULL;

	for (at = text ? strchr(text, '<') : NULL; at; at = strchr(at + 1, '<')) {
		const char *name, *value;

		if (!strncmp(at, "<primitive ", 11))
			resource = xml_value(at, "id");
		name = strncmp(at, "<nvpair ", 8) ? NULL : xml_value(at, "name");
		value = name && !strcmp(name, "iser_portals") ? xml_value(at, "value") : NULL;
		if (!value || !has_port(value) || !resource)
			continue;
		found(CLUSTER_PORTAL, "resource %s has iser_portals %s", quote(resource),
		      quote(value));
		advice("this restarts the resource, which interrupts its sessions:");
		advice("crm_resource -r %s -p iser_portals -v ADDRESS", quote(resource));
	}
}
