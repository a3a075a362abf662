// SPDX-License-Identifier: GPL-2.0-only
/* iserctl bench: the file that has the last results of each disk. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

#define LOCK_MILLISECONDS 2000

/* So the file begins. A line has a key, a time, a step and its result, separated by tabs. */
static const char head[] = "# iserctl bench, the last results:"
			   " disk, seconds since 1970, block, depth, IOPS, p50, p99, max in us\n";
/* What else was in the file. */
static char **others;
static size_t other_count;

const char *bench_file(void)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	if (state && *state == '/')
		return format("%s/iser/bench", state);
	if (!geteuid() || !home)
		return "/var/lib/iser/bench";
	return format("%s/.local/state/iser/bench", home);
}

static void line_read(char *line, struct bench_result results[BENCH_STEPS], time_t *when)
{
	struct bench_result result;
	unsigned int depth;
	char block[16];
	long long at;
	size_t i;

	if (sscanf(line, "%lld\t%15s\t%u\t%lf\t%lf\t%lf\t%lf", &at, block, &depth, &result.iops,
		   &result.p50, &result.p99, &result.max) != 7)
		return;
	for (i = 0; i < BENCH_STEPS; i++) {
		if (strcmp(block, bench_steps[i].block) || depth != bench_steps[i].depth)
			continue;
		results[i] = result;
		*when = at;
	}
}

int bench_load(const char *file, const char *key, struct bench_result results[BENCH_STEPS],
	       time_t *when)
{
	char *text = file_text(file), *line, *left;

	*when = 0;
	other_count = 0;
	if (!text && errno != ENOENT)
		return EXIT_UNSEEN;
	if (!text || !*text)
		return 0;
	if (strncmp(text, head, strcspn(head, ":"))) {
		fprintf(stderr, "iserctl bench: %s is another file; name a new one by --file\n",
			quote(file));
		return EXIT_USAGE;
	}
	for (line = strtok_r(text, "\n", &left); line; line = strtok_r(NULL, "\n", &left)) {
		char *tab = *line == '#' ? NULL : strchr(line, '\t');

		if (!tab)
			continue;
		if ((size_t)(tab - line) == strlen(key) && !strncmp(line, key, tab - line)) {
			line_read(tab + 1, results, when);
			continue;
		}
		others = room(others, other_count, sizeof(*others));
		others[other_count++] = line;
	}
	return 0;
}

/* Makes the folders of a path that are not there. */
static void folders_make(char *path)
{
	char *at;

	for (at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = 0;
		mkdir(path, 0755);
		*at = '/';
	}
}

/*
 * Locks the folder of a file, because the file itself is replaced. Anybody who may read the
 * folder may keep it locked. Returns NULL, or why it is not locked.
 */
static const char *folder_lock(const char *path, int *lock)
{
	const char *end = strrchr(path, '/');
	const char *folder = end ? format("%.*s", (int)(end - path) + 1, path) : ".";
	long until = milliseconds() + LOCK_MILLISECONDS;

	*lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*lock < 0)
		return strerror(errno);
	while (flock(*lock, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK)
			return strerror(errno);
		if (milliseconds() > until)
			return "another program keeps the folder locked";
		usleep(10000);
	}
	return NULL;
}

/* Returns NULL, or why the file is not written. */
static const char *file_write(const char *path, const char *key,
			      const struct bench_result results[BENCH_STEPS])
{
	char *new = format("%s.%d", path, getpid());
	long long now = time(NULL);
	bool done = false;
	const char *why;
	FILE *to;
	size_t i;

	/* Of a process that had this number, or a link that leads elsewhere: it is not followed. */
	unlink(new);
	to = fopen(new, "wxe");
	if (to) {
		fputs(head, to);
		for (i = 0; i < other_count; i++)
			fprintf(to, "%s\n", others[i]);
		for (i = 0; i < BENCH_STEPS; i++)
			fprintf(to, "%s\t%lld\t%s\t%u\t%.1f\t%.1f\t%.1f\t%.1f\n", key, now,
				bench_steps[i].block, bench_steps[i].depth, results[i].iops,
				results[i].p50, results[i].p99, results[i].max);
		done = !fflush(to) && !ferror(to);
		done = !fclose(to) && done;
		/* Whoever reads it meanwhile has all of the old one. */
		done = done && !rename(new, path);
	}
	if (done)
		return NULL;
	why = strerror(errno);
	if (to)
		unlink(new);
	return why;
}

int bench_store(const char *file, const char *key, const struct bench_result results[BENCH_STEPS])
{
	char *path = format("%s", host_path(file));
	struct bench_result old[BENCH_STEPS];
	const char *why;
	int lock, code;
	time_t when;

	folders_make(path);
	why = folder_lock(path, &lock);
	/* It may have changed since it was read before the measurement. */
	code = why ? 0 : bench_load(file, key, old, &when);
	if (!why && !code)
		why = file_write(path, key, results);
	if (lock >= 0)
		close(lock);
	if (!why)
		return code;
	fprintf(stderr, "iserctl bench: can't store the result in %s: %s%s\n", quote(file), why,
		"; name another file by --file");
	return EXIT_UNSEEN;
}
