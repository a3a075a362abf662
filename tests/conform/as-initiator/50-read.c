// SPDX-License-Identifier: GPL-2.0-only
/* Data of reads: sections 7.3.1, 7.3.5, 9.5.2. */
#include "conform.h"

/* Writes the bytes of fill(@seed) to blocks of the disk.  Return: the first block. */
static uint32_t prepare(struct conn *c, uint32_t len, uint32_t seed)
{
	struct mem *m = mem_new(c, len, WRITE_SOURCE);
	uint32_t lba = free_block(c);

	fill(m->p, len, seed);
	command(c, write_blocks(c, lba, m, 0));
	return lba;
}

static void read_back(struct conn *c, struct mem *m, uint32_t lba, uint32_t seed)
{
	command(c, read_blocks(c, lba, m));
	expect_fill(m->p, m->len, seed, 0, "data of the read");
	expect_guards(m);
}

CASE(initiator, "read/sizes", "R-7.3.5-1 R-7.3.5-3 R-7.3.5-5 R-9.5.2-1 D-6-1 D-8.2-2",
     "reads of 1 block to 1 MiB: the data are there with the response, nothing beside them")
{
	static const uint32_t lens[] = { 512, 4096, 8192, 65536, 69632, 262144, 1048576 };
	struct conn *c = session("");
	uint32_t lba = prepare(c, 1048576, 50);
	unsigned int i;

	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++)
		if (lens[i] >= block_size(c))
			read_back(c, mem_new(c, lens[i], READ_SINK), lba, 50);
}

CASE(initiator, "read/no-data-in", "R-7.1-1 R-7.3.5-3",
     "the only message that comes of a read is its SCSI Response")
{
	struct conn *c = session("");
	struct mem *m = mem_new(c, 65536, READ_SINK);

	command(c, read_blocks(c, free_block(c), m));
	nothing_else(c);
}

CASE(initiator, "read/status-apart", "R-3.3-5 R-7.3.5-13 R-7.3.2-1",
     "the status of a read comes in a SCSI Response")
{
	struct conn *c = session("");
	struct mem *m = mem_new(c, 36, READ_SINK);
	struct rx *rx = command(c, inquiry(c, m, 36));

	check(rx->opcode == ISCSI_RESPONSE && rx->bhs[1] & FINAL, "flags %02x", rx->bhs[1]);
}

CASE(initiator, "read/exact-region", "R-7.3.5-5",
     "a region of exactly the read's length is enough")
{
	struct conn *c = session("");
	uint32_t lba = prepare(c, 65536, 51);

	read_back(c, mem_exact(c, 65536, READ_SINK, 0), lba, 51);
}

CASE(initiator, "read/odd-base", "R-7.3.5-4 R-4.1-6",
     "Read Base Offsets that are not aligned")
{
	static const uint32_t skews[] = { 1, 3, 4, 511, 2048, 4095 };
	struct conn *c = session("");
	uint32_t lba = prepare(c, 65536, 52);
	unsigned int i;

	for (i = 0; i < sizeof(skews) / sizeof(skews[0]); i++)
		read_back(c, mem_exact(c, 65536, READ_SINK, skews[i]), lba, 52);
}

CASE(initiator, "read/base-zero", "R-7.3.5-4 O-7.3.5-1 O-7.3.1-1",
     "Read Base Offset 0, as an old peer has it")
{
	struct conn *c = session("");
	uint32_t lba = prepare(c, 65536, 53);

	read_back(c, mem_at(c, 65536, READ_SINK, 0), lba, 53);
}

CASE(initiator, "read/base-high", "R-7.3.5-4",
     "Read Base Offset beyond 2^63: all 64 bits count")
{
	struct conn *c = session("");
	uint32_t lba = prepare(c, 262144, 54);

	read_back(c, mem_at(c, 262144, READ_SINK, 0xfedcba9800000000ULL), lba, 54);
}

CASE(initiator, "read/base-4g", "R-7.3.5-4 R-7.3.1-15",
     "a buffer across a multiple of 4 GiB: the carry is kept")
{
	struct conn *c = session("");
	uint32_t lba = prepare(c, 262144, 55);

	read_back(c, mem_at(c, 262144, READ_SINK, 0x2fffff000ULL), lba, 55);
}

CASE(initiator, "read/underflow", "R-7.3.5-5",
     "less data than asked for: the rest of the buffer stays, the residual is right")
{
	struct conn *c = session("");
	struct mem *m = mem_new(c, 4096, READ_SINK);
	struct rx *rx = ask(c, inquiry(c, m, 36), ISCSI_RESPONSE);

	check(!rx->bhs[3] && (rx->bhs[1] & 2), "status %02x, flags %02x", rx->bhs[3], rx->bhs[1]);
	check(get32(rx->bhs + 44) == 4096 - 36, "the residual is %u", get32(rx->bhs + 44));
	expect_untouched(m, 36);
}

CASE(initiator, "read/overflow", "R-7.3.1-15 R-7.3.5-5",
     "more data than the buffer holds: nothing is written behind it")
{
	struct conn *c = session("");
	uint32_t lba = prepare(c, 8192, 56), size = block_size(c);
	struct mem *m = mem_new(c, size, READ_SINK);
	struct msg *out = read_blocks(c, lba, m);
	struct rx *rx;

	put16(BHS(out) + 32 + 7, 8192 / size);
	rx = ask(c, out, ISCSI_RESPONSE);
	expect_guards(m);
	if (rx->bhs[3]) {
		expect_sense(rx, "a read of more than its EDTL");
		return;
	}
	check(rx->bhs[1] & 4, "flags %02x: no overflow", rx->bhs[1]);
	check(get32(rx->bhs + 44) == 8192 - size, "the residual is %u", get32(rx->bhs + 44));
	expect_fill(m->p, size, 56, 0, "the part that fits");
}

CASE(initiator, "read/interleaved", "R-7.3.1-10 R-7.3.5-2",
     "16 reads at a time: each has its own data")
{
	struct conn *c = session("");
	uint32_t lba = prepare(c, 16 * 8192, 57), size = block_size(c);
	struct mem *m[16];
	struct msg *out[16];
	int i;

	for (i = 0; i < 16; i++) {
		m[i] = mem_new(c, 8192, READ_SINK);
		out[i] = read_blocks(c, lba + i * 8192 / size, m[i]);
	}
	post_many(c, out, 16);
	for (i = 0; i < 16; i++)
		expect_good(expect(c, ISCSI_RESPONSE, itt_of(BHS(out[i]))));
	for (i = 0; i < 16; i++) {
		uint8_t *all = malloc(16 * 8192);

		fill(all, 16 * 8192, 57);
		check(!memcmp(all + i * 8192, m[i]->p, 8192), "read %d has other data", i);
		expect_guards(m[i]);
		free(all);
	}
}

CASE(initiator, "read/same-tag-two-sessions", "D-5.3-1 R-7.3.1-10",
     "the same ITT on two connections at once: each gets its own data")
{
	struct conn *a = session(""), *b = session("");
	uint32_t lba = prepare(a, 65536, 58);
	struct mem *ma = mem_new(a, 32768, READ_SINK), *mb = mem_new(b, 32768, READ_SINK);
	struct msg *out_a, *out_b;

	b->itt = a->itt;
	out_a = read_blocks(a, lba, ma);
	out_b = read_blocks(b, lba, mb);
	post(a, out_a);
	post(b, out_b);
	expect_good(expect(a, ISCSI_RESPONSE, itt_of(BHS(out_a))));
	expect_good(expect(b, ISCSI_RESPONSE, itt_of(BHS(out_b))));
	expect_fill(ma->p, 32768, 58, 0, "on the first");
	expect_fill(mb->p, 32768, 58, 0, "on the second");
}

CASE(initiator, "read/check-condition", "R-7.3.2-1 D-8.9-3",
     "a read beyond the disk: CHECK CONDITION with sense, the buffer stays")
{
	struct conn *c = session("");
	struct mem *m = mem_new(c, 4096, READ_SINK);
	struct rx *rx = ask(c, read_blocks(c, 0xfffffff0, m), ISCSI_RESPONSE);

	expect_sense(rx, "a read beyond the disk");
	expect_untouched(m, 0);
	ping(c);
}

CASE(initiator, "read/half-registered", "R-7.1-2 R-4.1-9",
     "four bursts to a buffer of which two are registered: no good response, it ends")
{
	struct conn *c = session("MaxBurstLength=65536");
	uint32_t lba = prepare(c, 262144, 61);
	struct mem *m = mem_exact(c, 131072, READ_SINK, 0);

	m->len = 262144;
	post(c, read_blocks(c, lba, m));
	m->len = 131072;
	expect_end(c, "an RDMA Write to what is not registered");
	expect_guards(m);
	still_serves();
}

CASE(initiator, "read/zero-blocks", "R-7.3.5-5",
     "a read of no block is good, and writes nothing")
{
	struct conn *c = session("");
	struct mem *m = mem_new(c, 4096, READ_SINK);
	struct msg *out = read_blocks(c, free_block(c), m);
	struct rx *rx;

	put16(BHS(out) + 32 + 7, 0);
	rx = ask(c, out, ISCSI_RESPONSE);
	check(!rx->bhs[3], "status %02x", rx->bhs[3]);
	expect_untouched(m, 0);
}

CASE(initiator, "read/many-bursts", "R-7.3.5-3 R-7.3.5-4 D-6-1 D-9.3-2",
     "MaxBurstLength 4096: a read of 256 KiB arrives whole")
{
	struct conn *c = session("MaxBurstLength=4096 FirstBurstLength=4096");
	uint32_t lba = prepare(c, 262144, 59);

	read_back(c, mem_new(c, 262144, READ_SINK), lba, 59);
}

CASE(initiator, "read/short-segments", "R-6.2-6",
     "with 512 bytes for a data segment either way: a write and a read of 1 MiB go whole")
{
	struct conn *c = session("InitiatorRecvDataSegmentLength=512 "
				 "TargetRecvDataSegmentLength=512");
	uint32_t lba = prepare(c, 1048576, 62);

	read_back(c, mem_new(c, 1048576, READ_SINK), lba, 62);
}

/* ErrorRecoveryLevel above 0: data acknowledgement. */
static void acknowledged(const char *level)
{
	char changes[128];
	struct conn *c;
	uint32_t lba;

	snprintf(changes, sizeof(changes),
		 "ErrorRecoveryLevel=%s DefaultTime2Retain=2 MaxBurstLength=65536", level);
	c = session(changes);
	if (strcmp(answer(c, "ErrorRecoveryLevel") ?: "0", level))
		skip("the target answers ErrorRecoveryLevel=%s",
		     answer(c, "ErrorRecoveryLevel") ?: "(nothing)");
	lba = prepare(c, 262144, 60);
	read_back(c, mem_new(c, 262144, READ_SINK), lba, 60);
	nothing_else(c);
}

CASE(initiator, "read/ack-level-1", "R-10.2-1",
     "at ErrorRecoveryLevel 1 a read of several bursts arrives, no PDU asks for its receipt")
{
	acknowledged("1");
	wire("no RDMA Read of length 0, or one behind each burst but the last (R-7.3.5-9 A-1-2)");
}

CASE(initiator, "read/ack-level-1-local", "R-10.2-1 R-10.2-2 D-8.8-2",
     "at level 1 the target needs no RDMA Read to know what has arrived")
{
	acknowledged("1");
	wire("no RDMA Read of length 0 (R-7.3.5-9)");
}

CASE(initiator, "read/ack-level-2", "R-10.2-1",
     "so it does at level 2")
{
	acknowledged("2");
	wire("an RDMA Read of length 0 with the Read STag, inside the buffer, behind each burst but "
	     "the last, all before the response (R-7.3.5-8 A-S6-1 A-S3-1 A-1-2)");
}

CASE(initiator, "read/ack-level-0", "R-7.3.5-3",
     "at level 0 as well")
{
	acknowledged("0");
	wire("no RDMA Read of length 0 (R-7.3.5-11)");
}
