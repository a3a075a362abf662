// SPDX-License-Identifier: GPL-2.0-only
/*
 * Errors that no folder of files can show, for the tests of iserctl: LD_PRELOAD puts these
 * functions before those of the C library. Variables of the environment say what fails.
 *
 *   SHIM_READ=END:ERRNO	a read of a file whose path ends so
 *   SHIM_LIST=END:ERRNO	the list of a folder whose path ends so, after one name
 *   SHIM_DUMP=ERRNO		the end of each dump of netlink says this error
 *   SHIM_CHANGED=1		each dump of netlink has changed meanwhile
 *   SHIM_MEMORY=FILE		calloc() of the first process, once this file exists
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static pid_t first;

static void __attribute__((constructor)) begin(void)
{
	first = getpid();
}

/* The errno of this variable if the file's path ends as it says, or 0. */
static int error_of(const char *name, int fd)
{
	const char *value = getenv(name), *colon = value ? strrchr(value, ':') : NULL;
	char link[64], path[PATH_MAX];
	ssize_t length;
	size_t end;

	if (!colon)
		return 0;
	end = colon - value;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path));
	if (length < (ssize_t)end || memcmp(path + length - end, value, end))
		return 0;
	return atoi(colon + 1);
}

ssize_t read(int fd, void *buffer, size_t size)
{
	ssize_t (*real)(int, void *, size_t) = dlsym(RTLD_NEXT, "read");
	int error = error_of("SHIM_READ", fd);

	if (!error)
		return real(fd, buffer, size);
	errno = error;
	return -1;
}

struct dirent *readdir(DIR *folder)
{
	struct dirent *(*real)(DIR *) = dlsym(RTLD_NEXT, "readdir");
	int error = error_of("SHIM_LIST", dirfd(folder));
	struct dirent *entry = real(folder);
	static DIR *last;
	static int names;

	if (folder != last)
		names = 0;
	last = folder;
	if (!error || (entry && (entry->d_name[0] == '.' || !names++)))
		return entry;
	errno = error;
	return NULL;
}

ssize_t recv(int fd, void *buffer, size_t size, int flags)
{
	ssize_t (*real)(int, void *, size_t, int) = dlsym(RTLD_NEXT, "recv");
	const char *error = getenv("SHIM_DUMP");
	ssize_t got = real(fd, buffer, size, flags);
	struct nlmsghdr *message = buffer;
	int left = got, domain = 0;
	socklen_t length = sizeof(domain);

	getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length);
	if (domain != AF_NETLINK)
		return got;
	for (; left > 0 && NLMSG_OK(message, (unsigned int)left);
	     message = NLMSG_NEXT(message, left)) {
		if (getenv("SHIM_CHANGED") && message->nlmsg_flags & NLM_F_MULTI)
			message->nlmsg_flags |= NLM_F_DUMP_INTR;
		if (error && message->nlmsg_type == NLMSG_DONE)
			*(int *)NLMSG_DATA(message) = -atoi(error);
	}
	return got;
}

void *calloc(size_t count, size_t size)
{
	static void *(*real)(size_t, size_t);
	static bool asking;
	const char *file = first == getpid() ? getenv("SHIM_MEMORY") : NULL;
	void *memory;

	if (file && !access(file, F_OK)) {
		errno = ENOMEM;
		return NULL;
	}
	if (!real && !asking) {
		/* dlsym() may ask for memory itself, and goes on without it. */
		asking = true;
		real = dlsym(RTLD_NEXT, "calloc");
		asking = false;
	}
	memory = real ? real(count, size) : NULL;
	return memory;
}
