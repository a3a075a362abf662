// SPDX-License-Identifier: GPL-2.0-only
/* Data of writes that are immediate or fetched: sections 7.3.1, 7.3.6, 9.5.1. */
#include "conform.h"

#define YES	"TaggedBufferForSolicitedDataOnly=Yes "

static void write_and_verify(struct conn *c, struct mem *m, uint32_t immediate, uint32_t seed)
{
	uint32_t lba = free_block(c);

	fill(m->p, m->len, seed);
	command(c, write_blocks(c, lba, m, immediate));
	verify(c, lba, m->len, seed);
}

CASE(initiator, "write/behind-reads", "R-7.3.6-1",
     "a write that the backend can't take for some seconds, two slow reads being ahead, is done")
{
	struct conn *c = session("");
	uint32_t lba = free_block(c);
	struct mem *in = mem_new(c, 4096, READ_SINK), *out = mem_new(c, 131072, WRITE_SOURCE);
	struct msg *m[3];
	int i;

	fill(out->p, out->len, 77);
	m[0] = read_blocks(c, lba, in);
	m[1] = read_blocks(c, lba, in);
	m[2] = write_blocks(c, lba, out, 0);
	post_many(c, m, 3);
	for (i = 0; i < 3; i++) {
		step("waiting for response %d of 3", i + 1);
		while (!take(c, ISCSI_RESPONSE, itt_of(BHS(m[i])), 1000))
			check(!c->ended, "the connection ended: %s", c->how);
	}
}

CASE(initiator, "write/sizes", "D-9.3-4 R-7.3.6-2 R-7.3.6-3 R-7.3.6-8 R-7.3.6-9 D-8.3-2 D-6-5 R-9.5.1-2",
     "writes of 1 block to 1 MiB, all of them fetched")
{
	static const uint32_t lens[] = { 512, 4096, 8192, 65536, 69632, 262144, 1048576 };
	struct conn *c = session("");
	unsigned int i;

	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++)
		if (lens[i] >= block_size(c))
			write_and_verify(c, mem_new(c, lens[i], WRITE_SOURCE), 0, 70 + i);
}

CASE(initiator, "write/all-immediate", "R-9.5.1-1 R-7.2-1",
     "a write with all data behind the command needs no STag")
{
	struct conn *c = session("");

	write_and_verify(c, mem_new(c, 4096, WRITE_SOURCE), 4096, 80);
	write_and_verify(c, mem_new(c, 8192, WRITE_SOURCE), 8192, 81);
}

CASE(initiator, "write/some-immediate", "R-6.9-3 R-7.3.6-9 R-9.5.1-1",
     "immediate data, the rest fetched from the base: TaggedBufferForSolicitedDataOnly=Yes")
{
	struct conn *c = session(YES);

	write_and_verify(c, mem_new(c, 65536, WRITE_SOURCE), 4096, 82);
	write_and_verify(c, mem_new(c, 65536, WRITE_SOURCE), 8192, 83);
}

CASE(initiator, "write/some-immediate-no", "R-6.9-2 R-7.3.6-9",
     "the same with No: the base is that of the whole buffer")
{
	struct conn *c = session("TaggedBufferForSolicitedDataOnly=No");

	need_key(c, "TaggedBufferForSolicitedDataOnly");
	write_and_verify(c, mem_new(c, 65536, WRITE_SOURCE), 4096, 84);
	write_and_verify(c, mem_new(c, 65536, WRITE_SOURCE), 8192, 85);
}

CASE(initiator, "write/some-immediate-unsaid", "R-7.3.1-15",
     "the same without the key: one of the two readings, and data of this buffer")
{
	struct conn *c = session("");
	uint32_t lba = free_block(c), len = 65536, immediate = 8192, i;
	/*
	 * The region has as many bytes more after the buffer, so that the target stays
	 * inside of it however it reads the absent key.
	 */
	struct mem *m = mem_new(c, len + immediate, WRITE_SOURCE), *back;
	uint8_t *want = malloc(len);
	struct msg *out;

	fill(m->p, m->len, 86);
	m->len = len;
	out = write_blocks(c, lba, m, immediate);
	command(c, out);
	back = mem_new(c, len, READ_SINK);
	command(c, read_blocks(c, lba, back));
	for (i = 0; i < 2; i++) {
		/*
		 * 0: byte n is at base + n, as in RFC 7145; 1: the base is that of the
		 * first fetched byte
		 */
		memcpy(want, m->p, immediate);
		memcpy(want + immediate, m->p + (i ? 0 : immediate), len - immediate);
		if (!memcmp(want, back->p, len)) {
			note("the target reads an absent key as %s", i ?
			     "Yes, like all deployed peers" : "No, the default of section 6.9");
			return;
		}
	}
	fail("what was written is neither the one nor the other");
}

CASE(initiator, "write/immediate-odd", "R-6.9-3 R-7.3.6-9",
     "immediate data of 1, 3, 513 and 4099 bytes")
{
	static const uint32_t lens[] = { 1, 3, 513, 4099 };
	struct conn *c = session(YES);
	unsigned int i;

	for (i = 0; i < 4; i++)
		write_and_verify(c, mem_new(c, 32768, WRITE_SOURCE), lens[i], 87 + i);
}

CASE(initiator, "write/odd-base", "R-7.3.6-9 R-4.1-6 R-7.3.6-6",
     "Write Base Offsets that are not aligned")
{
	static const uint32_t skews[] = { 1, 3, 511, 2048, 4095 };
	struct conn *c = session("");
	unsigned int i;

	for (i = 0; i < 5; i++)
		write_and_verify(c, mem_exact(c, 65536, WRITE_SOURCE, skews[i]), 0, 91 + i);
}

CASE(initiator, "write/base-zero", "R-7.3.6-9 O-7.3.5-1",
     "Write Base Offset 0, as an old peer has it")
{
	struct conn *c = session("");

	write_and_verify(c, mem_at(c, 65536, WRITE_SOURCE, 0), 0, 96);
}

CASE(initiator, "write/base-high", "R-7.3.6-9", "Write Base Offset beyond 2^63")
{
	struct conn *c = session("");

	write_and_verify(c, mem_at(c, 262144, WRITE_SOURCE, 0xfedcba9800000000ULL), 0, 97);
}

CASE(initiator, "write/base-4g", "R-7.3.6-9 R-7.3.1-15",
     "a buffer across a multiple of 4 GiB")
{
	struct conn *c = session("MaxBurstLength=65536");

	write_and_verify(c, mem_at(c, 262144, WRITE_SOURCE, 0x2fffff000ULL), 0, 98);
}

static void bursts(const char *max_burst, uint32_t len, uint32_t seed)
{
	char changes[128];
	struct conn *c;

	snprintf(changes, sizeof(changes), "MaxBurstLength=%s FirstBurstLength=512", max_burst);
	c = session(changes);
	write_and_verify(c, mem_new(c, len, WRITE_SOURCE), 0, seed);
	wire("no RDMA Read of a command is longer than %s bytes (R-7.3.6-7)", max_burst);
}

CASE(initiator, "write/burst-64k", "R-7.3.6-7 R-7.3.6-9",
     "MaxBurstLength 65536: a write of 256 KiB in several Reads")
{
	bursts("65536", 262144, 99);
}

CASE(initiator, "write/burst-512", "R-7.3.6-7 R-7.3.6-9",
     "MaxBurstLength 512: a write of 64 KiB in 128 Reads")
{
	bursts("512", 65536, 100);
}

CASE(initiator, "write/burst-5000", "R-7.3.6-7 R-7.3.6-9",
     "MaxBurstLength 5000: Reads that begin anywhere")
{
	bursts("5000", 65536, 101);
}

CASE(initiator, "write/outstanding-r2t", "R-7.3.6-9",
     "MaxOutstandingR2T 4: a write of several bursts arrives whole")
{
	struct conn *c = session("MaxBurstLength=8192 MaxOutstandingR2T=4");

	write_and_verify(c, mem_new(c, 262144, WRITE_SOURCE), 0, 102);
	wire("at most %s RDMA Reads of 8192 bytes at a time (R-7.3.6-12)",
	     answer(c, "MaxOutstandingR2T"));
}

CASE(initiator, "write/interleaved", "R-7.3.6-3 R-7.3.1-10",
     "16 writes at a time: each has its own data")
{
	struct conn *c = session("");
	uint32_t lba = free_block(c), size = block_size(c);
	struct mem *m[16];
	struct msg *out[16];
	int i;

	for (i = 0; i < 16; i++) {
		m[i] = mem_new(c, 32768, WRITE_SOURCE);
		fill(m[i]->p, m[i]->len, 110 + i);
		out[i] = write_blocks(c, lba + i * 32768 / size, m[i], 0);
	}
	post_many(c, out, 16);
	for (i = 0; i < 16; i++)
		expect_good(expect(c, ISCSI_RESPONSE, itt_of(BHS(out[i]))));
	for (i = 0; i < 16; i++)
		verify(c, lba + i * 32768 / size, 32768, 110 + i);
}

CASE(initiator, "write/no-r2t", "R-7.1-1",
     "the only message that comes of a write is its SCSI Response")
{
	struct conn *c = session("");
	struct mem *m = mem_new(c, 65536, WRITE_SOURCE);

	fill(m->p, m->len, 103);
	command(c, write_blocks(c, free_block(c), m, 0));
	nothing_else(c);
}

CASE(initiator, "write/underflow", "R-7.3.1-15",
     "an EDTL above what the CDB says: the residual is right, the data are written")
{
	struct conn *c = session("");
	uint32_t lba = free_block(c), size = block_size(c);
	struct mem *m = mem_new(c, 8192, WRITE_SOURCE);
	struct msg *out;
	struct rx *rx;

	fill(m->p, m->len, 104);
	out = write_blocks(c, lba, m, 0);
	put16(BHS(out) + 32 + 7, 4096 / size);
	rx = ask(c, out, ISCSI_RESPONSE);
	if (rx->bhs[3]) {
		expect_sense(rx, "a write with more EDTL than data");
		return;
	}
	check((rx->bhs[1] & 2) && get32(rx->bhs + 44) == 4096, "flags %02x, residual %u",
	      rx->bhs[1], get32(rx->bhs + 44));
	verify(c, lba, 4096, 104);
}

CASE(initiator, "write/overflow", "R-7.3.1-15",
     "an EDTL below what the CDB says: nothing is read beyond the buffer")
{
	struct conn *c = session("");
	uint32_t size = block_size(c);
	struct mem *m = mem_exact(c, size, WRITE_SOURCE, 0);
	struct msg *out;
	struct rx *rx;

	fill(m->p, m->len, 105);
	out = write_blocks(c, free_block(c), m, 0);
	put16(BHS(out) + 32 + 7, 8192 / size);
	/* If the target read beyond the region, the connection would end. */
	rx = ask(c, out, ISCSI_RESPONSE);
	if (rx->bhs[3])
		expect_sense(rx, "a write with less EDTL than data");
	else
		check(rx->bhs[1] & 4, "flags %02x: no overflow", rx->bhs[1]);
	ping(c);
}
