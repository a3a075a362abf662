// SPDX-License-Identifier: GPL-2.0-only
/* iserctl bench: the file that has the last results of each disk. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

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

int bench_store(const char *file, const char *key, const struct bench_result results[BENCH_STEPS])
{
	char *path = format("%s", host_path(file)), *new = format("%s.%d", path, getpid());
	long long now = time(NULL);
	bool done = false;
	FILE *to;
	size_t i;

	folders_make(path);
	to = fopen(new, "we");
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
		return 0;
	fprintf(stderr, "iserctl bench: can't store the result in %s: %s%s\n", quote(file),
		strerror(errno), "; name another file by --file");
	if (to)
		unlink(new);
	return EXIT_UNSEEN;
}
