// SPDX-License-Identifier: GPL-2.0-only
/*
 * iosweep - write and read one disk with transfers of chosen sizes, through
 * memory cut into chosen segments, and compare every byte, also of the sectors
 * before and behind each transfer.
 *
 * iosweep [-o OFFSET] [-g SEGMENT] DEVICE SIZE...
 *   -o  each segment begins this many bytes into a page (multiple of 512)
 *   -g  length of a segment (default: one segment)
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define SECTOR	512
#define PAGE	4096
#define MAX_SEG	1024

static const char *device;

static void die(const char *what, size_t size)
{
	fprintf(stderr, "iosweep: %s: %s, size %zu: %s\n", device, what, size,
		errno ? strerror(errno) : "see above");
	exit(1);
}

/* Bytes that show where they belong and in which round they were written. */
static void fill(unsigned char *p, size_t bytes, uint64_t place, uint32_t round)
{
	size_t i;

	for (i = 0; i < bytes; i++) {
		uint64_t x = (place + i) * 0x9e3779b97f4a7c15ull +
			     round * 0x632be59bull;

		p[i] = x >> 37;
	}
}

static void *pages(size_t bytes)
{
	void *p;

	if (posix_memalign(&p, PAGE, bytes + PAGE))
		exit(1);
	memset(p, 0xee, bytes + PAGE);
	return p;
}

/* Divides SIZE bytes into segments that each start OFFSET into a page of their own. */
static int cut(struct iovec *iov, unsigned char *mem, size_t size,
	       size_t offset, size_t segment)
{
	size_t stride = (segment + offset + PAGE - 1) / PAGE * PAGE;
	int n = 0;

	while (size) {
		size_t len = size < segment ? size : segment;

		if (n == MAX_SEG) {
			fprintf(stderr, "iosweep: more than %d segments\n", n);
			exit(2);
		}
		iov[n].iov_base = mem + n * stride + offset;
		iov[n].iov_len = len;
		size -= len;
		n++;
	}
	return n;
}

static void scatter(struct iovec *iov, int n, const unsigned char *flat)
{
	for (; n; n--, iov++) {
		memcpy(iov->iov_base, flat, iov->iov_len);
		flat += iov->iov_len;
	}
}

static void compare(size_t size, const unsigned char *got,
		    const unsigned char *wanted, size_t bytes, const char *where)
{
	size_t i;

	for (i = 0; i < bytes; i++) {
		if (got[i] == wanted[i])
			continue;
		fprintf(stderr, "iosweep: %s: byte %zu is %02x, wanted %02x\n",
			where, i, got[i], wanted[i]);
		errno = 0;
		die("data differ", size);
	}
}

static void one(int fd, size_t size, size_t offset, size_t segment,
		uint32_t round)
{
	static struct iovec iov[MAX_SEG];
	size_t around = size + 2 * SECTOR, seg = segment ? segment : size;
	size_t room = (size / seg + 2) * (seg + 2 * PAGE);
	unsigned char *wanted = pages(around), *whole = pages(around);
	unsigned char *mem = pages(room), *flat = pages(size), *p = flat;
	off_t base = PAGE * (1 + round % 7);
	int n, i;

	/* The bytes around the transfer must stay as they were. */
	fill(wanted, around, base, round);
	if (pwrite(fd, wanted, around, base) != (ssize_t)around)
		die("first write", around);
	fill(wanted + SECTOR, size, base + SECTOR, round + 1);
	n = cut(iov, mem, size, offset, seg);
	scatter(iov, n, wanted + SECTOR);
	if (pwritev(fd, iov, n, base + SECTOR) != (ssize_t)size)
		die("write", size);
	if (pread(fd, whole, around, base) != (ssize_t)around)
		die("read back", around);
	compare(size, whole, wanted, around, "after write");

	memset(mem, 0xee, room);
	if (preadv(fd, iov, n, base + SECTOR) != (ssize_t)size)
		die("read", size);
	for (i = 0; i < n; i++) {
		memcpy(p, iov[i].iov_base, iov[i].iov_len);
		p += iov[i].iov_len;
	}
	compare(size, flat, wanted + SECTOR, size, "after read");
	free(wanted);
	free(whole);
	free(mem);
	free(flat);
}

int main(int argc, char **argv)
{
	size_t offset = 0, segment = 0;
	uint32_t round = getpid();
	int fd, opt, count = 0;

	while ((opt = getopt(argc, argv, "o:g:")) != -1) {
		if (opt == 'o')
			offset = strtoul(optarg, NULL, 0);
		else if (opt == 'g')
			segment = strtoul(optarg, NULL, 0);
		else
			return 2;
	}
	if (argc - optind < 2 || offset % SECTOR || segment % SECTOR) {
		fputs("usage: iosweep [-o OFFSET] [-g SEGMENT] DEVICE SIZE...\n",
		      stderr);
		return 2;
	}
	device = argv[optind++];
	fd = open(device, O_RDWR | O_DIRECT);
	if (fd < 0)
		die("open", 0);
	for (; optind < argc; optind++, count++, round += 2)
		one(fd, strtoul(argv[optind], NULL, 0), offset, segment, round);
	printf("%d sizes compared\n", count);
	return 0;
}
