// SPDX-License-Identifier: GPL-2.0-only
/* Receives and the command window: section 8.1. */
#include "conform.h"

#define BATCH	64

/* How many commands may be sent now. */
static uint32_t window(struct conn *c)
{
	ping(c);
	return c->max_cmdsn - c->cmdsn + 1;
}

/* Sends @n commands without data by as few doorbells as possible. */
static void send_commands(struct conn *c, uint32_t n)
{
	struct msg *m[BATCH];
	uint32_t i, k;

	for (; n; n -= k) {
		k = n < BATCH ? n : BATCH;
		for (i = 0; i < k; i++)
			m[i] = test_unit_ready(c);
		post_many(c, m, k);
		for (i = 0; i < k; i++)
			free(m[i]);
	}
}

static void responses(struct conn *c, uint32_t n)
{
	while (n--)
		expect(c, ISCSI_RESPONSE, ANY_ITT);
}

static struct conn *wide(const char *changes)
{
	struct cm cm = cm_default();

	/* There is room for everything that the target may answer at once. */
	cm.recvs = 600;
	cm.recv_size = 8704;
	return session_cm(&cm, changes);
}

CASE(initiator, "flow/window", "R-8.1.1.1-2 R-8.1-1",
     "as many commands at once as the window allows: all are answered")
{
	struct conn *c = wide("");
	uint32_t n = window(c);

	note("a window of %u", n);
	check(n && n <= 512, "a window of %u", n);
	send_commands(c, n);
	responses(c, n);
	wire("no RNR NAK from the target (R-8.1-1)");
}

CASE(initiator, "flow/right-away", "R-5.1.2-1 D-8.4-4 D-8.6-1",
     "all that is allowed right behind the last Login Response: commands and immediate pings")
{
	struct cm cm = cm_default();
	uint32_t n, more, i;
	struct msg *m[64];
	struct conn *c;

	cm.recvs = 600;
	cm.recv_size = 8704;
	c = conn_open(&cm);
	login(c, "MaxOutstandingUnexpectedPDUs=32");
	n = c->max_cmdsn - c->cmdsn + 1;
	more = strtoul(need_key(c, "MaxOutstandingUnexpectedPDUs"), NULL, 0);
	if (!more || more > 64)
		more = 64;
	note("a window of %u, %u immediate pings", n, more);
	check(n && n <= 512, "a window of %u", n);
	for (i = 0; i < more; i++)
		m[i] = nop_out(c, true);
	post_many(c, m, more);
	send_commands(c, n);
	for (i = 0; i < more; i++)
		expect(c, ISCSI_NOP_IN, itt_of(BHS(m[i])));
	responses(c, n);
	wire("no RNR NAK from the target (R-8.1-1)");
}

CASE(initiator, "flow/window-again", "R-8.1-1 R-8.1-3",
     "20 windows one after another")
{
	struct conn *c = wide("");
	uint32_t n;
	int i;

	for (i = 0; i < 20; i++) {
		n = window(c);
		check(n, "the window is closed");
		send_commands(c, n);
		responses(c, n);
	}
}

CASE(initiator, "flow/window-and-unexpected", "R-8.1.1.3-5 R-8.1-1",
     "a window of commands and as many immediate pings as the target declares, at once")
{
	struct conn *c = wide("MaxOutstandingUnexpectedPDUs=32");
	uint32_t n = window(c), more, i;
	struct msg *m[64];

	more = strtoul(need_key(c, "MaxOutstandingUnexpectedPDUs"), NULL, 0);
	if (!more || more > 64)
		more = 64;
	for (i = 0; i < more; i++)
		m[i] = nop_out(c, true);
	send_commands(c, n);
	post_many(c, m, more);
	for (i = 0; i < more; i++)
		expect(c, ISCSI_NOP_IN, itt_of(BHS(m[i])));
	responses(c, n);
	wire("no RNR NAK from the target (R-8.1-1)");
}

CASE(initiator, "flow/window-of-writes", "R-8.1.1.2-1 R-8.1-1",
     "a window of writes with immediate data and Data-Out, at once")
{
	struct conn *c = wide("InitialR2T=No FirstBurstLength=16384 "
			      "TaggedBufferForSolicitedDataOnly=Yes");
	uint32_t lba = free_block(c), n = window(c), i;
	bool r2t = strcmp(answer(c, "InitialR2T") ?: "Yes", "No");
	struct mem *mem = mem_new(c, 16384, WRITE_SOURCE);

	fill(mem->p, mem->len, 150);
	if (r2t)
		note("InitialR2T is Yes: immediate data only");
	for (i = 0; i < n; i++) {
		struct msg *m = write_blocks(c, lba, mem, 8192);

		if (!r2t) {
			BHS(m)[1] &= ~FINAL;
			m->b[0] &= ~ISER_WSV;
			memset(m->b + 4, 0, 12);
		}
		post(c, m);
		if (!r2t)
			post(c, data_out(c, itt_of(BHS(m)), NO_TAG, 0, 8192, mem->p + 8192,
					 8192, true));
		free(m);
	}
	responses(c, n);
	verify(c, lba, mem->len, 150);
	wire("no RNR NAK from the target (R-8.1-1)");
}

CASE(initiator, "flow/beyond-window", "R-8.1-1 R-10.1.4.4-1",
     "a command beyond MaxCmdSN is passed over or ends the connection, no more")
{
	struct conn *c = session("");
	struct msg *m = test_unit_ready(c);
	uint32_t sn = c->cmdsn - 1;

	put32(BHS(m) + 24, c->max_cmdsn + 64);
	post(c, m);
	next_rx(c, 100);
	if (!c->ended) {
		c->cmdsn = sn;
		ping(c);
	}
	still_serves();
}

CASE(initiator, "flow/statsn", "R-7.3.2-1 R-9.5.2-1",
     "300 reads, 16 at a time: StatSN follow one another in the order they come")
{
	struct conn *c = session("");
	struct mem *mem = mem_new(c, 4096, READ_SINK);
	uint32_t lba = free_block(c);
	struct msg *m[16];
	int i, round;

	for (round = 0; round < 19; round++) {
		for (i = 0; i < 16; i++)
			m[i] = read_blocks(c, lba, mem);
		post_many(c, m, 16);
		responses(c, 16);
		for (i = 0; i < 16; i++)
			free(m[i]);
	}
	check(!c->sn_faults, "%u times StatSN was not the next", c->sn_faults);
}

CASE(initiator, "flow/pings-without-answer", "R-8.1-3",
     "1000 NOP-Out that want no answer: receives come back")
{
	struct conn *c = session("");
	int i;

	for (i = 0; i < 1000; i++) {
		struct msg *m = nop_out(c, true);

		put32(BHS(m) + 16, NO_TAG);
		post(c, m);
		free(m);
		if (i % 8 == 7)
			ping(c);
	}
	command(c, test_unit_ready(c));
}

CASE(initiator, "flow/aborts", "R-8.1-3 R-8.3.2-5 R-8.3.2-4 D-8.9-1",
     "200 writes, each with its ABORT TASK right behind: the connection stays in order")
{
	struct conn *c = session("TaggedBufferForSolicitedDataOnly=Yes");
	struct mem *mem = mem_new(c, 65536, WRITE_SOURCE);
	uint32_t lba = free_block(c);
	struct msg *m[2];
	int i;

	for (i = 0; i < 200; i++) {
		m[0] = write_blocks(c, lba, mem, 4096);
		m[1] = tmf(c, TMF_ABORT_TASK, itt_of(BHS(m[0])));
		post_many(c, m, 2);
		expect(c, ISCSI_TMF_RSP, itt_of(BHS(m[1])));
		/* The target may have answered the write or not. */
		ping(c);
		c->queue = NULL;
		free(m[0]);
		free(m[1]);
		/* The target ignores commands beyond the window. */
		c->cmdsn = c->exp_cmdsn;
	}
	ping(c);
}

CASE(initiator, "flow/window-after-aborts", "R-8.1.2-7",
     "commands that were aborted do not take from the window for good")
{
	struct conn *c = session("TaggedBufferForSolicitedDataOnly=Yes");
	struct mem *mem = mem_new(c, 65536, WRITE_SOURCE);
	uint32_t lba = free_block(c), before = window(c), after;
	struct msg *m[2];
	int i;

	for (i = 0; i < 40 && window(c); i++) {
		m[0] = write_blocks(c, lba, mem, 4096);
		m[1] = tmf(c, TMF_ABORT_TASK, itt_of(BHS(m[0])));
		post_many(c, m, 2);
		expect(c, ISCSI_TMF_RSP, itt_of(BHS(m[1])));
	}
	after = window(c);
	check(after + 2 >= before, "the window went from %u to %u by %d commands with their ABORT TASK",
	      before, after, i);
}

CASE(initiator, "flow/lun-resets", "R-8.3.2-6 R-8.3.2-5 R-8.1-3",
     "LUN resets amid reads and writes; another session reads on")
{
	struct conn *c = session(""), *other = session("");
	struct mem *in = mem_new(c, 65536, READ_SINK), *out = mem_new(c, 65536, WRITE_SOURCE);
	struct mem *side = mem_new(other, 65536, READ_SINK);
	uint32_t lba = free_block(c);
	struct msg *m[9];
	int i, round;

	for (round = 0; round < 10; round++) {
		for (i = 0; i < 8; i++)
			m[i] = i & 1 ? write_blocks(c, lba + 1024, out, 0) : read_blocks(c, lba, in);
		m[8] = tmf(c, TMF_LUN_RESET, NO_TAG);
		post_many(c, m, 9);
		expect(c, ISCSI_TMF_RSP, itt_of(BHS(m[8])));
		ask(other, read_blocks(other, lba, side), ISCSI_RESPONSE);
		ping(c);
		c->queue = NULL;
	}
	expect_guards(in);
	ping(other);
}
