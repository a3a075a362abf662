// SPDX-License-Identifier: GPL-2.0-only
/*
 * iserctl doctor: checks a host step by step.
 *
 * The steps run in a process of their own, because a read of sysfs, a name server or a
 * driver may keep it waiting for ever. If a step takes longer than its limit, the process is
 * given up and another one goes on with the next step.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doctor.h"

struct kind {
	const char *id;
	enum severity severity;
	const char *meaning, *fix;
};

#define FINDING(name, id, severity, meaning, fix) { id, severity, meaning, fix },
static const struct kind kinds[] = {
#include "findings.h"
};

#undef FINDING

static const char *const severities[] = { "error", "warning", "note" };

enum { HOST = 1, INITIATOR = 2, TARGET = 4, ADDRESS = 8 };

static const struct {
	const char *name;
	unsigned int part;
	void (*run)(void);
} steps[] = {
	{ "the kernel", HOST, check_kernel },
	{ "RDMA devices", HOST, check_devices },
	{ "modules", HOST, check_modules },
	{ "signatures of modules", HOST, check_signatures },
	{ "the name of the initiator", INITIATOR, check_initiator_name },
	{ "iscsid", INITIATOR, check_iscsid },
	{ "ifaces", INITIATOR, check_ifaces },
	{ "node records", INITIATOR, check_records },
	{ "sessions", INITIATOR, check_sessions },
	{ "targets", TARGET, check_targets },
	{ "portal groups", TARGET, check_groups },
	{ "portals", TARGET, check_portals },
	{ "the cluster", TARGET, check_cluster },
	{ "the name of the address", ADDRESS, check_name },
	{ "the route", ADDRESS, check_route },
	{ "TCP", ADDRESS, check_tcp },
	{ "RDMA", ADDRESS, check_rdma },
	{ "the answers", ADDRESS, check_answers },
};

/* Of each kind so many are shown; a host may have thousands of sessions. */
#define SHOWN 10
#define SHOWN_UNSEEN 50
#define NAMES 4096
#define STEPS (sizeof(steps) / sizeof(*steps))

/* What has been reported as unseen, by a hash, so that a path is reported once. */
struct named {
	unsigned int count;
	uint64_t hash[NAMES];
};

/* In memory that parent and worker share, so that nothing is lost with a worker. */
static struct state {
	struct shared shared;
	unsigned int step; /* the one that runs */
	long started; /* when, in milliseconds */
	unsigned int counts[SEVERITIES], unseen;
	unsigned int of_kind[FINDING_COUNT];
	bool hidden; /* the last finding is one too many to be shown */
	bool deciding; /* whether the part of this step is due */
	struct named named;
} *state;

struct shared *shared;
const char *asked_name;
bool asked_initiator, asked_target;
bool incomplete;

/*
 * Names have been quoted. Should one have escaped that, then no byte of it reaches the
 * terminal that could mean more than a character.
 */
static void say(const char *before, const char *fmt, va_list args)
{
	char *text = vformat(fmt, args), *c;

	for (c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f)
			*c = '?';
	printf("%s%s\n", before, text);
	fflush(stdout);
}

void found(enum finding finding, const char *fmt, ...)
{
	const struct kind *kind = &kinds[finding];
	va_list args;

	state->counts[kind->severity]++;
	state->hidden = ++state->of_kind[finding] > SHOWN;
	if (state->hidden)
		return;
	va_start(args, fmt);
	say(format("%s: %s: ", severities[kind->severity], kind->id), fmt, args);
	va_end(args);
}

void fix(const char *fmt, ...)
{
	va_list args;

	if (state->hidden)
		return;
	va_start(args, fmt);
	say("    ", fmt, args);
	va_end(args);
}

void advice(const char *fmt, ...)
{
	va_list args;

	if (state->hidden)
		return;
	va_start(args, fmt);
	say("    # ", fmt, args);
	va_end(args);
}

void good(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say("ok: ", fmt, args);
	va_end(args);
}

static void say_unseen(const char *fmt, ...)
{
	va_list args;

	if (++state->unseen > SHOWN_UNSEEN)
		return;
	va_start(args, fmt);
	say("unseen: ", fmt, args);
	va_end(args);
}

/* False if it has been named before. With too many names, one may be named again. */
static bool named_first(struct named *named, const char *what)
{
	uint64_t number = hash(what);
	unsigned int i;

	for (i = 0; i < named->count; i++)
		if (named->hash[i] == number)
			return false;
	if (named->count < NAMES)
		named->hash[named->count++] = number;
	return true;
}

void unseen(const char *what, const char *why)
{
	static struct named of_status;

	if (!named_first(state ? &state->named : &of_status, what))
		return;
	if (!state) {
		fprintf(stderr, "iserctl: can't see %s: %s\n", quote(what), why);
		incomplete = true;
		return;
	}
	say_unseen("%s: %s", quote(what), why);
}

static bool due(unsigned int part)
{
	switch (part) {
	case INITIATOR:
		return asked_initiator || (!asked_target && initiator_used());
	case TARGET:
		return asked_target || (!asked_initiator && target_used());
	case ADDRESS:
		return asked_name;
	}
	return true;
}

static void work(void)
{
	unsigned int part = HOST;
	bool is_due = true;

	for (; state->step < STEPS; state->step++) {
		state->started = milliseconds();
		if (steps[state->step].part != part) {
			part = steps[state->step].part;
			state->deciding = true;
			is_due = due(part);
			state->deciding = false;
			if (!is_due && part == INITIATOR && !asked_target)
				good("nothing is configured for an initiator");
			if (!is_due && part == TARGET && !asked_initiator)
				good("nothing is configured for a target");
		}
		if (is_due)
			steps[state->step].run();
	}
	fflush(stdout);
	_exit(0);
}

/*
 * Prints what the worker has to say as long as each of its steps keeps its limit. The worker
 * never has the stdout of the program, which a process that does not end would keep open.
 * False: a step took too long.
 */
static bool relay(int from, long limit)
{
	struct pollfd ready = { .fd = from, .events = POLLIN };
	char text[4096];
	ssize_t got = 1;

	while (got > 0) {
		long left = state->started + limit - milliseconds();

		if (left <= 0)
			return state->step >= STEPS;
		if (poll(&ready, 1, left) <= 0)
			continue;
		got = read(from, text, sizeof(text));
		if (got > 0)
			fwrite(text, 1, got, stdout);
	}
	return true;
}

/* If it is not even known whether a part is due, none of its steps can be run. */
static void give_up(const char *why)
{
	const unsigned int part = steps[state->step].part;

	say_unseen("%s: %s", steps[state->step].name, why);
	while (state->deciding && state->step + 1 < STEPS && steps[state->step + 1].part == part)
		say_unseen("%s: not tried either", steps[++state->step].name);
	state->deciding = false;
}

static void run(long limit)
{
	int fds[2], null = open("/dev/null", O_RDWR | O_CLOEXEC), code;
	pid_t worker;
	bool ended;

	for (; state->step < STEPS; state->step++) {
		fflush(stdout);
		state->started = milliseconds();
		if (pipe2(fds, O_CLOEXEC)) {
			give_up(strerror(errno));
			continue;
		}
		worker = fork();
		if (!worker) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			dup2(null, 0);
			dup2(fds[1], 1);
			dup2(null, 2);
			close(fds[0]);
			close(fds[1]);
			work();
		}
		close(fds[1]);
		ended = worker > 0 && relay(fds[0], limit);
		close(fds[0]);
		if (worker < 0) {
			give_up("no process for it");
		} else if (!ended) {
			/* It may be stuck in the kernel for good, so it is not waited for. */
			kill(worker, SIGKILL);
			give_up(format("gave up after %ld s", limit / 1000));
		} else if (waitpid(worker, &code, 0) == worker && code && state->step < STEPS) {
			give_up("the check itself has failed");
		}
	}
}

static int list(void)
{
	size_t i;

	for (i = 0; i < FINDING_COUNT; i++)
		printf("%s\t%s\t%s\t%s\n", kinds[i].id, severities[kinds[i].severity],
		       kinds[i].meaning, kinds[i].fix);
	return 0;
}

/* A name to be looked up, with a port or not. Digits and dots alone are no name. */
static bool name_valid(const char *name)
{
	const char *port = strchr(name, ':');
	size_t length = port ? (size_t)(port - name) : strlen(name);
	long number;

	if (!length || strlen(name) > 255 || !made_of(name, ".-_:"))
		return false;
	if (strspn(name, "0123456789.") == length)
		return false;
	if (!port++)
		return true;
	number = strspn(port, "0123456789") == strlen(port) ? strtol(port, NULL, 10) : 0;
	return number > 0 && number < 65536;
}

static const char *plural(unsigned int count)
{
	return count == 1 ? "" : "s";
}

int doctor(int argc, char **argv)
{
	long limit = 10000;
	struct addr addr;
	size_t kind;
	int i;

	if (argc == 2 && !strcmp(argv[1], "--list"))
		return list();
	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--limit")) {
			limit = number_of(argv[++i], 3600);
			if (!limit)
				return usage("doctor",
					     "--limit wants a number of seconds, 1 to 3600");
			limit *= 1000;
		} else if (!strcmp(argv[i], "initiator")) {
			asked_initiator = true;
		} else if (!strcmp(argv[i], "target")) {
			asked_target = true;
		} else if (argv[i][0] != '-' && !asked_name) {
			asked_name = argv[i];
		} else {
			return usage("doctor", format("unexpected %s", quote(argv[i])));
		}
	}
	if (asked_initiator && asked_target)
		return usage("doctor", "initiator or target; without either both are checked");
	state = mmap(NULL, sizeof(*state), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (state == MAP_FAILED) {
		perror("iserctl");
		return EXIT_UNSEEN;
	}
	shared = &state->shared;
	if (asked_name && addr_parse(asked_name, &addr)) {
		shared->addr = addr;
		shared->addr_known = true;
	} else if (asked_name && !name_valid(asked_name)) {
		return usage("doctor", format("%s is no address", quote(asked_name)));
	}
	run(limit);
	for (kind = 0; kind < FINDING_COUNT; kind++)
		if (state->of_kind[kind] > SHOWN)
			printf("%u more of %s are not shown\n", state->of_kind[kind] - SHOWN,
			       kinds[kind].id);
	if (state->unseen > SHOWN_UNSEEN)
		printf("%u more of unseen are not shown\n", state->unseen - SHOWN_UNSEEN);
	printf("%u error%s, %u warning%s, %u note%s", state->counts[ERROR],
	       plural(state->counts[ERROR]), state->counts[WARNING], plural(state->counts[WARNING]),
	       state->counts[NOTE], plural(state->counts[NOTE]));
	if (state->unseen)
		printf("; could not see %u thing%s%s", state->unseen, plural(state->unseen),
		       geteuid() ? ", root may" : "");
	putchar('\n');
	return state->counts[ERROR] ? EXIT_FOUND : state->unseen ? EXIT_UNSEEN : 0;
}
