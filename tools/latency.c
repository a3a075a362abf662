// SPDX-License-Identifier: GPL-2.0-only
/*
 * iserctl latency: how long commands take, by stage, as a histogram.
 *
 * The kernel counts: histograms of its tracepoints note the time of one event and
 * subtract it from that of the event that answers it. No I/O is slower while nobody
 * looks, and the modules need nothing of their own. All is done in an instance of its
 * own below tracefs, so that other users of tracing are not disturbed.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "iserctl.h"

#define SECONDS 10
#define INSTANCE "instances/iserctl-latency"
#define POWERS 64
#define BAR 40

/* What the flags of a SCSI Command say of its data: RFC 7143, section 11.3.1. */
#define FLAG_READ 0x40
#define FLAG_WRITE 0x20

enum direction { READ_DATA, WRITE_DATA, NO_DATA, DIRECTIONS };

static const char *const directions[DIRECTIONS] = { "reads", "writes", "without data" };

struct stage {
	const char *event;		/* the synthetic event of one command */
	const char *begins, *if_begins;	/* tracepoint and filter */
	const char *ends, *if_ends;
	const char *keys;		/* what both have in common */
	const char *kind, *type;	/* field that tells reads from writes, and its type */
	const char *title;
	uint64_t counts[DIRECTIONS][POWERS];	/* [n]: within 2^n microseconds */
	uint64_t dropped;
	bool begun;
};

static struct stage stages[] = {
	{ .event = "iserctl_initiator", .keys = "conn,itt", .kind = "flags", .type = "u8",
	  .begins = "iser/iser_send_control", .if_begins = "opcode==1",
	  .ends = "iser/iser_receive", .if_ends = "opcode==0x21",
	  .title = "initiator: from the Send of a command to its response" },
	{ .event = "iserctl_target", .keys = "conn,itt", .kind = "flags", .type = "u8",
	  .begins = "iser/iser_receive", .if_begins = "opcode==1",
	  .ends = "iser/iser_send_control", .if_ends = "opcode==0x21",
	  .title = "target: from the arrival of a command to its response" },
	{ .event = "iserctl_backend", .keys = "initiator,tag", .kind = "opcode",
	  .type = "unsigned int",
	  .begins = "target/target_sequencer_start",
	  .ends = "target/target_cmd_complete",
	  .title = "target, a part of it: LIO and its backend, with the data of a write" },
};

#define STAGES (sizeof(stages) / sizeof(*stages))

static volatile sig_atomic_t asked_end;

static void on_signal(int number)
{
	(void)number;
	asked_end = 1;
}

/* ---- tracefs ---- */

static const char *tracing;		/* where it is mounted */
static int locked = -1;

static const char *trace_path(const char *name)
{
	return format("%s/%s", tracing, name);
}

/* Returns 0 or an errno. */
static int trace_write(const char *name, const char *text)
{
	int fd = open(host_path(trace_path(name)), O_WRONLY | O_APPEND | O_CLOEXEC), error = 0;

	if (fd < 0)
		return errno;
	if (write(fd, text, strlen(text)) < 0)
		error = errno;
	close(fd);
	return error;
}

static const char *trigger_file(const char *event)
{
	return format(INSTANCE "/events/%s/trigger", event);
}

static const char *synthetic(const struct stage *stage)
{
	return format("synthetic/%s", stage->event);
}

/* system/event as an action wants it: system.event. */
static const char *dotted(const char *event)
{
	char *text = format("%s", event);

	*strchr(text, '/') = '.';
	return text;
}

static const char *filter(const char *condition)
{
	return condition ? format(" if %s", condition) : "";
}

/* The three triggers of a stage, in the order in which they are set. */
#define TRIGGER_COUNT "hist:keys=kind,us.log2:size=4096"

/* A table of 32768 commands: other initiators than open-iscsi use no tag twice. */
static const char *trigger_begin(const struct stage *stage)
{
	return format("hist:keys=%s:%s_ts=common_timestamp.usecs,%s_kind=%s:size=32768%s",
		      stage->keys, stage->event, stage->event, stage->kind,
		      filter(stage->if_begins));
}

static const char *trigger_end(const struct stage *stage)
{
	return format("hist:keys=%s:%s_us=common_timestamp.usecs-$%s_ts:size=32768:"
		      "onmatch(%s).%s($%s_us,$%s_kind)%s", stage->keys, stage->event, stage->event,
		      dotted(stage->begins), stage->event, stage->event, stage->event,
		      filter(stage->if_ends));
}

/* Takes off what this stage has, or what is left of a run that was killed. */
static void stage_end(struct stage *stage)
{
	trace_write(trigger_file(stage->ends), format("!%s", trigger_end(stage)));
	trace_write(trigger_file(stage->begins), format("!%s", trigger_begin(stage)));
	trace_write(trigger_file(synthetic(stage)), "!" TRIGGER_COUNT);
	trace_write("synthetic_events", format("!%s", stage->event));
}

/* Returns 0 or an errno. */
static int stage_begin(struct stage *stage)
{
	int error = trace_write("synthetic_events",
				format("%s u64 us; %s kind", stage->event, stage->type));

	if (!error)
		error = trace_write(trigger_file(synthetic(stage)), TRIGGER_COUNT);
	if (!error)
		error = trace_write(trigger_file(stage->begins), trigger_begin(stage));
	if (!error)
		error = trace_write(trigger_file(stage->ends), trigger_end(stage));
	stage->begun = !error;
	return error;
}

static bool event_exists(const char *event)
{
	return !access(host_path(trace_path(format("events/%s/trigger", event))), F_OK);
}

static int unable(const char *why)
{
	fprintf(stderr, "iserctl latency: %s\n", why);
	return EXIT_UNSEEN;
}

/* Finds tracefs, and takes the instance. Returns 0 or the exit code. */
static int tracing_begin(void)
{
	static const char *const paths[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
	const char *instance;
	size_t i;

	for (i = 0; i < 2 && !tracing; i++)
		if (!access(host_path(format("%s/events", paths[i])), F_OK))
			tracing = paths[i];
	if (!tracing)
		return unable(geteuid() ? "only root sees the kernel's tracepoints" :
			      "there is no tracefs; systemctl start sys-kernel-tracing.mount");
	if (!event_exists(stages[0].begins))
		return unable("iser_core is not loaded, so there is nothing to measure");
	if (access(host_path(trace_path("synthetic_events")), W_OK))
		return unable(errno == ENOENT ? "this kernel has no CONFIG_HIST_TRIGGERS" :
			      format("can't use the kernel's tracepoints: %s", strerror(errno)));
	instance = host_path(trace_path(INSTANCE));
	if (mkdir(instance, 0700) && errno != EEXIST)
		return unable(format("can't make %s: %s", instance, strerror(errno)));
	locked = open(instance, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (locked < 0 || flock(locked, LOCK_EX | LOCK_NB))
		return unable(locked >= 0 && errno == EWOULDBLOCK ?
			      "another one is running" :
			      format("can't lock %s: %s", instance, strerror(errno)));
	return 0;
}

/* Returns whether all is as before. */
static bool tracing_end(void)
{
	bool clean = true;
	size_t i;

	for (i = STAGES; i--;) {
		stage_end(&stages[i]);
		/* Another user of tracing may use it. */
		if (event_exists(synthetic(&stages[i]))) {
			errno = EBUSY;
			clean = false;
		}
	}
	/* The lock goes with it. */
	return !rmdir(host_path(trace_path(INSTANCE))) && clean;
}

/* ---- what the kernel has counted ---- */

static enum direction direction_of(const struct stage *stage, unsigned long long kind)
{
	if (strcmp(stage->kind, "opcode"))
		return kind & FLAG_READ ? READ_DATA : kind & FLAG_WRITE ? WRITE_DATA : NO_DATA;
	/* READ and WRITE of 6, 10, 12 and 16 bytes. */
	switch (kind) {
	case 0x08: case 0x28: case 0xa8: case 0x88:
		return READ_DATA;
	case 0x0a: case 0x2a: case 0xaa: case 0x8a:
		return WRITE_DATA;
	default:
		return NO_DATA;
	}
}

/* Returns whether it could be read. */
static bool stage_read(struct stage *stage)
{
	char *text = file_read(trace_path(format(INSTANCE "/events/%s/hist", synthetic(stage))),
			       1 << 20, NULL);
	char *begin = file_read(trace_path(format(INSTANCE "/events/%s/hist", stage->begins)),
				64 << 20, NULL);
	const char *line;

	if (!text)
		return false;
	for (line = text; (line = strstr(line, "{ kind:")); line++) {
		unsigned long long kind, hits;
		unsigned int power;

		if (sscanf(line, "{ kind: %llu, us: ~ 2^%u } hitcount: %llu", &kind, &power,
			   &hits) == 3 && power < POWERS)
			stage->counts[direction_of(stage, kind)][power] += hits;
		/* log2 has no power of 0. */
		else if (sscanf(line, "{ kind: %llu, us: %*u } hitcount: %llu", &kind, &hits) == 2)
			stage->counts[direction_of(stage, kind)][0] += hits;
	}
	line = begin ? strstr(begin, "Dropped:") : NULL;
	if (line)
		stage->dropped = strtoull(line + 8, NULL, 10);
	free(begin);
	free(text);
	return true;
}

/* The power of two within which this part of them has ended. */
static unsigned int within(const uint64_t counts[POWERS], uint64_t total, unsigned int percent)
{
	uint64_t before = 0;
	unsigned int i;

	for (i = 0; i < POWERS - 1; i++) {
		before += counts[i];
		if (before * 100 >= total * percent)
			break;
	}
	return i;
}

static void counts_print(const char *name, const uint64_t counts[POWERS])
{
	unsigned int first = POWERS, last = 0, i, j;
	uint64_t total = 0, most = 0;

	for (i = 0; i < POWERS; i++) {
		total += counts[i];
		if (counts[i] > most)
			most = counts[i];
		if (counts[i]) {
			first = first < i ? first : i;
			last = i;
		}
	}
	if (!total)
		return;
	printf("  %s: %llu, half of them within %llu us, 99%% within %llu us\n", name,
	       (unsigned long long)total, 1ULL << within(counts, total, 50),
	       1ULL << within(counts, total, 99));
	for (i = first; i <= last; i++) {
		printf("%12llu us %10llu  ", 1ULL << i, (unsigned long long)counts[i]);
		for (j = 0; j < counts[i] * BAR / most; j++)
			putchar('#');
		putchar('\n');
	}
}

static void stage_print(const struct stage *stage)
{
	uint64_t any = 0;
	size_t i, j;

	for (i = 0; i < DIRECTIONS; i++)
		for (j = 0; j < POWERS; j++)
			any |= stage->counts[i][j];
	if (!any)
		return;
	puts(stage->title);
	for (i = 0; i < DIRECTIONS; i++)
		counts_print(i == NO_DATA && !strcmp(stage->kind, "opcode") ? "other commands" :
			     directions[i], stage->counts[i]);
	if (stage->dropped)
		printf("  %llu commands found no room in the table and are not counted\n",
		       (unsigned long long)stage->dropped);
	putchar('\n');
}

/* ---- the command ---- */

static int measure(long limit)
{
	double until;
	size_t i;
	int error;

	for (i = 0; i < STAGES; i++) {
		stage_end(&stages[i]);
		/* LIO is not loaded at an initiator. */
		if (!event_exists(stages[i].begins))
			continue;
		error = stage_begin(&stages[i]);
		if (error)
			return unable(format("the kernel refuses a histogram of %s: %s",
					     stages[i].begins, strerror(error)));
	}
	fprintf(stderr, "iserctl latency: counting for %ld s\n", limit);
	until = seconds() + limit;
	while (!asked_end && seconds() < until) {
		double left = until - seconds();
		struct timespec wait = { left, (left - (long)left) * 1e9 };

		nanosleep(&wait, NULL);
	}
	for (i = 0; i < STAGES; i++)
		if (stages[i].begun && !stage_read(&stages[i]))
			return unable(format("can't read the histogram of %s: %s",
					     stages[i].begins, strerror(errno)));
	return 0;
}

int latency(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal };
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };
	long limit = SECONDS;
	uint64_t any = 0;
	size_t i, j, k;
	int code;

	if (argc > 1 && strcmp(argv[1], "--time"))
		return usage("latency", format("unexpected %s", quote(argv[1])));
	if (argc > 1)
		limit = number_of(argc > 2 ? argv[2] : "", 3600);
	if (!limit)
		return usage("latency", "--time wants a number of seconds, 1 to 3600");
	if (argc > 3)
		return usage("latency", format("unexpected %s", quote(argv[3])));
	for (i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		sigaction(ends[i], &action, NULL);
	code = tracing_begin();
	if (code)
		return code;
	code = measure(limit);
	if (!tracing_end())
		code = unable(format("could not take all of it out of %s: %s", tracing,
				     strerror(errno)));
	for (i = 0; i < STAGES; i++) {
		stage_print(&stages[i]);
		for (j = 0; j < DIRECTIONS; j++)
			for (k = 0; k < POWERS; k++)
				any |= stages[i].counts[j][k];
	}
	if (!code && !any)
		puts("no commands");
	return code;
}
