// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a deployed initiator does every day, and nothing that it never does.  The cases
 * are for --like: they use the keys, private data, small receives and Write Base
 * Offsets of that peer.
 */
#include "conform.h"

static uint32_t immediate(uint32_t want)
{
	return opt.like->no_immediate ? 0 : want;
}

static void write_and_verify(struct conn *c, uint32_t len, uint32_t ahead, uint32_t seed)
{
	uint32_t lba = free_block(c);
	struct mem *m = mem_new(c, len, WRITE_SOURCE);

	fill(m->p, len, seed);
	command(c, write_blocks(c, lba, m, immediate(ahead)));
	verify(c, lba, len, seed);
}

CASE(initiator, "deployed/login", "R-3.3-1 R-8.2-3", "login, INQUIRY, ping, logout")
{
	struct conn *c = session("");
	struct mem *m = mem_new(c, 36, READ_SINK);

	command(c, inquiry(c, m, 36));
	check((m->p[0] & 0x1f) == 0, "the LUN is no disk: %02x", m->p[0]);
	ping(c);
	ask(c, logout_request(c, 0), ISCSI_LOGOUT_RSP);
	expect_end(c, "logged out");
}

CASE(initiator, "deployed/small-write", "R-9.5.1-1", "a write of 4096 bytes")
{
	write_and_verify(session(""), 4096, 4096, 160);
}

/*
 * The RFC's default for an absent key does not ask for this, but all deployed
 * initiators do it.
 */
CASE(initiator, "deployed/large-write", "R-7.3.6-9",
     "a write of 64 KiB with immediate data where this peer has them")
{
	struct conn *c;

	if (!strcmp(opt.like->name, "none"))
		c = session("TaggedBufferForSolicitedDataOnly=Yes");
	else
		c = session("");
	write_and_verify(c, 65536, 8192, 161);
}

CASE(initiator, "deployed/sense", "R-7.3.2-1 R-6.5-4",
     "a failed read: its sense data fit the receives that this peer really has")
{
	struct conn *c = session("");
	struct mem *m = mem_new(c, 4096, READ_SINK);

	expect_sense(ask(c, read_blocks(c, 0xfffffff0, m), ISCSI_RESPONSE), "beyond the disk");
	ping(c);
}

/*
 * Posts no more messages at a time than the window allows; each answer opens it
 * further.
 */
static void post_in_window(struct conn *c, struct msg **m, int n)
{
	while (n && !c->ended) {
		int room = 0;

		while (room < n && (int32_t)(c->max_cmdsn - get32(BHS(m[room]) + 24)) >= 0)
			room++;
		if (room)
			post_many(c, m, room);
		m += room;
		n -= room;
		/* take() looks at what has come and leaves it in the queue. */
		check(!take(c, ISCSI_ASYNC, ANY_ITT, 1), "an Asynchronous Message came");
	}
}

CASE(initiator, "deployed/mixed", "D-6-1 R-7.3.1-10",
     "32 reads and writes at a time, as the window allows, for 10 rounds")
{
	struct conn *c = session("");
	uint32_t lba = free_block(c), size = block_size(c);
	struct mem *in, *out;
	struct msg *m[32];
	int i, round;

	write_and_verify(c, 131072, 0, 162);
	for (round = 0; round < 10; round++) {
		in = mem_new(c, 131072, READ_SINK);
		out = mem_new(c, 65536, WRITE_SOURCE);
		fill(out->p, out->len, 163 + round);
		in->len = 8192;
		for (i = 0; i < 32; i += 2) {
			struct mem one = *in;

			/* The STag may be invalid when the response has come. */
			if (c->cm.data_len && !(*(const uint8_t *)c->cm.data & 0x40))
				one = *mem_new(c, 8192, READ_SINK);
			m[i] = read_blocks(c, lba, &one);
			m[i + 1] = test_unit_ready(c);
		}
		post_in_window(c, m, 32);
		for (i = 0; i < 32; i++)
			expect_good(expect(c, ISCSI_RESPONSE, itt_of(BHS(m[i]))));
		command(c, write_blocks(c, lba + 1024 + 65536 / size * (round & 1), out, 0));
	}
	verify(c, lba, 131072, 162);
}

CASE(initiator, "deployed/abort", "R-7.3.3-1", "a read and its ABORT TASK, then I/O goes on")
{
	struct conn *c = session("");
	struct mem *m = mem_new(c, 65536, READ_SINK);
	struct msg *out[2];

	out[0] = read_blocks(c, free_block(c), m);
	out[1] = tmf(c, TMF_ABORT_TASK, itt_of(BHS(out[0])));
	post_many(c, out, 2);
	expect(c, ISCSI_TMF_RSP, itt_of(BHS(out[1])));
	command(c, test_unit_ready(c));
}
