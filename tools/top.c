// SPDX-License-Identifier: GPL-2.0-only
/*
 * iserctl top: what each session does at the moment, on a terminal until it is told to end,
 * or as plain text.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "top.h"

#define INTERVAL 2.0
#define LINE_MOST 1024

static const char missing[] = "The kernel does not show: STags of one connection, "
			      "and what a session without an ACL does.";

struct snapshot {
	struct row *rows;
	size_t count, room;		/* room: in bytes */
	double at;
	bool complete;
};

/* A row of the snapshot with its rates; a negative one is not known. */
struct line {
	const struct row *row;
	double rate[COUNTERS];
};

static struct snapshot before, now;
static struct line *lines;
static struct line all[KINDS];
static struct row sums[KINDS];
static size_t first[KINDS + 1];

static volatile sig_atomic_t asked_end, asked_stop, resized;
static sigset_t waiting;		/* signals that wait() does not let through */
static struct termios saved;
static bool screen, keys;
static const char *failed;		/* why there is no snapshot */

/* ---- the snapshot ---- */

static pid_t snapshot_begin(int *from, bool quiet)
{
	int fds[2];
	pid_t child;

	if (pipe2(fds, O_CLOEXEC))
		return -1;
	child = fork();
	if (!child) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* The terminal is that of the parent. */
		screen = false;
		dup2(null, 0);
		dup2(null, 1);
		/* What can't be seen is told once, and not into the picture. */
		if (quiet)
			dup2(null, 2);
		snapshot_write(fds[1]);
		_exit(0);
	}
	close(fds[1]);
	*from = fds[0];
	if (child < 0)
		close(fds[0]);
	return child;
}

/* Adds what can be read. False at the end. */
static bool snapshot_read(struct snapshot *to, int from, size_t *bytes)
{
	const struct row *last;
	ssize_t got;

	if (*bytes + sizeof(*to->rows) > to->room) {
		to->room = to->room * 2 + 64 * sizeof(*to->rows);
		to->rows = realloc(to->rows, to->room);
		if (!to->rows) {
			perror("iserctl");
			exit(EXIT_UNSEEN);
		}
	}
	got = read(from, (char *)to->rows + *bytes, to->room - *bytes);
	if (got > 0)
		*bytes += got;
	to->count = *bytes / sizeof(*to->rows);
	last = to->count ? &to->rows[to->count - 1] : NULL;
	if (last && last->kind == END_ROW) {
		to->complete = !last->incomplete;
		to->at = last->at;
		to->count--;
		return false;
	}
	return got > 0;
}

/* ---- rates ---- */

static int by_key(const void *a, const void *b)
{
	const struct row *left = a, *right = b;

	return (left->key > right->key) - (left->key < right->key);
}

/* What is greater than before only because it begins again at zero is no rate. */
static double rate_of(const struct row *from, const struct row *to, enum counter counter)
{
	uint64_t old = from->counter[counter], new = to->counter[counter], more = new - old;

	if (old == UNKNOWN || new == UNKNOWN)
		return -1;
	/* ExpCmdSN has 32 bits. */
	if (counter == COMMANDS)
		more = (uint32_t)more;
	if (more >> (counter == COMMANDS ? 31 : 63) || to->at <= from->at)
		return -1;
	return more / (to->at - from->at);
}

static void add_to(double *sum, double more)
{
	if (more >= 0)
		*sum = (*sum < 0 ? 0 : *sum) + more;
}

static double load(const struct line *line)
{
	double bytes = 0, number = 0;
	enum counter i;

	for (i = 0; i < COUNTERS; i++)
		add_to(i < BYTES_READ ? &number : &bytes, line->rate[i]);
	/* What moves no bytes comes after what does. */
	return bytes + number / 1e3;
}

/* By kind, then the busiest first, then as before. */
static int by_load(const void *a, const void *b)
{
	const struct line *left = a, *right = b;
	double one = load(left), other = load(right);

	if (left->row->kind != right->row->kind)
		return left->row->kind < right->row->kind ? -1 : 1;
	if (one != other)
		return one > other ? -1 : 1;
	return left->row < right->row ? -1 : 1;
}

static void all_begin(enum kind kind)
{
	struct row *sum = &sums[kind];
	enum counter i;

	memset(sum, 0, sizeof(*sum));
	memset(sum->gauge, 0xff, sizeof(sum->gauge));
	sum->kind = kind;
	strcpy(sum->name, "all");
	strcpy(sum->state, "-");
	strcpy(sum->device, "-");
	strcpy(sum->disks, "-");
	all[kind].row = sum;
	for (i = 0; i < COUNTERS; i++)
		all[kind].rate[i] = -1;
}

static void all_add(const struct line *line)
{
	struct line *sum = &all[line->row->kind];
	uint64_t *total = sums[line->row->kind].gauge;
	const uint64_t *gauge = line->row->gauge;
	size_t i;

	for (i = 0; i < COUNTERS; i++)
		add_to(&sum->rate[i], line->rate[i]);
	for (i = 0; i < GAUGES; i++)
		if (gauge[i] != UNKNOWN)
			total[i] = (total[i] == UNKNOWN ? 0 : total[i]) + gauge[i];
}

/* Rates of what both snapshots have. The one before is sorted by key here. */
static void rates_make(void)
{
	enum counter i;
	size_t n, kind;

	free(lines);
	lines = take((now.count + 1) * sizeof(*lines));
	if (before.count)
		qsort(before.rows, before.count, sizeof(*before.rows), by_key);
	for (kind = 0; kind < KINDS; kind++)
		all_begin(kind);
	memset(first, 0, sizeof(first));
	for (n = 0; n < now.count; n++) {
		const struct row *row = &now.rows[n];
		const struct row *old = before.count ? bsearch(row, before.rows, before.count,
							       sizeof(*row), by_key) :
						       NULL;

		lines[n].row = row;
		for (i = 0; i < COUNTERS; i++)
			lines[n].rate[i] = old ? rate_of(old, row, i) : -1;
		all_add(&lines[n]);
		first[row->kind + 1]++;
	}
	qsort(lines, now.count, sizeof(*lines), by_load);
	for (kind = 0; kind < KINDS; kind++)
		first[kind + 1] += first[kind];
}

static size_t count_of(enum kind kind)
{
	return first[kind + 1] - first[kind];
}

/* ---- the picture ---- */

static struct winsize size;

static void print(const char *text)
{
	if (screen)
		printf("%.*s\033[K\n", size.ws_col ? size.ws_col : 80, text);
	else
		puts(text);
}

static void print_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void print_line(const char *fmt, ...)
{
	char text[LINE_MOST];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	print(text);
}

#define CELL 24

static char *rate_text(char cell[CELL], double rate)
{
	if (rate < 0)
		return strcpy(cell, "-");
	snprintf(cell, CELL, rate < 1000 ? "%.1f" : "%.0f", rate);
	return cell;
}

/* In 10^6 bytes each second. */
static char *bytes_text(char cell[CELL], double rate)
{
	return rate_text(cell, rate < 0 ? rate : rate / 1e6);
}

static char *gauge_text(char cell[CELL], uint64_t gauge)
{
	if (gauge == UNKNOWN)
		return strcpy(cell, "-");
	snprintf(cell, CELL, "%llu", (unsigned long long)gauge);
	return cell;
}

static char *credits_text(char cell[CELL], const struct row *row)
{
	char used[CELL], most[CELL];

	snprintf(cell, CELL, "%.11s/%.11s", gauge_text(used, row->gauge[CREDITS_USED]),
		 gauge_text(most, row->gauge[CREDITS]));
	return cell;
}

static void line_print(const struct line *line)
{
	char a[CELL], b[CELL], c[CELL], d[CELL], e[CELL], f[CELL];
	const struct row *row = line->row;

	switch (row->kind) {
	case SESSION_ROW:
		print_line("%9s %9s %9s %10s %7s %9s %-9s %-8s %-7s %s",
			   rate_text(a, line->rate[READS]), rate_text(b, line->rate[WRITES]),
			   bytes_text(c, line->rate[BYTES_READ]),
			   bytes_text(d, line->rate[BYTES_WRITTEN]),
			   gauge_text(e, row->gauge[QUEUED]), credits_text(f, row), row->state,
			   row->device, row->disks, row->name);
		break;
	case TARGET_ROW:
		print_line("%10s %9s %10s %9s %-9s %s", rate_text(a, line->rate[COMMANDS]),
			   bytes_text(b, line->rate[BYTES_READ]),
			   bytes_text(c, line->rate[BYTES_WRITTEN]), credits_text(d, row),
			   row->state, row->name);
		break;
	default:
		print_line("%11s %11s %17s %7s  %s", gauge_text(a, row->gauge[CONNECTIONS]),
			   gauge_text(b, row->gauge[QUEUE_PAIRS]),
			   gauge_text(c, row->gauge[COMPLETION_QUEUES]),
			   gauge_text(d, row->gauge[MEMORY_REGIONS]), row->name);
	}
}

#define SESSION_HEAD \
	"  reads/s  writes/s read-MB/s write-MB/s  queued   credits state     device   disks   " \
	"session target"

static const char *const heads[KINDS] = {
	[DEVICE_ROW] = "connections queue-pairs completion-queues   stags  device",
	[SESSION_ROW] = SESSION_HEAD,
	[TARGET_ROW] = "commands/s read-MB/s write-MB/s   credits state     initiator target",
};

/*
 * How many rows of each kind fit: in turn one more of each, as long as there is room. The
 * first one of a kind comes with a blank line, the head, and the sum if there are others.
 */
static void rows_share(size_t shown[KINDS])
{
	static const enum kind order[KINDS] = { SESSION_ROW, TARGET_ROW, DEVICE_ROW };
	size_t i, left = size.ws_row > 2 ? size.ws_row - 2 : 0;
	bool more = screen;

	for (i = 0; i < KINDS; i++)
		shown[i] = screen ? 0 : count_of(i);
	while (more) {
		more = false;
		for (i = 0; i < KINDS; i++) {
			size_t count = count_of(order[i]), *rows = &shown[order[i]];
			size_t needs = *rows ? 1 : count > 1 && order[i] != DEVICE_ROW ? 4 : 3;

			if (*rows == count || needs > left)
				continue;
			(*rows)++;
			left -= needs;
			more = true;
		}
	}
}

static const char *counted(char cell[96], enum kind kind, size_t shown, const char *what)
{
	size_t count = count_of(kind);

	if (shown < count)
		snprintf(cell, 96, "%s: %zu of %zu", what, shown, count);
	else
		snprintf(cell, 96, "%s: %zu", what, count);
	return cell;
}

static void title_print(const size_t shown[KINDS])
{
	char time_text[32] = "", over[48] = "the first rates follow", a[96], b[96], c[96];
	time_t seconds = time(NULL);
	struct tm local;

	if (localtime_r(&seconds, &local))
		strftime(time_text, sizeof(time_text), "%H:%M:%S", &local);
	if (before.at > 0)
		snprintf(over, sizeof(over), "over %.3f s", now.at - before.at);
	print_line("iserctl top %s, %s; %s; %s; %s%s", time_text, over,
		   counted(a, DEVICE_ROW, shown[DEVICE_ROW], "RDMA devices"),
		   counted(b, SESSION_ROW, shown[SESSION_ROW], "sessions"),
		   counted(c, TARGET_ROW, shown[TARGET_ROW], "sessions of the target"),
		   now.complete ? "" : "; not all could be seen");
}

static void show(void)
{
	size_t shown[KINDS], kind, i;

	if (screen) {
		if (ioctl(1, TIOCGWINSZ, &size) || !size.ws_row)
			size.ws_row = 24;
		fputs("\033[H", stdout);
	}
	rows_share(shown);
	title_print(shown);
	for (kind = 0; kind < KINDS; kind++) {
		if (!shown[kind])
			continue;
		print("");
		print(heads[kind]);
		if (kind != DEVICE_ROW && count_of(kind) > 1)
			line_print(&all[kind]);
		for (i = 0; i < shown[kind]; i++)
			line_print(&lines[first[kind] + i]);
	}
	if (screen)
		printf("\033[J\033[%u;1Hq: end. %.*s\033[K", size.ws_row,
		       size.ws_col > 10 ? size.ws_col - 10 : 0, missing);
	else
		print("");
	fflush(stdout);
}

/* ---- the terminal ---- */

static void on_signal(int number)
{
	if (number == SIGWINCH)
		resized = 1;
	else if (number == SIGTSTP)
		asked_stop = 1;
	else
		asked_end = 1;
}

static void screen_begin(void)
{
	struct termios raw;

	screen = true;
	keys = !tcgetattr(0, &saved);
	if (keys) {
		raw = saved;
		raw.c_lflag &= ~(ICANON | ECHO);
		/* A signal takes keys away that poll() has seen, and nothing waits for others. */
		raw.c_cc[VMIN] = 0;
		raw.c_cc[VTIME] = 0;
		tcsetattr(0, TCSANOW, &raw);
	}
	/* The other screen, without a cursor. */
	fputs("\033[?1049h\033[?25l", stdout);
}

static void screen_end(void)
{
	if (!screen)
		return;
	screen = false;
	fputs("\033[?25h\033[?1049l", stdout);
	fflush(stdout);
	if (keys)
		tcsetattr(0, TCSANOW, &saved);
}

static void signals_begin(void)
{
	static const int numbers[] = {
		SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP
	};
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t none;
	size_t i;

	sigemptyset(&none);
	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		/* Text that is not on a screen may be stopped as any program. */
		if (!screen && (numbers[i] == SIGTSTP || numbers[i] == SIGWINCH))
			continue;
		sigaddset(&none, numbers[i]);
		sigaction(numbers[i], &action, NULL);
	}
	/* They arrive while it waits only, so that none is missed just before. */
	sigprocmask(SIG_BLOCK, &none, &waiting);
}

static void signals_serve(void)
{
	if (asked_stop) {
		asked_stop = 0;
		screen_end();
		raise(SIGSTOP);
		screen_begin();
		resized = 1;
	}
	if (resized) {
		resized = 0;
		show();
	}
}

static void key_read(void)
{
	char key;

	if (read(0, &key, 1) == 1 && (key == 'q' || key == 'Q'))
		asked_end = 1;
}

/*
 * Until there is something to read, or until a time in milliseconds has come. False: it shall
 * end, or the time has come.
 */
static bool ready(int from, long until)
{
	while (!asked_end) {
		struct pollfd fds[2] = { { .fd = from, .events = POLLIN },
					 { .fd = screen && keys ? 0 : -1, .events = POLLIN } };
		long left = until < 0 ? 1000 : until - milliseconds();
		struct timespec limit = { left / 1000, left % 1000 * 1000000 };
		int found = left > 0 ? ppoll(fds, 2, &limit, &waiting) : 0;

		signals_serve();
		/*
		 * The terminal has gone. SIGHUP says so too, but ppoll() lets a signal through
		 * only if it has to wait.
		 */
		if (found > 0 && fds[1].revents & (POLLHUP | POLLERR | POLLNVAL))
			asked_end = 1;
		else if (found > 0 && fds[1].revents)
			key_read();
		if (found > 0 && fds[0].revents)
			return true;
		if (left <= 0)
			return false;
	}
	return false;
}

/* False: it shall end, or there is none. */
static bool snapshot_take(bool quiet)
{
	struct snapshot spare = before;
	size_t bytes = 0;
	int from, code;
	pid_t child;

	fflush(stdout);
	child = snapshot_begin(&from, quiet);
	if (child < 0) {
		failed = strerror(errno);
		return false;
	}
	spare.at = 0;
	while (ready(from, -1) && snapshot_read(&spare, from, &bytes))
		;
	close(from);
	/* It may be stuck in the kernel for good, so it is not waited for. */
	if (asked_end)
		kill(child, SIGKILL);
	else
		waitpid(child, &code, 0);
	/* The one before may have moved to other memory. */
	before = spare;
	if (asked_end)
		return false;
	if (!spare.at) {
		failed = "the process that reads the counters has ended";
		return false;
	}
	before = now;
	now = spare;
	return true;
}

static int arguments(int argc, char **argv, double *interval, long *count)
{
	int i;

	for (i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";
		bool number = made_of(value, ".") && strspn(value, "0123456789.") == strlen(value);
		char *end = "";

		if (!strcmp(argv[i], "--interval")) {
			*interval = number ? strtod(value, &end) : 0;
			if (*end || *interval < 0.1 || *interval > 3600)
				return usage("top",
					     "--interval wants a number of seconds, 0.1 to 3600");
			i++;
		} else if (!strcmp(argv[i], "-n")) {
			*count = number ? number_of(value, 1000000000) : 0;
			if (!*count)
				return usage("top", "-n wants a number of views, 1 or more");
			i++;
		} else {
			return usage("top", format("unexpected %s", quote(argv[i])));
		}
	}
	return 0;
}

int top(int argc, char **argv)
{
	double interval = INTERVAL;
	long count = 0, next;
	bool going;

	if (arguments(argc, argv, &interval, &count))
		return EXIT_USAGE;
	screen = isatty(1) && getenv("TERM") && strcmp(getenv("TERM"), "dumb");
	signals_begin();
	next = milliseconds();
	going = snapshot_take(false);
	if (going && screen) {
		/* Also if there is no memory to go on. */
		atexit(screen_end);
		screen_begin();
		rates_make();
		show();
	} else if (going) {
		print(missing);
		print("");
		fflush(stdout);
	}
	while (going) {
		/* A snapshot that took too long does not make the next ones follow at once. */
		next += interval * 1000;
		if (next < milliseconds())
			next = milliseconds();
		ready(-1, next);
		if (asked_end || !snapshot_take(true))
			break;
		rates_make();
		show();
		if (ferror(stdout) || (count && !--count))
			break;
	}
	screen_end();
	if (failed)
		fprintf(stderr, "iserctl top: %s; see what iserctl status says\n", failed);
	return failed || (now.at > 0 && !now.complete) ? EXIT_UNSEEN : 0;
}
