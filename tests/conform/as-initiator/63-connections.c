// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several connections in a session: RFC 7143, sections 4.2.2 (order, and the fence of
 * responses) and 6.3.4; RFC 7145, section 5.1.
 */
#include "conform.h"

#define MOST	4
#define NO_R2T	"InitialR2T=No FirstBurstLength=16384 MaxBurstLength=32768"
#define PART	4096u
#define BLOCKS(c, bytes)	((bytes) / block_size(c))

/* The session: its connections, and the one that has sent the last command. */
static struct conn *at[MOST], *last;
static unsigned int nr;

static void begin(unsigned int n, const char *changes)
{
	char all[512];

	snprintf(all, sizeof(all), "TaggedBufferForSolicitedDataOnly=Yes %s", changes);
	session_of(at, n, all);
	nr = n;
	last = at[0];
	/* It sends a command the first time. */
	block_size(at[0]);
}

static void begin_unsolicited(unsigned int n)
{
	begin(n, NO_R2T);
	if (strcmp(answer(at[0], "InitialR2T") ?: "Yes", "No"))
		skip("the target answers InitialR2T=%s", answer(at[0], "InitialR2T"));
}

/* The connection, which is to send the command that is next in the session. */
static struct conn *turn(struct conn *c)
{
	c->cmdsn = last->cmdsn;
	last = c;
	return c;
}

static uint32_t lba_of(unsigned int i)
{
	return free_block(at[0]) + i * BLOCKS(at[0], 65536);
}

static struct mem *filled(struct conn *c, uint32_t len, uint32_t seed)
{
	struct mem *m = mem_new(c, len, WRITE_SOURCE);

	fill(m->p, len, seed);
	return m;
}

static void good(struct conn *c, const struct msg *m)
{
	expect_good(expect(c, ISCSI_RESPONSE, itt_of(BHS(m))));
}

/* Reads on @c what was written, and compares. */
static void reads(struct conn *c, uint32_t lba, uint32_t len, uint32_t seed)
{
	verify(turn(c), lba, len, seed);
}

/* Waits until the target has handled all that was sent on each connection. */
static void settle(void)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (at[i])
			ping(at[i]);
}

/* Sends the Data-Out of a write from @from to @to. */
static void parts(struct conn *c, const struct msg *m, struct mem *mem, uint32_t from,
		  uint32_t to, uint32_t first)
{
	uint32_t at_byte;

	for (at_byte = from; at_byte < to; at_byte += PART)
		post(c, data_out(c, itt_of(BHS(m)), NO_TAG, (at_byte - first) / PART, at_byte,
				 mem->p + at_byte, PART, at_byte + PART == 16384));
}

/* No answer has come, on any connection, but to pings. */
static void nothing_yet(void)
{
	unsigned int i, k;

	for (k = 0; k < 10; k++)
		for (i = 0; i < nr; i++) {
			nothing_else(at[i]);
			pause_ms(1);
		}
}

/* --- commands in turn ------------------------------------------------------- */

static void in_turn(unsigned int n)
{
	unsigned int i;

	begin(n, "");
	for (i = 0; i < 16 * n; i++) {
		struct conn *c = turn(at[i % n]);

		command(c, write_blocks(c, lba_of(i % 16), filled(c, 4096, i), i & 4 ? 4096 : 0));
		reads(at[(i + 1) % n], lba_of(i % 16), 4096, i);
	}
	settle();
	for (i = 0; i < n; i++)
		check(!at[i]->sn_faults, "%u StatSN of connection %u are wrong",
		      at[i]->sn_faults, i);
}

CASE(initiator, "connections/in-turn-2", "R-5.1-7 R-5.1-11",
     "writes on one connection, reads on the other: one order of CmdSN, each its own StatSN")
{
	in_turn(2);
}

CASE(initiator, "connections/in-turn-4", "R-5.1-7 R-5.1-11",
     "the same on four connections")
{
	in_turn(4);
}

/* One doorbell for each connection, its CmdSNs in between those of the others. */
static void at_once(unsigned int n, uint32_t len, uint32_t immediate)
{
	struct msg *m[MOST][4];
	unsigned int i, k, round;

	begin(n, "");
	for (round = 0; round < 4; round++) {
		for (k = 0; k < 4; k++)
			for (i = 0; i < n; i++) {
				struct mem *mem = filled(at[i], len, 16 * round + 4 * k + i);

				m[i][k] = write_blocks(turn(at[i]), lba_of(4 * k + i), mem,
						       immediate);
			}
		for (i = n; i--;)
			post_many(at[i], m[i], 4);
		for (k = 0; k < 4; k++)
			for (i = 0; i < n; i++)
				good(at[i], m[i][k]);
		for (k = 0; k < 4; k++)
			for (i = 0; i < n; i++)
				reads(at[(i + 1) % n], lba_of(4 * k + i), len,
				      16 * round + 4 * k + i);
	}
}

CASE(initiator, "connections/fetched-2", "R-5.1-7 R-5.1-11 R-7.3.6-9",
     "writes that are fetched, their CmdSNs mixed between two connections")
{
	at_once(2, 65536, 0);
}

CASE(initiator, "connections/fetched-4", "R-5.1-7 R-5.1-11 R-7.3.6-9",
     "the same on four connections")
{
	at_once(4, 65536, 0);
}

CASE(initiator, "connections/immediate-2", "R-5.1-7 R-5.1-11",
     "writes with immediate data alone, mixed between two connections")
{
	at_once(2, 4096, 4096);
}

CASE(initiator, "connections/immediate-4", "R-5.1-7 R-5.1-11",
     "the same on four connections")
{
	at_once(4, 4096, 4096);
}

CASE(initiator, "connections/both-4", "R-5.1-7 R-5.1-11 R-7.3.6-9",
     "writes with immediate data and fetched ones, mixed between four connections")
{
	at_once(4, 32768, 4096);
}

CASE(initiator, "connections/unsolicited-4", "R-5.1-7 R-5.1-11 R-7.3.4-2",
     "immediate data, Data-Out and fetched data of four writes, a piece on each connection in turn")
{
	struct mem *mem[MOST];
	struct msg *m[MOST];
	unsigned int i, round;
	uint32_t from;

	begin_unsolicited(4);
	for (round = 0; round < 4; round++) {
		for (i = 0; i < 4; i++) {
			mem[i] = filled(at[i], 65536, 4 * round + i);
			m[i] = write_in_parts(turn(at[i]), lba_of(i), mem[i], PART);
			post(at[i], m[i]);
		}
		for (from = PART; from < 16384; from += PART)
			for (i = 4; i--;)
				parts(at[i], m[i], mem[i], from, from + PART, PART);
		for (i = 0; i < 4; i++)
			good(at[i], m[i]);
		for (i = 0; i < 4; i++)
			reads(at[3 - i], lba_of(i), 65536, 4 * round + i);
	}
}

/* --- ahead of their CmdSN, on another connection ---------------------------- */

CASE(initiator, "connections/reverse", "R-5.1-11",
     "four CmdSNs on four connections, the last one first: none is answered before the first one comes")
{
	struct mem *mem[MOST];
	struct msg *m[MOST];
	unsigned int i;

	begin(4, "");
	for (i = 0; i < 4; i++) {
		mem[i] = filled(at[i], 4096, 50 + i);
		m[i] = write_blocks(turn(at[i]), lba_of(i), mem[i], i & 1 ? 4096 : 0);
	}
	for (i = 3; i; i--)
		post(at[i], m[i]);
	nothing_yet();
	post(at[0], m[0]);
	for (i = 0; i < 4; i++)
		good(at[i], m[i]);
	for (i = 0; i < 4; i++)
		reads(at[3 - i], lba_of(i), 4096, 50 + i);
}

/* Commands on the second connection that wait for a CmdSN of the first one. */
static struct msg *gap(void)
{
	return test_unit_ready(turn(at[0]));
}

CASE(initiator, "connections/ahead-read", "R-5.1-11 R-9.5.2-1",
     "reads that wait for a CmdSN of another connection: no data come before their turn")
{
	struct mem *mem;
	struct msg *first, *m;

	begin(2, "");
	command(at[0], write_blocks(turn(at[0]), lba_of(0), filled(at[0], 65536, 60), 0));
	first = gap();
	mem = mem_new(at[1], 65536, READ_SINK);
	m = read_blocks(turn(at[1]), lba_of(0), mem);
	post(at[1], m);
	nothing_yet();
	expect_untouched(mem, 0);
	post(at[0], first);
	good(at[0], first);
	good(at[1], m);
	expect_fill(mem->p, 65536, 60, 0, "read");
}

CASE(initiator, "connections/ahead-fetched", "R-5.1-11 R-7.3.6-9",
     "a write with data to be fetched waits for a CmdSN of another connection")
{
	struct msg *first, *m;

	begin(2, "");
	first = gap();
	m = write_blocks(turn(at[1]), lba_of(0), filled(at[1], 65536, 61), 4096);
	post(at[1], m);
	nothing_yet();
	post(at[0], first);
	good(at[0], first);
	good(at[1], m);
	reads(at[0], lba_of(0), 65536, 61);
}

/* Of the Data-Out up to 16384 those up to @before come before the gap is filled. */
static void ahead_parts(uint32_t len, uint32_t immediate, uint32_t before, uint32_t seed)
{
	struct msg *first, *m;
	struct mem *mem;

	begin_unsolicited(2);
	first = gap();
	mem = filled(at[1], len, seed);
	m = write_in_parts(turn(at[1]), lba_of(0), mem, immediate);
	post(at[1], m);
	parts(at[1], m, mem, immediate, before, immediate);
	nothing_yet();
	post(at[0], first);
	good(at[0], first);
	if (before < 16384)
		nothing_yet();
	parts(at[1], m, mem, before, 16384, immediate);
	good(at[1], m);
	reads(at[0], lba_of(0), len, seed);
	command(at[1], test_unit_ready(turn(at[1])));
}

CASE(initiator, "connections/ahead-data-out", "R-5.1-11 R-7.3.4-2 R-9.5.1-1",
     "all Data-Out of a write come before the CmdSN on another connection that it waits for")
{
	ahead_parts(16384, PART, 16384, 62);
}

CASE(initiator, "connections/ahead-data-out-alone", "R-5.1-11 R-7.3.4-2 R-9.5.1-1",
     "the same without immediate data")
{
	ahead_parts(16384, 0, 16384, 63);
}

CASE(initiator, "connections/ahead-data-out-fetched", "R-5.1-11 R-7.3.4-2 R-7.3.6-9",
     "the same with data to be fetched after it")
{
	ahead_parts(65536, PART, 16384, 64);
}

CASE(initiator, "connections/ahead-data-out-half", "R-5.1-11 R-7.3.4-2 R-9.5.1-1",
     "half of the Data-Out come before that CmdSN, half after it")
{
	ahead_parts(16384, 0, 8192, 65);
}

CASE(initiator, "connections/ahead-data-out-after", "R-5.1-11 R-7.3.4-2 R-9.5.1-1",
     "the Data-Out come after that CmdSN")
{
	ahead_parts(65536, PART, PART, 66);
}

CASE(initiator, "connections/ahead-data-out-race", "R-5.1-11 R-7.3.4-2 R-9.5.1-1",
     "the CmdSN and the last Data-Out come at the same time, 40 times")
{
	unsigned int i;

	begin_unsolicited(2);
	for (i = 0; i < 40; i++) {
		struct msg *first = gap(), *m, *out;
		struct mem *mem = filled(at[1], i & 1 ? 65536 : 16384, 300 + i);

		m = write_in_parts(turn(at[1]), lba_of(i % 4), mem, i & 2 ? PART : 0);
		post(at[1], m);
		parts(at[1], m, mem, i & 2 ? PART : 0, 12288, i & 2 ? PART : 0);
		out = data_out(at[1], itt_of(BHS(m)), NO_TAG, i & 2 ? 2 : 3, 12288,
			       mem->p + 12288, PART, true);
		ping(at[1]);
		if (i & 4)
			post(at[0], first);
		post(at[1], out);
		if (!(i & 4))
			post(at[0], first);
		good(at[0], first);
		good(at[1], m);
		reads(at[0], lba_of(i % 4), mem->len, 300 + i);
	}
}

CASE(initiator, "connections/ahead-window", "R-5.1-11 R-8.1.1.1-2",
     "a whole window of commands on three connections waits for a CmdSN of the fourth")
{
	struct msg *first, *m[MOST][64];
	unsigned int n[MOST] = { 0 }, i, k, all = 0;

	begin(4, "");
	settle();
	first = gap();
	for (i = 1; (int32_t)(at[0]->max_cmdsn - last->cmdsn) >= 0 && n[i] < 64;
	     i = i % 3 + 1, all++) {
		m[i][n[i]] = test_unit_ready(turn(at[i]));
		post(at[i], m[i][n[i]++]);
	}
	note("%u commands", all);
	nothing_yet();
	post(at[0], first);
	good(at[0], first);
	for (i = 1; i < 4; i++)
		for (k = 0; k < n[i]; k++)
			good(at[i], m[i][k]);
	command(at[0], test_unit_ready(turn(at[0])));
}

/* --- the end of one of them ------------------------------------------------- */

/* Commands of all kinds that are under way on @c. */
static void load(struct conn *c, struct msg **m, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		m[i] = i & 1 ? write_blocks(turn(c), lba_of(8 + i % 8), filled(c, 65536, i), 0) :
		       read_blocks(turn(c), lba_of(i % 8), mem_new(c, 65536, READ_SINK));
	post_many(c, m, n);
}

/* The window comes back to @size: the target releases the commands of @what. */
static void window_is(struct conn *c, uint32_t size, const char *what)
{
	uint32_t now = 0;
	int i;

	for (i = 0; i < 100; i++) {
		ping(c);
		now = c->max_cmdsn - c->exp_cmdsn;
		if (now == size)
			return;
		pause_ms(10);
	}
	fail("the window was %u and is %u: %s", size, now, what);
}

CASE(initiator, "connections/logout-other", "R-5.2.2-2 R-5.2.2-4 R-5.1-11",
     "a connection with reads and writes under way is logged out by another one, whose own go on")
{
	unsigned int round, i;

	for (round = 0; round < 4; round++) {
		struct msg *m[8], *own[8];
		uint32_t window;

		begin(2, "");
		settle();
		window = at[0]->max_cmdsn - at[0]->exp_cmdsn;
		load(at[1], m, 8);
		load(at[0], own, 8);
		/* What the target has not taken by then would have to be sent again. */
		ping(at[1]);
		ask(at[0], logout_of(turn(at[0]), 1, at[1]->cid), ISCSI_LOGOUT_RSP);
		wait_end(at[1], "logged out by the other one");
		for (i = 0; i < 8; i++)
			good(at[0], own[i]);
		window_is(at[0], window, "one of two was logged out");
		command(at[0], test_unit_ready(turn(at[0])));
		ask(at[0], logout_of(turn(at[0]), 0, at[0]->cid), ISCSI_LOGOUT_RSP);
		wait_end(at[0], "logged out");
	}
}

CASE(initiator, "connections/logout-self", "R-5.2.2-2 R-5.2.2-4 R-5.1-11",
     "three of four connections log themselves out, one after another, amid the commands of the rest")
{
	struct msg *m[MOST][6];
	unsigned int i, k, victim;
	uint32_t window;

	begin(4, "");
	settle();
	window = at[0]->max_cmdsn - at[0]->exp_cmdsn;
	for (victim = 3; victim; victim--) {
		for (i = 0; i <= victim; i++)
			load(at[i], m[i], 6);
		ask(at[victim], logout_of(turn(at[victim]), 1, at[victim]->cid), ISCSI_LOGOUT_RSP);
		wait_end(at[victim], "logged itself out");
		at[victim] = NULL;
		for (i = 0; i < victim; i++)
			for (k = 0; k < 6; k++)
				good(at[i], m[i][k]);
	}
	window_is(at[0], window, "three of four have logged out");
	command(at[0], test_unit_ready(turn(at[0])));
}

/* Makes @m, which the initiator sends again, have the CmdSN that @before had. */
static struct msg *again(struct conn *c, struct msg *m, const struct msg *before)
{
	c->cmdsn--;
	put32(BHS(m) + 24, get32(BHS(before) + 24));
	return m;
}

CASE(initiator, "connections/logout-waiting", "R-5.2.2-4 R-5.1-11",
     "a connection is logged out whose commands wait for a CmdSN of another: they are not run, but when they are sent again")
{
	struct msg *first, *m[4], *next[4];
	struct mem *mem;
	uint32_t window;

	begin_unsolicited(3);
	settle();
	window = at[0]->max_cmdsn - at[0]->exp_cmdsn;
	first = gap();
	m[0] = test_unit_ready(turn(at[1]));
	m[1] = read_blocks(turn(at[1]), lba_of(0), mem_new(at[1], 4096, READ_SINK));
	m[2] = write_blocks(turn(at[1]), lba_of(1), filled(at[1], 65536, 70), PART);
	mem = filled(at[1], 16384, 71);
	m[3] = write_in_parts(turn(at[1]), lba_of(2), mem, PART);
	post_many(at[1], m, 4);
	parts(at[1], m[3], mem, PART, 8192, PART);
	ping(at[1]);
	ask(at[2], logout_of(turn(at[2]), 1, at[1]->cid), ISCSI_LOGOUT_RSP);
	wait_end(at[1], "logged out by another one");
	/* RFC 7143, section 7.2.1: they are sent again, with the same CmdSN, elsewhere. */
	next[3] = again(at[2], write_blocks(at[2], lba_of(2), filled(at[2], 16384, 72), PART), m[3]);
	next[0] = again(at[2], test_unit_ready(at[2]), m[0]);
	post(at[2], next[0]);
	post(at[0], first);
	good(at[0], first);
	good(at[2], next[0]);
	next[1] = again(at[2], read_blocks(at[2], lba_of(0), mem_new(at[2], 4096, READ_SINK)), m[1]);
	next[2] = again(at[2], write_blocks(at[2], lba_of(1), filled(at[2], 65536, 73), PART), m[2]);
	post(at[2], next[1]);
	good(at[2], next[1]);
	post(at[2], next[2]);
	post(at[2], next[3]);
	good(at[2], next[2]);
	good(at[2], next[3]);
	reads(at[0], lba_of(1), 65536, 73);
	reads(at[0], lba_of(2), 16384, 72);
	command(at[2], test_unit_ready(turn(at[2])));
	command(at[0], test_unit_ready(turn(at[0])));
	window_is(at[0], window, "commands of the one that was logged out");
}

CASE(initiator, "connections/logout-session", "R-5.2.2-2 R-5.2.2-4",
     "a Logout of the session on one of four connections with commands under way ends all of them")
{
	struct msg *m[MOST][6];
	unsigned int i, round;

	for (round = 0; round < 3; round++) {
		begin(4, "");
		for (i = 0; i < 4; i++)
			load(at[i], m[i], 6);
		ask(at[round], logout_of(turn(at[round]), 0, at[round]->cid), ISCSI_LOGOUT_RSP);
		for (i = 0; i < 4; i++)
			wait_end(at[i], "its session was logged out");
	}
	still_serves();
}

static void lost(unsigned int n, unsigned int victim, bool ahead)
{
	struct msg *m[MOST][6];
	struct conn *next;
	unsigned int i;

	step("connection %u of %u is lost%s", victim, n, ahead ? ", commands ahead" : "");
	begin(n, "");
	if (ahead)
		gap();
	for (i = 0; i < n; i++)
		load(at[i], m[i], 6);
	conn_close(at[victim]);
	/* Below level 2 a session does not outlive the loss of a connection. */
	for (i = 0; i < n; i++)
		if (i != victim)
			wait_end(at[i], "another one of its session was lost");
	next = conn_open(NULL);
	memcpy(next->isid, at[0]->isid, sizeof(next->isid));
	login(next, "");
	ping(next);
	conn_close(next);
}

CASE(initiator, "connections/lost-2", "R-5.2.3.2-1 R-5.2.2-4",
     "one of two connections is lost amid reads and writes: the session ends, and logs in again")
{
	unsigned int i;

	for (i = 0; i < 6; i++)
		lost(2, i & 1, i & 2);
}

CASE(initiator, "connections/lost-4", "R-5.2.3.2-1 R-5.2.2-4",
     "the same with four")
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		lost(4, i, i & 1);
}

CASE(initiator, "connections/all-lost", "R-5.2.3.2-1 R-5.2.2-4",
     "all four connections are lost at once amid reads and writes")
{
	struct msg *m[MOST][6];
	unsigned int i, round;

	for (round = 0; round < 3; round++) {
		begin(4, "");
		for (i = 0; i < 4; i++)
			load(at[i], m[i], 6);
		for (i = 0; i < 4; i++)
			conn_close(at[i]);
	}
	still_serves();
}

/* --- task management -------------------------------------------------------- */

CASE(initiator, "connections/abort-elsewhere", "R-7.3.3-1 R-5.1-11",
     "ABORT TASK of a task of another connection finds none there, and the task goes on")
{
	struct msg *m, *abort;
	struct mem *mem;
	struct rx *rx;

	begin_unsolicited(2);
	mem = filled(at[1], 16384, 80);
	m = write_in_parts(turn(at[1]), lba_of(0), mem, PART);
	post(at[1], m);
	ping(at[1]);
	abort = tmf(turn(at[0]), TMF_ABORT_TASK, itt_of(BHS(m)));
	put32(BHS(abort) + 32, get32(BHS(m) + 24));
	rx = ask(at[0], abort, ISCSI_TMF_RSP);
	check(rx->bhs[2] == 1, "the response is %u, not 1: no such task", rx->bhs[2]);
	parts(at[1], m, mem, PART, 16384, PART);
	good(at[1], m);
	reads(at[0], lba_of(0), 16384, 80);
}

/* The answers that are at hand on @c.  Return: how many of the @n commands are left. */
static unsigned int left_open(struct conn *c, struct msg **m, unsigned int n)
{
	unsigned int i, open = 0;

	for (i = 0; i < n; i++)
		if (m[i] && take(c, ISCSI_RESPONSE, itt_of(BHS(m[i])), 0))
			m[i] = NULL;
		else if (m[i])
			open++;
	return open;
}

/*
 * Commands are under way on all connections when the first one sends @function.  After
 * its answer no answer of any of them comes, and no data of them.
 */
static void fence(unsigned int n, uint8_t function, unsigned int rounds)
{
	struct msg *m[MOST][8];
	struct mem *mem[MOST][8];
	unsigned int i, k, round, open = 0;
	uint32_t window;

	begin(n, "");
	settle();
	window = at[0]->max_cmdsn - at[0]->exp_cmdsn;
	for (i = 0; i < n; i++)
		for (k = 0; k < 8; k++)
			mem[i][k] = mem_new(at[i], 65536, READ_SINK | WRITE_SOURCE);
	for (round = 0; round < rounds; round++) {
		struct msg *reset;
		struct rx *rx;

		for (k = 0; k < 8; k++)
			for (i = 0; i < n; i++)
				m[i][k] = i == k % n ?
					write_blocks(turn(at[i]), lba_of(i), mem[i][k], 0) :
					read_blocks(turn(at[i]), lba_of(i), mem[i][k]);
		for (i = 0; i < n; i++)
			post_many(at[i], m[i], 8);
		reset = tmf(turn(at[0]), function, NO_TAG);
		if (round & 1) {
			BHS(reset)[0] &= ~IMMEDIATE;
			put32(BHS(reset) + 24, at[0]->cmdsn++);
		}
		rx = ask(at[0], reset, ISCSI_TMF_RSP);
		if (rx->bhs[2] == 5)
			skip("the target does not support this function");
		check(!rx->bhs[2], "the response is %u", rx->bhs[2]);
		for (i = 0; i < n; i++)
			open += left_open(at[i], m[i], 8);
		for (i = 0; i < n; i++)
			for (k = 0; k < 8; k++)
				if (m[i][k])
					memset(mem[i][k]->p, 0xee, 64);
		settle();
		for (i = 0; i < n; i++) {
			struct rx *late;

			/* Immediate task management concerns only what had arrived. */
			while ((late = take(at[i], ISCSI_RESPONSE, ANY_ITT, 0)))
				check(!(round & 1), "round %u: an answer on connection %u comes after that to the task management",
				      round, i);
			for (k = 0; k < 8; k++)
				if (m[i][k] && round & 1)
					check(mem[i][k]->p[0] == 0xee,
					      "round %u: data of a task came after its end", round);
		}
		for (i = 0; i < n; i++)
			while (take(at[i], ISCSI_RESPONSE, ANY_ITT, 20))
				;
		window_is(at[0], window, "tasks were aborted");
	}
	note("%u of %u commands were aborted", open, rounds * n * 8);
}

CASE(initiator, "connections/reset-fence-2", "R-8.3.2-6 R-8.3.2-7",
     "LUN RESET on one of two connections amid reads and writes: its answer comes after theirs on both")
{
	fence(2, TMF_LUN_RESET, 30);
}

CASE(initiator, "connections/reset-fence-4", "R-8.3.2-6 R-8.3.2-7",
     "the same on four connections")
{
	fence(4, TMF_LUN_RESET, 20);
}

CASE(initiator, "connections/abort-set-fence", "R-8.3.2-6 R-8.3.2-7",
     "the same with ABORT TASK SET")
{
	fence(4, TMF_ABORT_TASK_SET, 20);
}

CASE(initiator, "connections/reset-data-out", "R-8.3.2-6 R-7.3.4-2",
     "LUN RESET on one connection while a write of another waits for Data-Out: these still come, then its answer")
{
	struct msg *m, *reset;
	struct mem *mem;
	struct rx *rx;

	begin_unsolicited(2);
	mem = filled(at[1], 16384, 81);
	m = write_in_parts(turn(at[1]), lba_of(0), mem, PART);
	post(at[1], m);
	parts(at[1], m, mem, PART, 8192, PART);
	ping(at[1]);
	reset = tmf(turn(at[0]), TMF_LUN_RESET, NO_TAG);
	post(at[0], reset);
	ping(at[0]);
	parts(at[1], m, mem, 8192, 16384, PART);
	rx = expect(at[0], ISCSI_TMF_RSP, itt_of(BHS(reset)));
	check(!rx->bhs[2], "the response is %u", rx->bhs[2]);
	settle();
	/* A unit attention tells of the reset. */
	ask(at[1], test_unit_ready(turn(at[1])), ISCSI_RESPONSE);
	command(at[1], test_unit_ready(turn(at[1])));
}

/* --- a login in the place of a connection ----------------------------------- */

/* A login for the CID of @old, which ends.  Return: the connection in its place. */
static struct conn *replace(struct conn *old)
{
	struct conn *c = conn_joining(turn(old), old->cid);
	int status = join_try(c, old);

	check(status >= 0, "the connection ended during login (%s)", c->how);
	check(!status, "the login is refused with status %04x", status);
	wait_end(old, "another one has taken its place");
	last = c;
	return c;
}

/*
 * The target may not have taken all of @m before @c took the place of the connection
 * that they were sent on.  Then their CmdSNs are to be sent again.
 */
static void fill_up(struct conn *c, struct msg **m, unsigned int n)
{
	unsigned int i;

	ping(c);
	for (i = 0; i < n; i++) {
		struct msg *next;

		if ((int32_t)(get32(BHS(m[i]) + 24) - c->exp_cmdsn) < 0)
			continue;
		next = again(c, test_unit_ready(c), m[i]);
		post(c, next);
		good(c, next);
	}
}

static void replaced(unsigned int n, unsigned int victim, const char *changes)
{
	struct msg *m[8];
	unsigned int round, i;
	uint32_t window;

	begin(n, changes);
	settle();
	window = at[0]->max_cmdsn - at[0]->exp_cmdsn;
	for (round = 0; round < 3; round++) {
		step("round %u", round);
		load(at[victim], m, 8);
		at[victim] = replace(at[victim]);
		fill_up(at[victim], m, 8);
		for (i = 0; i < n; i++) {
			struct conn *c = turn(at[i]);

			command(c, write_blocks(c, lba_of(i), filled(c, 65536, 90 + i), 4096));
			reads(at[(i + 1) % n], lba_of(i), 65536, 90 + i);
		}
		window_is(at[0], window, "tasks ended with their connection");
	}
}

CASE(initiator, "connections/replace-second", "R-5.1-12 R-5.2.2-4",
     "a login with the TSIH and the CID of a connection with commands under way takes its place, three times")
{
	replaced(2, 1, "");
}

CASE(initiator, "connections/replace-first", "R-5.1-12 R-5.2.2-4",
     "the same for the connection that has begun the session")
{
	replaced(2, 0, "");
}

CASE(initiator, "connections/replace-only", "R-5.1-12 R-5.2.2-4",
     "the same for the only connection of a session")
{
	replaced(1, 0, "");
}

CASE(initiator, "connections/replace-one-of-4", "R-5.1-12 R-5.2.2-4",
     "the same for one of four")
{
	replaced(4, 2, "");
}

CASE(initiator, "connections/replace-roomy", "R-5.1-12 R-5.2.2-4",
     "the same in a session that may have more connections than it has")
{
	replaced(2, 1, "MaxConnections=4");
}

CASE(initiator, "connections/replace-waiting", "R-5.1-12 R-5.2.2-4 R-5.1-11",
     "the same for one whose commands wait for a CmdSN of another: that comes on the new one")
{
	struct msg *first, *m[2], *next[2];

	begin(2, "");
	first = gap();
	m[0] = test_unit_ready(turn(at[1]));
	m[1] = write_blocks(turn(at[1]), lba_of(0), filled(at[1], 65536, 95), PART);
	post_many(at[1], m, 2);
	ping(at[1]);
	at[1] = replace(at[1]);
	post(at[1], first);
	good(at[1], first);
	next[0] = again(at[1], test_unit_ready(at[1]), m[0]);
	next[1] = again(at[1], write_blocks(at[1], lba_of(0), filled(at[1], 65536, 96), PART), m[1]);
	post(at[1], next[0]);
	post(at[1], next[1]);
	good(at[1], next[0]);
	good(at[1], next[1]);
	reads(at[0], lba_of(0), 65536, 96);
	command(at[0], test_unit_ready(turn(at[0])));
	command(at[1], test_unit_ready(turn(at[1])));
}

CASE(initiator, "connections/replace-given-up", "R-5.1-12 R-10.1.1.1-1",
     "such a login is given up in the middle: the connection lives on")
{
	struct conn *c;
	struct rx *rx;
	int i;

	begin(2, "");
	for (i = 0; i < 3; i++) {
		struct text t = { 0 };

		c = conn_joining(at[0], at[1]->cid);
		text_add(&t, "InitiatorName", opt.initiator);
		text_add(&t, "TargetName", opt.target);
		text_add(&t, "SessionType", "Normal");
		rx = login_round(c, login_pdu(c, 1, -1, &t));
		check(rx && !login_status(rx), "the login is refused");
		settle();
		conn_close(c);
		command(at[1], test_unit_ready(turn(at[1])));
		command(at[0], test_unit_ready(turn(at[0])));
	}
}

CASE(initiator, "connections/too-many", "R-5.1-7",
     "a further connection beyond MaxConnections is refused; those of the session live on")
{
	struct conn *c;
	int status;

	begin(2, "");
	c = conn_joining(at[0], 7);
	status = join_try(c, at[0]);
	check(status == 0x0206, "the status is %04x, not 0206: too many connections", status);
	settle();
	command(at[1], test_unit_ready(turn(at[1])));
}

/* --- with and without credentials ------------------------------------------- */

#define USER	"user-in"
#define SECRET	"secret-in-1234"
#define NAMED	"-InitiatorName -TargetName -SessionType "

/* The answer to a challenge: MD5 of the identifier, the secret and the challenge. */
static void digest(char *to, size_t size, const char *secret, const char *id,
		   const char *challenge)
{
	unsigned int byte;
	char command[2600], *p = command;
	FILE *f;

	p += sprintf(p, "printf '\\%03o%s", atoi(id), secret);
	for (challenge += 2; sscanf(challenge, "%2x", &byte) == 1; challenge += 2)
		p += sprintf(p, "\\%03o", byte);
	sprintf(p, "' | md5sum");
	f = popen(command, "r");
	check(f && fgets(to, size, f), "md5sum gives nothing");
	pclose(f);
	to[32] = 0;
}

/* Begins the security stage of a login.  Return: status; 0: a challenge has come. */
static int be_challenged(struct conn *c)
{
	struct text t = { 0 };
	struct rx *rx;

	text_add(&t, "InitiatorName", opt.initiator);
	text_add(&t, "TargetName", opt.target);
	text_add(&t, "SessionType", "Normal");
	text_add(&t, "AuthMethod", "CHAP");
	c->answer.len = 0;
	rx = login_round(c, login_pdu(c, 0, -1, &t));
	if (!rx || login_status(rx))
		return rx ? login_status(rx) : -1;
	if (strcmp(answer(c, "AuthMethod") ?: "None", "CHAP"))
		skip("the target answers AuthMethod=%s", answer(c, "AuthMethod"));
	t.len = 0;
	text_add(&t, "CHAP_A", "5");
	rx = login_round(c, login_pdu(c, 0, -1, &t));
	check(rx && answer(c, "CHAP_I") && answer(c, "CHAP_C"), "no challenge comes");
	return 0;
}

/* Answers the challenge.  Return: status; -1: the connection ended. */
static int respond(struct conn *c, const char *response)
{
	struct text t = { 0 };
	struct rx *rx;

	text_add(&t, "CHAP_N", USER);
	text_add(&t, "CHAP_R", response);
	rx = login_round(c, login_pdu(c, 0, 1, &t));
	return rx ? login_status(rx) : -1;
}

/* The security stage of a login.  Return: status; -1: the connection ended. */
static int authenticate(struct conn *c, const char *secret)
{
	char sum[64], value[80];
	int status = be_challenged(c);

	if (status)
		return status;
	digest(sum, sizeof(sum), secret, answer(c, "CHAP_I"), answer(c, "CHAP_C"));
	snprintf(value, sizeof(value), "0x%s", sum);
	return respond(c, value);
}

/* The right response in base64, which is 0b and 22 characters, without padding. */
static void respond_base64(char *to, size_t size, struct conn *c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned int bits = 0, have = 0, byte, i;
	char sum[64];

	digest(sum, sizeof(sum), SECRET, answer(c, "CHAP_I"), answer(c, "CHAP_C"));
	to += snprintf(to, size, "0b");
	for (i = 0; sscanf(sum + i, "%2x", &byte) == 1; i += 2) {
		bits = bits << 8 | byte;
		for (have += 8; have >= 6; have -= 6)
			*to++ = digits[bits >> (have - 6) & 63];
	}
	*to++ = digits[bits << (6 - have) & 63];
	*to = 0;
}

CASE(initiator, "connections/secret-base64", "R-11-1 R-10.1.4.6-2",
     "a CHAP response in base64 is taken; one that is longer than a digest is refused: 0201")
{
	struct text t = { 0 };
	char value[160];
	struct rx *rx;
	int status;

	at[0] = conn_open(NULL);
	status = be_challenged(at[0]);
	check(!status, "no challenge, status %d", status);
	respond_base64(value, sizeof(value), at[0]);
	status = respond(at[0], value);
	check(!status, "the right response in base64 is refused, status %d", status);
	login(at[0], NAMED "MaxConnections=1");
	at[1] = conn_open(NULL);
	status = be_challenged(at[1]);
	check(!status, "no challenge, status %d", status);
	memset(value + 2, 'A', 120);
	value[122] = 0;
	/* A target that does not see it first finds that it has no such user. */
	text_add(&t, "CHAP_N", "nobody");
	text_add(&t, "CHAP_R", value);
	rx = login_round(at[1], login_pdu(at[1], 0, 1, &t));
	check(rx, "the connection ended without a status");
	check(login_status(rx) == 0x201, "the status is %04x", login_status(rx));
	expect_end(at[1], "the login failed");
}

/* A session of two connections that have authenticated themselves. */
static void begin_secret(void)
{
	int status;

	at[0] = conn_open(NULL);
	status = authenticate(at[0], SECRET);
	check(!status, "the right secret is refused, status %d", status);
	login(at[0], NAMED "MaxConnections=4 TaggedBufferForSolicitedDataOnly=Yes");
	if (answer_number(at[0], "MaxConnections", 1) < 2)
		skip("the target answers MaxConnections=%s", answer(at[0], "MaxConnections"));
	while (ask(at[0], test_unit_ready(at[0]), ISCSI_RESPONSE)->bhs[3])
		;
	block_size(at[0]);
	last = at[0];
	nr = 2;
	at[1] = conn_joining(at[0], 1);
	status = authenticate(at[1], SECRET);
	check(!status, "the right secret is refused, status %d", status);
	at[1]->tsih = at[0]->tsih;
	status = login_try(at[1], NAMED FURTHER);
	check(!status, "the second connection is refused, status %04x", status);
}

static void both_live(const char *what)
{
	step("both connections after %s", what);
	settle();
	command(at[0], test_unit_ready(turn(at[0])));
	command(at[1], test_unit_ready(turn(at[1])));
}

/*
 * Two logins without the secret, with the ISID, this TSIH and this CID.  That which
 * leaves out the security stage is login/no-security-stage.
 */
static void strangers(uint16_t tsih, uint16_t cid)
{
	int status, way;

	for (way = 0; way < 2; way++) {
		struct conn *c = conn_joining(at[0], cid);
		struct text t = { 0 };
		struct rx *rx;

		c->tsih = tsih;
		if (way) {
			status = authenticate(c, "secret-in-4321");
		} else {
			text_add(&t, "InitiatorName", opt.initiator);
			text_add(&t, "TargetName", opt.target);
			text_add(&t, "SessionType", "Normal");
			text_add(&t, "AuthMethod", "None");
			rx = login_round(c, login_pdu(c, 0, 1, &t));
			status = rx ? login_status(rx) : -1;
		}
		note("way %d: status %04x", way, status);
		check(status, "a login without the secret goes on");
		/* The target is not busy with it. */
		c->full = true;
		conn_close(c);
		both_live(way ? "a wrong secret" : "AuthMethod=None");
	}
}

CASE(initiator, "connections/secret-replace", "R-5.1-12 R-11-1",
     "a login with the right secret takes the place of a connection")
{
	struct conn *c;
	int status;

	begin_secret();
	c = conn_joining(turn(at[1]), at[1]->cid);
	status = authenticate(c, SECRET);
	check(!status, "the right secret is refused, status %d", status);
	both_live("the security stage alone");
	c->cmdsn = last->cmdsn;
	c->tsih = at[0]->tsih;
	status = login_try(c, NAMED FURTHER);
	check(!status, "the login is refused, status %04x", status);
	wait_end(at[1], "another one has taken its place");
	at[1] = last = c;
	both_live("one was replaced");
}

CASE(initiator, "connections/secret-none", "R-5.1-12 R-11-1",
     "logins without the secret, with the TSIH and the CID of a connection: it lives on")
{
	begin_secret();
	strangers(at[0]->tsih, at[1]->cid);
	strangers(at[0]->tsih, at[0]->cid);
}

CASE(initiator, "connections/secret-none-session", "R-11-1",
     "logins without the secret, with the name and the ISID of a session: it lives on")
{
	begin_secret();
	strangers(0, 0);
}

/* --- unexpected PDUs -------------------------------------------------------- */

CASE(initiator, "connections/unexpected", "R-6.7-4 R-8.1.2-1",
     "MaxOutstandingUnexpectedPDUs of 4 holds for the session: no more Rejects come on four connections")
{
	unsigned int i, k, n = 0;

	begin(4, "MaxOutstandingUnexpectedPDUs=4");
	need_key(at[0], "MaxOutstandingUnexpectedPDUs");
	settle();
	for (i = 0; i < 4; i++)
		at[i]->frozen = true;
	for (k = 0; k < 5; k++)
		for (i = 0; i < 4; i++)
			post(at[i], snack(at[i], 0));
	settle();
	for (i = 0; i < 4; i++)
		while (take(at[i], ISCSI_REJECT, ANY_ITT, 30))
			n++;
	note("%u Rejects came", n);
	check(n && n <= 4, "%u Rejects came", n);
}

CASE(initiator, "connections/unexpected-retired", "R-6.7-4 R-8.1.2-3",
     "what one connection acknowledges, another one may send")
{
	unsigned int round;

	begin(2, "MaxOutstandingUnexpectedPDUs=4");
	need_key(at[0], "MaxOutstandingUnexpectedPDUs");
	settle();
	for (round = 0; round < 6; round++) {
		struct conn *c = at[round & 1], *other = at[!(round & 1)];
		unsigned int k, n = 0;

		c->frozen = true;
		for (k = 0; k < 10; k++)
			post(c, snack(c, 0));
		ping(c);
		while (take(c, ISCSI_REJECT, ANY_ITT, 30))
			n++;
		check(n && n <= 4, "%u Rejects came", n);
		post(other, snack(other, 0));
		ping(other);
		check(!take(other, ISCSI_REJECT, ANY_ITT, 30), "a Reject comes beyond the limit");
		c->frozen = false;
		ping(c);
		ping(c);
		post(other, snack(other, 0));
		ping(other);
		check(take(other, ISCSI_REJECT, ANY_ITT, 1000), "acknowledged, but no Reject comes");
		ping(other);
	}
}

/* --- the window ------------------------------------------------------------- */

CASE(initiator, "connections/window", "R-8.1.1.1-2 R-5.1-11",
     "the window of a session of four connections is used up on each of them, again and again")
{
	unsigned int round, i, most = 0, least = ~0u;

	begin(4, "");
	settle();
	for (round = 0; round < 12; round++) {
		struct conn *c = turn(at[round % 4]);
		struct msg *m[512];
		unsigned int n = 0;

		ping(c);
		while ((int32_t)(c->max_cmdsn - c->cmdsn) >= 0 && n < 512)
			m[n++] = test_unit_ready(c);
		for (i = 0; i < n; i += 32)
			post_many(c, m + i, n - i < 32 ? n - i : 32);
		for (i = 0; i < n; i++)
			good(c, m[i]);
		most = n > most ? n : most;
		least = n < least ? n : least;
	}
	note("windows of %u to %u commands", least, most);
}
