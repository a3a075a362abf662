// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several connections in a session: RFC 7143, section 4.2.2 (order);
 * RFC 7145, section 5.1.
 */
#include "several.h"

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
				is_good(at[i], m[i][k]);
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
			is_good(at[i], m[i]);
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
		is_good(at[i], m[i]);
	for (i = 0; i < 4; i++)
		reads(at[3 - i], lba_of(i), 4096, 50 + i);
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
	is_good(at[0], first);
	is_good(at[1], m);
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
	is_good(at[0], first);
	is_good(at[1], m);
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
	is_good(at[0], first);
	if (before < 16384)
		nothing_yet();
	parts(at[1], m, mem, before, 16384, immediate);
	is_good(at[1], m);
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
		is_good(at[0], first);
		is_good(at[1], m);
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
	is_good(at[0], first);
	for (i = 1; i < 4; i++)
		for (k = 0; k < n[i]; k++)
			is_good(at[i], m[i][k]);
	command(at[0], test_unit_ready(turn(at[0])));
}

/* --- the end of one of them ------------------------------------------------- */

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
			is_good(at[0], own[i]);
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
				is_good(at[i], m[i][k]);
	}
	window_is(at[0], window, "three of four have logged out");
	command(at[0], test_unit_ready(turn(at[0])));
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
	is_good(at[0], first);
	is_good(at[2], next[0]);
	next[1] = again(at[2], read_blocks(at[2], lba_of(0), mem_new(at[2], 4096, READ_SINK)), m[1]);
	next[2] = again(at[2], write_blocks(at[2], lba_of(1), filled(at[2], 65536, 73), PART), m[2]);
	post(at[2], next[1]);
	is_good(at[2], next[1]);
	post(at[2], next[2]);
	post(at[2], next[3]);
	is_good(at[2], next[2]);
	is_good(at[2], next[3]);
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
			is_good(c, m[i]);
		most = n > most ? n : most;
		least = n < least ? n : least;
	}
	note("windows of %u to %u commands", least, most);
}
