// SPDX-License-Identifier: GPL-2.0-only
/*
 * iserctl bench: how fast a disk answers reads. It never writes to the disk.
 *
 * The reads go through the kernel's asynchronous I/O by its system calls: libaio adds
 * nothing to the four that are needed, and with a thread for each read the time of the
 * scheduler would be measured too.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define SECONDS 10
#define DEPTH_MOST 32
#define BLOCK_MOST (128 << 10)

/* Of each step the first part is not counted: a path that was idle has to wake up. */
#define WARM 0.1

const struct bench_step bench_steps[BENCH_STEPS] = {
	{ "4k", 4 << 10, 1 },
	{ "4k", 4 << 10, 32 },
	{ "128k", 128 << 10, 1 },
	{ "128k", 128 << 10, 32 },
};

static volatile sig_atomic_t asked_end;

static void on_signal(int number)
{
	(void)number;
	asked_end = 1;
}

/* ---- latencies: counts by nanoseconds, each power of two in 64 parts ---- */

#define PARTS 64
#define COUNTS (PARTS * 60)

static uint64_t counts[COUNTS];

static unsigned int count_index(uint64_t time)
{
	unsigned int power = time < PARTS ? 0 : 58 - __builtin_clzll(time);

	return time < PARTS ? time : power * PARTS + (time >> (power - 1)) - PARTS;
}

/* The time in the middle of those of an index, in microseconds. */
static double count_time(unsigned int index)
{
	unsigned int power = index / PARTS;

	if (!power)
		return index / 1e3;
	return (index % PARTS + PARTS + 0.5) * (1ULL << (power - 1)) / 1e3;
}

/* The time within which this part of all reads has ended, no more than that of the last. */
static double percentile(uint64_t total, double part, double max)
{
	uint64_t before = 0;
	unsigned int i;

	for (i = 0; i < COUNTS; i++) {
		before += counts[i];
		if (before && before >= total * part)
			return count_time(i) < max ? count_time(i) : max;
	}
	return 0;
}

/* ---- reading ---- */

struct slot {
	struct iocb read;
	double begun;
	char *buffer;
};

/* size: in bytes; queue: of the kernel; random: what chooses the next place */
struct disk {
	const char *path;
	int fd;
	uint64_t size;
	aio_context_t queue;
	struct slot slots[DEPTH_MOST];
	uint64_t random;
};

/* xorshift: the places are the same in each run, so that runs can be compared. */
static uint64_t next_random(struct disk *disk)
{
	disk->random ^= disk->random << 13;
	disk->random ^= disk->random >> 7;
	disk->random ^= disk->random << 17;
	return disk->random;
}

static bool read_begin(struct disk *disk, struct slot *slot, unsigned int block)
{
	struct iocb *read = &slot->read;

	memset(read, 0, sizeof(*read));
	read->aio_lio_opcode = IOCB_CMD_PREAD;
	read->aio_fildes = disk->fd;
	read->aio_buf = (uintptr_t)slot->buffer;
	read->aio_nbytes = block;
	read->aio_offset = next_random(disk) % (disk->size / block) * block;
	read->aio_data = slot - disk->slots;
	slot->begun = seconds();
	if (syscall(SYS_io_submit, disk->queue, 1, &read) == 1)
		return true;
	fprintf(stderr, "iserctl bench: can't read %s: %s\n", quote(disk->path), strerror(errno));
	return false;
}

static void progress(const struct bench_step *step, double done, double all)
{
	static double shown;

	if (!isatty(2)) {
		if (!done)
			fprintf(stderr, "reading %s, %u at a time, for %.1f s\n", step->block,
				step->depth, all);
		return;
	}
	if (done && seconds() - shown < 0.2)
		return;
	shown = seconds();
	fprintf(stderr, "\rreading %s, %u at a time: %.1f of %.1f s ", step->block, step->depth,
		done, all);
}

static void progress_end(void)
{
	if (isatty(2))
		fputs("\r\033[K", stderr);
}

static void read_failed(const struct disk *disk, const struct slot *slot, int64_t result)
{
	progress_end();
	fprintf(stderr, "iserctl bench: a read of %s at %lld has failed: %s\n",
		quote(disk->path), (long long)slot->read.aio_offset,
		result < 0 ? strerror(-result) : "too short");
}

/* Returns 0 or the exit code. */
static int measure(struct disk *disk, const struct bench_step *step, double limit,
		   struct bench_result *result)
{
	double begun = seconds(), from = begun + limit * WARM, until = begun + limit;
	unsigned int running = 0, i;
	uint64_t total = 0;
	int code = 0;

	memset(counts, 0, sizeof(counts));
	progress(step, 0, limit);
	for (i = 0; i < step->depth && !code; i++) {
		if (read_begin(disk, &disk->slots[i], step->size))
			running++;
		else
			code = EXIT_UNSEEN;
	}
	while (running) {
		struct timespec wait = { .tv_nsec = 200000000 };
		struct io_event events[DEPTH_MOST];
		long got = syscall(SYS_io_getevents, disk->queue, 1, DEPTH_MOST, events, &wait);
		double now = seconds();

		progress(step, now - begun, limit);
		for (i = 0; got > 0 && i < got; i++) {
			struct slot *slot = &disk->slots[events[i].data];
			double took = (now - slot->begun) * 1e6;

			running--;
			if (events[i].res != (int64_t)step->size && !code) {
				read_failed(disk, slot, events[i].res);
				code = EXIT_FOUND;
			}
			if (now >= from && now < until) {
				counts[count_index(took * 1e3)]++;
				total++;
				if (took > result->max)
					result->max = took;
			}
			if (code || now >= until || asked_end)
				continue;
			if (read_begin(disk, slot, step->size))
				running++;
			else
				code = EXIT_UNSEEN;
		}
	}
	progress_end();
	result->iops = total / (until - from);
	result->p50 = percentile(total, 0.5, result->max);
	result->p99 = percentile(total, 0.99, result->max);
	if (!code && !total && !asked_end) {
		fprintf(stderr, "iserctl bench: %s has answered no read in %.1f s\n",
			quote(disk->path), limit);
		code = EXIT_UNSEEN;
	}
	return code;
}

/* Returns 0 or the exit code. */
static int disk_open(struct disk *disk)
{
	const char *path = host_path(disk->path);
	struct stat info;
	unsigned int i;
	char *buffers;

	disk->fd = -1;
	if (!stat(path, &info)) {
		if (!S_ISBLK(info.st_mode) && !S_ISREG(info.st_mode)) {
			fprintf(stderr, "iserctl bench: %s is neither a disk nor a file\n",
				quote(disk->path));
			return EXIT_USAGE;
		}
		disk->fd = open(path, O_RDONLY | O_DIRECT | O_NONBLOCK | O_CLOEXEC);
	}
	if (disk->fd < 0) {
		fprintf(stderr, "iserctl bench: can't open %s: %s%s\n", quote(disk->path),
			strerror(errno),
			errno == EINVAL ? "; its file system can't read past the cache" :
			errno == EACCES ? "; root may" :
					  "");
		return errno == ENOENT ? EXIT_USAGE : EXIT_UNSEEN;
	}
	disk->size = info.st_size;
	if (S_ISBLK(info.st_mode) && ioctl(disk->fd, BLKGETSIZE64, &disk->size))
		disk->size = 0;
	if (disk->size < BLOCK_MOST) {
		fprintf(stderr, "iserctl bench: %s has less than 128 KiB\n", quote(disk->path));
		return EXIT_USAGE;
	}
	buffers = aligned_alloc(4096, (size_t)DEPTH_MOST * BLOCK_MOST);
	if (!buffers || syscall(SYS_io_setup, DEPTH_MOST, &disk->queue)) {
		fprintf(stderr, "iserctl bench: no asynchronous I/O: %s%s\n", strerror(errno),
			errno == EAGAIN ? "; raise fs.aio-max-nr by sysctl" : "");
		return EXIT_UNSEEN;
	}
	for (i = 0; i < DEPTH_MOST; i++)
		disk->slots[i].buffer = buffers + (size_t)i * BLOCK_MOST;
	disk->random = 0x9e3779b97f4a7c15ULL;
	return 0;
}

/* ---- which disk ---- */

static const struct session *session_of(const char *name, const char *number)
{
	const struct session *session;
	size_t i, count;
	char **disk;

	session = sessions(&count);
	for (i = 0; i < count; i++) {
		if (number && session[i].number == strtoul(number, NULL, 10))
			return &session[i];
		for (disk = session[i].disks; !number && *disk; disk++)
			if (!strcmp(*disk, name))
				return &session[i];
	}
	return NULL;
}

/*
 * Finds the disk, and what it is called from one run to the next: names of disks change, and
 * two sessions may lead to one disk. Returns 0 or the exit code.
 */
static int disk_find(const char *what, struct disk *disk, const char **title, const char **key)
{
	const bool number = strspn(what, "0123456789") == strlen(what);
	const struct session *session = number ? session_of(NULL, what) : NULL;
	const char *name, *wwid, *path;

	if (number && !session) {
		fprintf(stderr, "iserctl bench: no session %s; see iserctl status\n", what);
		return EXIT_USAGE;
	}
	if (session && !*session->disks) {
		fprintf(stderr, "iserctl bench: session %s has no disk\n", what);
		return EXIT_UNSEEN;
	}
	if (session)
		what = *session->disks;
	disk->path = strchr(what, '/') ? what : format("/dev/%s", what);
	path = real_path(disk->path);
	path = path ? path + strlen(root) : disk->path;
	name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	if (!session)
		session = session_of(name, NULL);
	wwid = attribute(format("/sys/class/block/%s/device", name), "wwid");
	*title = quote(disk->path);
	*key = quote(wwid ? wwid : path);
	if (session) {
		const char *way = format("%s at %s port %s", quote(session->target),
					 quote(session->address ? session->address : "none"),
					 quote(session->port ? session->port : "none"));

		*title = format("%s, session %u to %s%s", *title, session->number, way,
				session->iser ? "" : ", which uses TCP");
		*key = quote(format("%s %s", wwid ? wwid : path, way));
	}
	return 0;
}

/* ---- the command ---- */

static void results_print(const struct bench_result results[BENCH_STEPS])
{
	size_t i;

	puts("block  depth       IOPS      MB/s     p50-us     p99-us     max-us");
	for (i = 0; i < BENCH_STEPS; i++)
		printf("%-5s %6u %10.0f %9.1f %10.1f %10.1f %10.1f\n", bench_steps[i].block,
		       bench_steps[i].depth, results[i].iops,
		       results[i].iops * bench_steps[i].size / 1e6, results[i].p50, results[i].p99,
		       results[i].max);
}

static const char *change(double from, double to)
{
	return from > 0 ? format("%+.1f%%", (to / from - 1) * 100) : "-";
}

static void changes_print(const struct bench_result old[BENCH_STEPS],
			  const struct bench_result new[BENCH_STEPS], time_t when)
{
	char text[32] = "";
	struct tm local;
	size_t i;

	if (localtime_r(&when, &local))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &local);
	printf("\nchange since %s\n", text);
	puts("block  depth       IOPS     p50-us     p99-us     max-us");
	for (i = 0; i < BENCH_STEPS; i++)
		printf("%-5s %6u %10s %10s %10s %10s\n", bench_steps[i].block,
		       bench_steps[i].depth, change(old[i].iops, new[i].iops),
		       change(old[i].p50, new[i].p50),
		       change(old[i].p99, new[i].p99), change(old[i].max, new[i].max));
}

int bench(int argc, char **argv)
{
	struct bench_result results[BENCH_STEPS] = { 0 }, old[BENCH_STEPS] = { 0 };
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESETHAND };
	const char *what = NULL, *file = NULL, *title, *key;
	struct disk *disk = take(sizeof(*disk));
	long limit = SECONDS;
	time_t when;
	int i, code;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--time")) {
			limit = number_of(argv[++i], 3600);
			if (!limit)
				return usage("bench",
					     "--time wants a number of seconds, 1 to 3600");
		} else if (!strcmp(argv[i], "--file")) {
			file = i + 1 < argc ? argv[++i] : "";
			if (!*file)
				return usage("bench", "--file wants the name of a file");
		} else if (argv[i][0] && argv[i][0] != '-' && !what) {
			what = argv[i];
		} else {
			return usage("bench", format("unexpected %s", quote(argv[i])));
		}
	}
	if (!what)
		return usage("bench", "which disk, or which session?");
	code = disk_find(what, disk, &title, &key);
	if (code)
		return code;
	if (!file)
		file = bench_file();
	code = bench_load(file, key, old, &when);
	if (!code)
		code = disk_open(disk);
	if (code)
		return code;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	printf("%s: random reads, %ld s\n", title, limit);
	fflush(stdout);
	for (i = 0; i < BENCH_STEPS && !code; i++) {
		code = measure(disk, &bench_steps[i], (double)limit / BENCH_STEPS, &results[i]);
		if (asked_end && !code) {
			fputs("iserctl bench: interrupted, nothing is stored\n", stderr);
			code = EXIT_UNSEEN;
		}
	}
	if (code)
		return code;
	results_print(results);
	if (when)
		changes_print(old, results, when);
	else
		printf("\nno earlier result of it in %s\n", quote(file));
	return bench_store(file, key, results);
}
