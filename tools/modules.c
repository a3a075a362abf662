// SPDX-License-Identifier: GPL-2.0-only
/* Checks of the kernel and of its modules: which are there, and which are loaded. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"

/* Modules with debug information are large. */
#define MODULE_MOST (256 << 20)
#define INDEX_MOST (16 << 20)

static const char *const ours[] = { "ib_iser", "ib_isert", "iser_core" };

#define OURS (sizeof(ours) / sizeof(*ours))

const char *kernel_release(void)
{
	static char *release;

	if (!release)
		release = file_text("/proc/sys/kernel/osrelease");
	return release ? release : "unknown";
}

static const char *modules_folder(void)
{
	return format("/lib/modules/%s", kernel_release());
}

/* File names may have a dash where the names of modules have an underscore. */
static bool named(const char *file, size_t length, const char *name)
{
	size_t i;

	for (i = 0; i < length && name[i] && file[i] != '.'; i++)
		if (file[i] != name[i] && !(file[i] == '-' && name[i] == '_'))
			return false;
	return !name[i] && length - i >= 3 && !strncmp(file + i, ".ko", 3);
}

/* The path in a line of modules.dep or modules.builtin whose module has this name. */
static const char *listed(const char *list, const char *name)
{
	const char *line = list;

	for (; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		size_t length = strcspn(line, ":\n"), file = length;

		while (file && line[file - 1] != '/')
			file--;
		if (length && named(line + file, length - file, name))
			return format("%.*s", (int)length, line);
	}
	return NULL;
}

/* One of the lists of modules, "" if there is none. It is read once. */
static const char *module_list(const char *name, bool *unreadable)
{
	static struct {
		const char *name, *text;
		int error;
	} known[4];
	size_t i;

	for (i = 0; known[i].name && strcmp(known[i].name, name); i++)
		;
	if (!known[i].name) {
		const char *path = format("%s/%s", modules_folder(), name);

		known[i].text = file_read(path, INDEX_MOST, NULL);
		known[i].error = errno;
		known[i].name = name;
	}
	*unreadable = !known[i].text;
	return known[i].text ? known[i].text : "";
}

const char *module_file(const char *name)
{
	bool unreadable;
	const char *path = listed(module_list("modules.dep", &unreadable), name);

	if (!path)
		return NULL;
	return *path == '/' ? path : format("%s/%s", modules_folder(), path);
}

bool module_loaded(const char *name)
{
	return exists(format("/sys/module/%s", name));
}

static bool built_in(const char *name)
{
	bool unreadable;

	return listed(module_list("modules.builtin", &unreadable), name);
}

bool module_there(const char *name)
{
	return module_loaded(name) || module_file(name) || built_in(name);
}

bool modules_known(void)
{
	bool unreadable;

	module_list("modules.dep", &unreadable);
	return !unreadable;
}

/* Without its index nothing can be said about what modprobe would find. */
static bool index_readable(void)
{
	if (modules_known())
		return true;
	unseen(format("%s/modules.dep", modules_folder()), "no index of modules");
	return false;
}

/* ---- the kernel ---- */

static void fix_kernel(void)
{
	char *os = file_text("/etc/os-release"), *id = os ? record_value(os, "ID") : NULL;

	if (id && !strcmp(id, "debian"))
		fix("apt-get install linux-image-$(dpkg --print-architecture)    # then reboot");
	else if (id && !strcmp(id, "ubuntu"))
		fix("apt-get install linux-modules-extra-$(uname -r)");
	else
		advice("install a kernel that has InfiniBand, iSCSI and LIO as modules");
}

static void kernel_lacks(enum finding finding, const char *const *names)
{
	const char *missing = "";

	for (; *names; names++)
		if (!module_there(*names))
			missing = format("%s %s", missing, *names);
	if (!*missing)
		return;
	found(finding, "the kernel %s has no%s", quote(kernel_release()), missing);
	fix_kernel();
}

void check_kernel(void)
{
	static const char *const rdma[] = { "ib_core", "rdma_cm", NULL };
	static const char *const initiator[] = { "libiscsi", "scsi_transport_iscsi", NULL };
	static const char *const target[] = { "target_core_mod", "iscsi_target_mod", NULL };

	if (!index_readable())
		return;
	kernel_lacks(KERNEL_NO_RDMA, rdma);
	if (asked_initiator || (!asked_target && initiator_used()))
		kernel_lacks(KERNEL_NO_ISCSI, initiator);
	if (asked_target || (!asked_initiator && target_used()))
		kernel_lacks(KERNEL_NO_ISCSI, target);
}

/* ---- what a module file says of itself ---- */

struct module {
	bool readable, in_tree, is_signed;
	const char *version; /* srcversion, or NULL */
};

static const char *find_text(const char *data, size_t length, const char *text)
{
	return memmem(data, length, text, strlen(text));
}

static bool compressed(const char *path)
{
	size_t length = strlen(path);

	return length < 3 || strcmp(path + length - 3, ".ko");
}

static const char *modinfo(const char *path, const char *field)
{
	char *const argv[] = { "modinfo", "-F", (char *)field, (char *)path, NULL };

	return output_of(argv);
}

static struct module module_read(const char *path)
{
	static const char signature[] = "~Module signature appended~\n";
	struct module module = { 0 };
	size_t length = 0, end = strlen(signature);
	char *data;

	if (compressed(path)) {
		const char *in_tree = modinfo(path, "intree"), *signer = modinfo(path, "signer");

		module.version = modinfo(path, "srcversion");
		module.readable = module.version;
		module.in_tree = in_tree && *in_tree;
		module.is_signed = signer && *signer;
		return module;
	}
	data = file_read(path, MODULE_MOST, &length);
	if (!data) {
		unseen(path, strerror(errno));
		return module;
	}
	module.readable = true;
	module.in_tree = find_text(data, length, "intree=Y");
	module.is_signed = length > end && !memcmp(data + length - end, signature, end);
	if (find_text(data, length, "srcversion=")) {
		const char *version =
			find_text(data, length, "srcversion=") + strlen("srcversion=");

		module.version = format("%.*s", (int)strspn(version, "0123456789ABCDEF"), version);
	}
	free(data);
	return module;
}

/* ---- modules ---- */

static void module_missing(const char *name)
{
	found(MODULE_MISSING, "no %s is installed for the kernel %s", name,
	      quote(kernel_release()));
	if (!exists(format("%s/build", modules_folder())))
		fix("apt-get install linux-headers-$(uname -r) make gcc xz-utils");
	advice("then install the package iser-dkms, or in the sources: make && make install");
}

/* What keeps the loaded modules in use, or NULL. */
static const char *modules_user(void)
{
	const struct session *session;
	const struct portal *portal;
	size_t i, count;

	session = sessions(&count);
	for (i = 0; i < count; i++)
		if (session[i].iser)
			return format("session %u to %s", session[i].number,
				      quote(session[i].target));
	portal = portals(&count);
	for (i = 0; i < count; i++)
		if (portal[i].iser)
			return format("portal %s of %s", quote(portal[i].name),
				      quote(portal[i].target));
	for (i = 0; i < 2; i++) {
		char *users = attribute(format("/sys/module/%s", ours[i]), "refcnt");

		if (users && atoi(users) > 0)
			return format("a user of %s", ours[i]);
	}
	return NULL;
}

/*
 * Both halves have to be unloaded before the core. Each of them refuses if it is in use; what
 * was unloaded before it has to come back nevertheless.
 */
static void fix_loaded(void)
{
	const char *user = modules_user(), *words = "rmmod";
	size_t i;

	for (i = 0; i < OURS; i++) {
		if (!module_loaded(ours[i]) || module_file(ours[i]))
			continue;
		advice("install the modules before you unload %s", ours[i]);
		return;
	}
	if (user) {
		advice("in use by %s: the next reboot loads the installed modules", user);
		advice("without one, when nothing uses them any longer: scripts/loaded.sh,");
		advice("which the package iser-dkms has as /usr/src/iser-*/scripts/loaded.sh");
		return;
	}
	for (i = 0; i < OURS; i++)
		if (module_loaded(ours[i]))
			words = format("%s %s", words, ours[i]);
	for (i = 0; i < 2; i++)
		if (module_loaded(ours[i]))
			words = format("%s; modprobe %s", words, ours[i]);
	fix("%s", words);
}

/* Whether another module than its file is loaded. */
static bool other_loaded(const char *name)
{
	const char *file = module_file(name), *folder = format("/sys/module/%s", name);
	const char *loaded = attribute(folder, "srcversion"), *taint = attribute(folder, "taint");
	bool in_tree = !taint || !strchr(taint, 'O');
	struct module module;

	if (built_in(name))
		return false;
	if (!file) {
		found(MODULE_OTHER_LOADED, "%s is loaded, but no file of it is installed", name);
		return true;
	}
	module = module_read(file);
	if (!module.readable) {
		if (compressed(file))
			unseen(file, "modinfo does not say what it is");
		return false;
	}
	if (module.in_tree == in_tree &&
	    (!module.version || !loaded || !strcmp(module.version, loaded)))
		return false;
	found(MODULE_OTHER_LOADED, "the loaded %s (%s%s) is not %s (%s%s)", name,
	      loaded ? quote(loaded) : "no srcversion", in_tree ? ", of the kernel" : "",
	      quote(file), module.version ? quote(module.version) : "no srcversion",
	      module.in_tree ? ", of the kernel" : "");
	return true;
}

/* The file of this name in a folder, compressed or not, or NULL. */
static const char *module_in(const char *folder, const char *name)
{
	char **entry = names_in(folder);

	for (; *entry; entry++)
		if (named(*entry, strlen(*entry), name))
			return format("%s/%s", folder, *entry);
	return NULL;
}

static void check_places(const char *name)
{
	const char *updates = module_in(format("%s/updates", modules_folder()), name);
	const char *dkms = module_in(format("%s/updates/dkms", modules_folder()), name);
	const char *taken = module_file(name);
	struct module one, other;
	const char *words = "";
	size_t i;

	if ((updates || dkms) && (!taken || !strstr(taken, "/updates/"))) {
		found(MODULE_INDEX, "%s is not in the index of modules",
		      quote(updates ? updates : dkms));
		fix("depmod -a %s", quote(kernel_release()));
		return;
	}
	if (!updates || !dkms)
		return;
	one = module_read(updates);
	other = module_read(dkms);
	if (!one.version || !other.version) {
		unseen(one.version ? dkms : updates, "its srcversion cannot be compared");
		return;
	}
	if (!strcmp(one.version, other.version))
		return;
	found(MODULE_TWO_FILES, "%s and %s: modprobe takes %s now", quote(updates), quote(dkms),
	      !strcmp(taken, updates) ? "the first" : "the second");
	if (!strcmp(taken, updates)) {
		advice("dkms uninstall iser/VERSION -k %s", quote(kernel_release()));
		return;
	}
	/* One module of another build than the others would not load. */
	for (i = 0; i < OURS; i++) {
		const char *file = module_in(format("%s/updates", modules_folder()), ours[i]);

		if (file)
			words = format("%s %s", words, quote(file));
	}
	advice("if those of DKMS are wanted, all of the others have to go:");
	advice("rm%s && depmod -a %s", words, quote(kernel_release()));
}

/* A file of an earlier folder takes the place of one of the same name. */
static bool overridden(const char *const *folders, size_t count, const char *name)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (exists(format("%s/%s", folders[i], name)))
			return true;
	return false;
}

/* Whether this is the name of a module, in which a dash is as good as an underscore. */
static bool same_module(const char *word, const char *name)
{
	for (; *word && (*word == *name || (*word == '-' && *name == '_')); word++)
		name++;
	return !*word && !*name;
}

/* A file of modprobe.d that blacklists a module, or NULL. */
static const char *blacklist(const char *name)
{
	static const char *const folders[] = {
		"/etc/modprobe.d",     "/run/modprobe.d", "/usr/local/lib/modprobe.d",
		"/usr/lib/modprobe.d", "/lib/modprobe.d",
	};
	size_t i;

	for (i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		char **entry = names_in(folders[i]);

		for (; *entry; entry++) {
			const char *path = format("%s/%s", folders[i], *entry);
			const char *end = strrchr(*entry, '.');
			char *text, *line, *left;

			if (!end || strcmp(end, ".conf") || overridden(folders, i, *entry))
				continue;
			text = file_text(path);
			for (line = text ? strtok_r(text, "\n", &left) : NULL; line;
			     line = strtok_r(NULL, "\n", &left)) {
				char word[2][64];

				if (sscanf(line, " %63s %63s", word[0], word[1]) == 2 &&
				    !strcmp(word[0], "blacklist") && same_module(word[1], name))
					return path;
			}
		}
	}
	return NULL;
}

static void check_module(const char *name)
{
	const char *file = module_file(name);

	check_places(name);
	if (!module_there(name)) {
		module_missing(name);
	} else if (file && strstr(file, "/kernel/")) {
		found(MODULE_KERNELS_OWN, "%s is that of the kernel", quote(file));
		advice("its sources have make install, which puts the others before it");
	}
}

void check_modules(void)
{
	bool initiator = asked_initiator || (!asked_target && initiator_used());
	bool target = asked_target || (!asked_initiator && target_used());
	bool other = false;
	const char *path;
	size_t i;

	if (index_readable()) {
		if (initiator)
			check_module("ib_iser");
		if (target)
			check_module("ib_isert");
		for (i = 0; i < OURS; i++)
			if (module_loaded(ours[i]))
				other |= other_loaded(ours[i]);
		if (other)
			fix_loaded();
	}
	path = initiator ? blacklist("ib_iser") : NULL;
	if (path) {
		found(MODULE_BLACKLISTED, "%s blacklists ib_iser", quote(path));
		advice("unless that is on purpose:");
		advice("sed -Ei '/^\\s*blacklist\\s+ib[_-]iser\\>/d' %s", quote(path));
	}
}

/* ---- signatures ---- */

static const char *signed_only(void)
{
	char *lockdown = file_text("/sys/kernel/security/lockdown");

	if (attribute_is("/sys/module/module/parameters", "sig_enforce", "Y"))
		return "module.sig_enforce is set";
	if (lockdown && (strstr(lockdown, "[integrity]") || strstr(lockdown, "[confidentiality]")))
		return "the kernel is locked down";
	return NULL;
}

void check_signatures(void)
{
	const char *why = signed_only();
	const char *files = "";
	char **kbuild, **entry;
	bool may_sign = true;
	size_t i;

	for (i = 0; why && i < OURS; i++) {
		const char *file = module_file(ours[i]);
		struct module module;

		/* What is loaded has passed. */
		if (!file || module_loaded(ours[i]))
			continue;
		module = module_read(file);
		if (module.readable && !module.is_signed) {
			found(MODULE_UNSIGNED, "%s, and %s is not signed", why, quote(file));
			files = format("%s %s", files, quote(file));
			/* A signature is no part of a compressed file, nor of a package's. */
			may_sign &= !compressed(file) && !strstr(file, "/kernel/");
		}
	}
	if (!*files)
		return;
	kbuild = names_in("/usr/lib");
	for (entry = kbuild; *entry; entry++)
		if (!strncmp(*entry, "linux-kbuild-", 13) &&
		    exists(format("/usr/lib/%s/scripts/sign-file", *entry)))
			break;
	if (!may_sign || !*entry || !exists("/var/lib/dkms/mok.key") ||
	    !exists("/var/lib/dkms/mok.pub")) {
		advice("install the modules by DKMS, which signs them, and enroll its key: "
		       "mokutil --import /var/lib/dkms/mok.pub");
		return;
	}
	fix("for f in%s; do /usr/lib/%s/scripts/sign-file sha256 /var/lib/dkms/mok.key "
	    "/var/lib/dkms/mok.pub \"$f\"; done",
	    files, quote(*entry));
}
