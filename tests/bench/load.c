// SPDX-License-Identifier: GPL-2.0-only
/*
 * load DEVICE[,DEVICE]... PATTERN SIZE DEPTH NUMBER [BEFORE]
 * load start | stop
 *
 * Keeps DEPTH I/Os of SIZE bytes (4k) under way, of PATTERN read, write, randread
 * or randwrite, as fio does with libaio and direct=1. Devices have their turn one
 * after another. First some that do not count;
 * then NUMBER of them end between two markers, instructions that do nothing but
 * are known to counter.c. The queue is full at both. Prints the nanoseconds between.
 * With a NUMBER of 0 there are only those that do not count, and no marker.
 *
 * With one word it only executes one of the markers, around something else.
 *
 * Not fio: what it does before and after the I/Os differs from run to run by more
 * than what is to be measured.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* nopl 0x125e15NN(%rax,%rax,1) */
#define MARK(n) __asm__ volatile(".byte 0x0f, 0x1f, 0x84, 0x00, " #n ", 0x15, 0x5e, 0x12" ::: "memory")

#define AREA	(48ul << 20)	/* of the device */
#define DEPTH	128
#define DEVICES	1024
#define BEFORE	200

static struct iocb iocbs[DEPTH];
static aio_context_t context;
static size_t size;
static int random_order;
static int devices[DEVICES], devices_count;

static void die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* The same numbers in each run. */
static unsigned long next_offset(void)
{
	static unsigned long state = 1, at;

	if (random_order) {
		state = state * 6364136223846793005ul + 1442695040888963407ul;
		return (state >> 33) % (AREA / size) * size;
	}
	at = (at + size) % AREA;
	return at;
}

static void submit(struct iocb *iocb)
{
	static unsigned int turn;

	iocb->aio_fildes = devices[turn++ % devices_count];
	iocb->aio_offset = next_offset();
	if (syscall(SYS_io_submit, context, 1, &iocb) != 1)
		die("io_submit");
}

/* @number more I/Os end, and as many begin. */
static void go_on(long number)
{
	struct io_event events[DEPTH];
	long n, i;

	while (number > 0) {
		n = syscall(SYS_io_getevents, context, 1,
			    number < DEPTH ? number : DEPTH, events, NULL);
		if (n < 1)
			die("io_getevents");
		for (i = 0; i < n; i++) {
			if (events[i].res != (long long)size) {
				errno = -(int)events[i].res;
				die("I/O");
			}
			submit((struct iocb *)(unsigned long)events[i].obj);
		}
		number -= n;
	}
}

static long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000l + t.tv_nsec;
}

static void devices_open(char *names)
{
	char *name;
	int fd;

	for (name = strtok(names, ","); name; name = strtok(NULL, ",")) {
		fd = open(name, O_RDWR | O_DIRECT);
		if (fd < 0 || devices_count == DEVICES)
			die(name);
		devices[devices_count++] = fd;
	}
}

int main(int argc, char **argv)
{
	int i, depth, writes;
	long start, end, number, before;
	char *memory;

	if (argc == 2) {
		if (!strcmp(argv[1], "start"))
			MARK(1);
		else
			MARK(2);
		return 0;
	}
	if (argc != 6 && argc != 7)
		return 2;
	random_order = !strncmp(argv[2], "rand", 4);
	writes = strstr(argv[2], "write") != NULL;
	size = strtoul(argv[3], NULL, 10) << 10;
	depth = atoi(argv[4]);
	number = atol(argv[5]);
	before = argc == 7 ? atol(argv[6]) : BEFORE;
	if (!size || depth < 1 || depth > DEPTH)
		return 2;
	devices_open(argv[1]);
	memory = aligned_alloc(4096, depth * size);
	if (!memory || syscall(SYS_io_setup, DEPTH, &context))
		die("set-up");
	memset(memory, 0x5a, depth * size);
	for (i = 0; i < depth; i++) {
		iocbs[i].aio_lio_opcode = writes ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD;
		iocbs[i].aio_buf = (unsigned long)(memory + i * size);
		iocbs[i].aio_nbytes = size;
		submit(&iocbs[i]);
	}
	go_on(before + 2 * depth);
	if (!number)
		return 0;
	start = now_ns();
	MARK(1);
	go_on(number);
	MARK(2);
	end = now_ns();
	printf("%ld\n", end - start);
	return 0;
}
