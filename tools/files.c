// SPDX-License-Identifier: GPL-2.0-only
/* Reading the files of a host, whatever they are. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "iserctl.h"

/* Sockets of a host, saved configurations and clusters have some mebibytes of text. */
#define TEXT_MOST (64 << 20)
#define OUTPUT_MOST (64 << 10)
#define OUTPUT_SECONDS 5

const char *root = "";

const char *host_path(const char *path)
{
	return *root ? format("%s%s", root, path) : path;
}

/*
 * Without O_NONBLOCK, opening a fifo waits for its writer. The kernel may still keep a read
 * of sysfs waiting; doctor() has a limit for that.
 */
char *file_read(const char *path, size_t most, size_t *length)
{
	int fd = open(host_path(path), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	size_t done = 0, room = 4096;
	struct stat info = { 0 };
	ssize_t got = -1;
	char *text;

	if (fd < 0)
		return NULL;
	text = take(room + 1);
	if (!fstat(fd, &info) && S_ISCHR(info.st_mode)) {
		/* A link to /dev/null stands for an empty file. No device is read. */
		got = 0;
	} else if (!S_ISREG(info.st_mode)) {
		errno = EINVAL;
	} else {
		while ((got = read(fd, text + done, room - done)) > 0) {
			done += got;
			if (done == room && room < most) {
				char *more = take(room * 2 + 1);

				memcpy(more, text, done);
				free(text);
				text = more;
				room *= 2;
			}
			if (done == room)
				break;
		}
	}
	if (got < 0) {
		int error = errno;

		close(fd);
		free(text);
		errno = error;
		return NULL;
	}
	close(fd);
	text[done] = 0;
	if (length)
		*length = done;
	return text;
}

/* What has gone while it was looked at, or an attribute that is not in use, is absent. */
static bool absent(int error)
{
	return error == ENOENT || error == ENOTDIR || error == ENODEV || error == ENXIO;
}

static const char *why(int error)
{
	return error == EINVAL ? "not a file that can be read" : strerror(error);
}

/* Sets errno: ENOENT for what is not there, EACCES for what can't be seen, which is told. */
static void missed(const char *path, int error)
{
	bool gone = absent(error);

	if (!gone)
		unseen(path, why(error));
	errno = gone ? ENOENT : EACCES;
}

char *file_text(const char *path)
{
	size_t length = 0;
	char *text = file_read(path, TEXT_MOST, &length);
	int error = errno;

	if (length >= TEXT_MOST)
		unseen(path, "only its beginning was read");
	if (text)
		return trim(text);
	missed(path, error);
	return NULL;
}

char *attribute(const char *folder, const char *name)
{
	return file_text(format("%s/%s", folder, name));
}

bool attribute_is(const char *folder, const char *name, const char *value)
{
	char *text = attribute(folder, name);

	return text && !strcmp(text, value);
}

bool exists(const char *path)
{
	struct stat info;

	if (!stat(host_path(path), &info))
		return true;
	missed(path, errno);
	return false;
}

static int in_order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **names_in(const char *path)
{
	char **names = take(sizeof(*names));
	DIR *folder = opendir(host_path(path));
	size_t count = 0, room = 0;
	struct dirent *entry;

	if (!folder) {
		if (!absent(errno))
			unseen(path, why(errno));
		return names;
	}
	for (;;) {
		/* It stays so at the end of the list, unless that is an error. */
		errno = 0;
		entry = readdir(folder);
		if (!entry)
			break;
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (count == room) {
			char **more = take((room * 2 + 16) * sizeof(*more) + sizeof(*more));

			memcpy(more, names, count * sizeof(*names));
			free(names);
			names = more;
			room = room * 2 + 16;
		}
		names[count++] = format("%s", entry->d_name);
	}
	if (errno && !absent(errno))
		unseen(path, why(errno));
	closedir(folder);
	qsort(names, count, sizeof(*names), in_order);
	return names;
}

char *link_name(const char *path)
{
	char target[PATH_MAX];
	ssize_t length = readlink(host_path(path), target, sizeof(target) - 1);

	if (length < 0)
		return NULL;
	target[length] = 0;
	return format("%s", strrchr(target, '/') ? strrchr(target, '/') + 1 : target);
}

char *real_path(const char *path)
{
	return realpath(host_path(path), NULL);
}

char *record_value(const char *text, const char *key)
{
	size_t length = strlen(key);
	const char *line = text;

	for (; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		const char *at = line + strspn(line, " \t");

		if (strncmp(at, key, length))
			continue;
		at += length;
		at += strspn(at, " \t");
		if (*at++ == '=')
			return trim(format("%.*s", (int)strcspn(at, "\n"), at));
	}
	return NULL;
}

double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

long milliseconds(void)
{
	return seconds() * 1000;
}

char *output_of(char *const argv[])
{
	long end = milliseconds() + OUTPUT_SECONDS * 1000;
	char *text = take(OUTPUT_MOST + 1);
	int fds[2], state = -1;
	size_t done = 0;
	ssize_t got = 1;
	pid_t child;

	if (pipe2(fds, O_CLOEXEC))
		return NULL;
	child = fork();
	if (child < 0)
		return NULL;
	if (!child) {
		int null = open("/dev/null", O_RDWR);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(null, 0);
		dup2(fds[1], 1);
		dup2(null, 2);
		/* That of the user may lack the folders of root, or have others. */
		setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(fds[1]);
	while (got > 0 && done < OUTPUT_MOST) {
		struct pollfd ready = { .fd = fds[0], .events = POLLIN };
		long left = end - milliseconds();

		if (left <= 0 || poll(&ready, 1, left) <= 0)
			break;
		got = read(fds[0], text + done, OUTPUT_MOST - done);
		if (got > 0)
			done += got;
	}
	close(fds[0]);
	if (got)
		kill(child, SIGKILL);
	while (waitpid(child, &state, 0) < 0 && errno == EINTR)
		;
	return !got && WIFEXITED(state) && !WEXITSTATUS(state) ? trim(text) : NULL;
}
