// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several connections in a session: task management, RFC 7143, sections 4.2.2.3.2 and
 * 4.2.3.3, and logins in the place of a connection, section 6.3.4.
 */
#include "several.h"

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
	is_good(at[1], m);
	reads(at[0], lba_of(0), 16384, 80);
}

/* ABORT TASK of @m, sent on @c. */
static struct msg *abort_of(struct conn *c, const struct msg *m)
{
	struct msg *abort = tmf(turn(c), TMF_ABORT_TASK, itt_of(BHS(m)));

	put32(BHS(abort) + 32, get32(BHS(m) + 24));
	return abort;
}

/* Sends it, and is told that it is done. */
static void aborts(struct conn *c, const struct msg *m)
{
	struct rx *rx = ask(c, abort_of(c, m), ISCSI_TMF_RSP);

	check(!rx->bhs[2], "the response is %u, not 0: complete", rx->bhs[2]);
}

CASE(initiator, "connections/abort-lost", "R-5.1-13 R-5.1-11",
     "two commands are lost with a connection that is logged out; ABORT TASK on another one, of the later one first, and what waits for them goes on")
{
	struct msg *lost[2], *m;
	uint32_t window;
	int i;

	begin(2, "");
	settle();
	window = at[0]->max_cmdsn - at[0]->exp_cmdsn;
	lost[0] = test_unit_ready(turn(at[1]));
	lost[1] = test_unit_ready(turn(at[1]));
	ask(at[0], logout_of(turn(at[0]), 1, at[1]->cid), ISCSI_LOGOUT_RSP);
	wait_end(at[1], "logged out by the other one");
	m = test_unit_ready(turn(at[0]));
	post(at[0], m);
	for (i = 1; i >= 0; i--)
		aborts(at[0], lost[i]);
	is_good(at[0], m);
	window_is(at[0], window, "two CmdSNs count as received");
	command(at[0], test_unit_ready(turn(at[0])));
	nothing_else(at[0]);
}

CASE(initiator, "connections/abort-twice", "R-5.1-13 R-5.1-11",
     "two ABORT TASK of one CmdSN that comes nevertheless, on the connection that it was sent on: it is ignored")
{
	struct msg *first, *late;

	begin(2, "");
	first = gap();
	late = test_unit_ready(turn(at[1]));
	aborts(at[1], late);
	ask(at[1], abort_of(at[1], late), ISCSI_TMF_RSP);
	post(at[1], late);
	nothing_yet();
	post(at[0], first);
	is_good(at[0], first);
	nothing_yet();
	command(at[1], test_unit_ready(turn(at[1])));
}

CASE(initiator, "connections/abort-waiting", "R-5.1-11 R-8.3.2-6",
     "ABORT TASK of a read and of a write that wait for a CmdSN of another connection: neither runs")
{
	struct msg *first, *m[2];
	uint32_t window;
	struct mem *in;

	begin(2, "");
	command(at[1], write_blocks(turn(at[1]), lba_of(1), filled(at[1], 65536, 96), 0));
	settle();
	window = at[0]->max_cmdsn - at[0]->exp_cmdsn;
	first = gap();
	in = mem_new(at[1], 65536, READ_SINK);
	m[0] = read_blocks(turn(at[1]), lba_of(1), in);
	m[1] = write_blocks(turn(at[1]), lba_of(1), filled(at[1], 65536, 97), 0);
	post_many(at[1], m, 2);
	aborts(at[1], m[0]);
	aborts(at[1], m[1]);
	post(at[0], first);
	is_good(at[0], first);
	nothing_yet();
	expect_untouched(in, 0);
	window_is(at[0], window, "waiting tasks were aborted");
	command(at[1], test_unit_ready(turn(at[1])));
	reads(at[0], lba_of(1), 65536, 96);
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

			late = take(at[i], ISCSI_RESPONSE, ANY_ITT, 0);
			check(!late, "round %u: an answer on connection %u comes after that to the task management",
			      round, i);
			for (k = 0; k < 8; k++)
				if (m[i][k])
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

CASE(initiator, "connections/reset-waits", "R-8.3.2-8",
     "an immediate LUN RESET comes before an earlier read on another connection: it waits, and ends both")
{
	struct msg *m, *reset;
	struct mem *mem;
	struct rx *rx;

	begin(2, "");
	settle();
	mem = mem_new(at[1], 65536, READ_SINK);
	m = read_blocks(turn(at[1]), lba_of(0), mem);
	reset = tmf(turn(at[0]), TMF_LUN_RESET, NO_TAG);
	post(at[0], reset);
	check(!take(at[0], ISCSI_TMF_RSP, ANY_ITT, 300), "the LUN RESET is answered before the read comes");
	post(at[1], m);
	rx = expect(at[0], ISCSI_TMF_RSP, itt_of(BHS(reset)));
	check(!rx->bhs[2], "the response is %u", rx->bhs[2]);
	note("the read was %s", left_open(at[1], &m, 1) ? "aborted" : "answered");
	memset(mem->p, 0xee, 65536);
	settle();
	check(!take(at[1], ISCSI_RESPONSE, ANY_ITT, 20), "the read is answered after the LUN RESET");
	check(mem->p[0] == 0xee && mem->p[65535] == 0xee, "data of the read came after the LUN RESET");
	/* A unit attention tells of the reset. */
	ask(at[1], test_unit_ready(turn(at[1])), ISCSI_RESPONSE);
	command(at[0], test_unit_ready(turn(at[0])));
}

CASE(initiator, "connections/reset-given-up", "R-8.3.2-8 R-5.2.2-4",
     "the same, and the earlier command never comes: the connection is closed, or logged out by the other one")
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		begin(2, "");
		gap();
		post(at[0], tmf(turn(at[0]), TMF_LUN_RESET, NO_TAG));
		if (i) {
			ask(at[1], logout_of(turn(at[1]), 1, at[0]->cid), ISCSI_LOGOUT_RSP);
			wait_end(at[0], "logged out by the other one");
			ping(at[1]);
		} else {
			conn_close(at[0]);
		}
	}
	still_serves();
}

CASE(initiator, "connections/reset-lost", "R-8.3.2-8",
     "a command is lost with a connection that is logged out: an immediate LUN RESET does not wait for it, on the connection that is left")
{
	struct msg *lost, *reset;

	begin(2, "");
	lost = test_unit_ready(turn(at[1]));
	reset = tmf(turn(at[0]), TMF_LUN_RESET, NO_TAG);
	post(at[0], reset);
	ask(at[1], logout_of(turn(at[1]), 1, at[1]->cid), ISCSI_LOGOUT_RSP);
	wait_end(at[1], "logged itself out");
	expect(at[0], ISCSI_TMF_RSP, itt_of(BHS(reset)));
	aborts(at[0], lost);
	/* A unit attention tells of the reset. */
	ask(at[0], test_unit_ready(turn(at[0])), ISCSI_RESPONSE);
	command(at[0], test_unit_ready(turn(at[0])));
}

CASE(initiator, "gap/reset", "R-8.3.2-8 R-5.2.2-4",
     "the same, and nobody closes it: the connection ends, and a LUN RESET of another initiator is answered before")
{
	struct conn *other = session("");

	begin(2, "");
	gap();
	post(at[0], tmf(turn(at[0]), TMF_LUN_RESET, NO_TAG));
	ask(other, tmf(other, TMF_LUN_RESET, NO_TAG), ISCSI_TMF_RSP);
	wait_end(at[0], "the LUN RESET waits for a command that does not come");
	still_serves();
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
		is_good(c, next);
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

/* The window on @c after it has been used up again and again. */
static uint32_t used_up(struct conn *c)
{
	unsigned int round, i, n;
	struct msg *m[512];

	for (round = 0; round < 12; round++) {
		ping(c);
		for (n = 0; (int32_t)(c->max_cmdsn - c->cmdsn) >= 0 && n < 512; n++)
			m[n] = test_unit_ready(c);
		for (i = 0; i < n; i += 32)
			post_many(c, m + i, n - i < 32 ? n - i : 32);
		for (i = 0; i < n; i++)
			expect(c, ISCSI_RESPONSE, itt_of(BHS(m[i])));
	}
	ping(c);
	return c->max_cmdsn - c->exp_cmdsn + 1;
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
	is_good(at[1], first);
	next[0] = again(at[1], test_unit_ready(at[1]), m[0]);
	next[1] = again(at[1], write_blocks(at[1], lba_of(0), filled(at[1], 65536, 96), PART), m[1]);
	post(at[1], next[0]);
	post(at[1], next[1]);
	is_good(at[1], next[0]);
	is_good(at[1], next[1]);
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

CASE(initiator, "connections/replace-window", "R-8.1.1.1-2 R-5.1-12",
     "the window of a session whose connection is replaced grows as that of one that is not")
{
	uint32_t most[2];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		begin(1, "MaxConnections=1");
		settle();
		note("window of %u after the login", at[0]->max_cmdsn - at[0]->exp_cmdsn + 1);
		if (i)
			at[0] = replace(at[0]);
		most[i] = used_up(at[0]);
		note("window of %u in the end", most[i]);
		ask(at[0], logout_of(turn(at[0]), 0, at[0]->cid), ISCSI_LOGOUT_RSP);
		wait_end(at[0], "logged out");
	}
	check(most[0] == most[1], "the window grows to %u, and after a replacement to %u",
	      most[0], most[1]);
}

/* The login of @c for the CID of a connection of the session, without its answer. */
static void asks_in(struct conn *c)
{
	struct text t;

	text_default(&t, FURTHER);
	post(c, login_pdu(c, 1, 3, &t));
}

CASE(initiator, "left/replaced-again", "R-5.1-12 R-5.2.2-4",
     "a connection has a write at the backend, and one login after another takes its place: the last one is answered")
{
	struct conn *old, *next;
	unsigned int n = 0;
	struct rx *rx;
	long end;

	begin(1, "MaxConnections=2");
	old = turn(at[0]);
	post(old, write_blocks(old, lba_of(0), filled(old, 4096, 98), 0));
	end = now_ms() + 2000;
	do {
		next = conn_joining(old, old->cid);
		asks_in(next);
		wait_end(old, "another one takes its place");
		old = next;
		n++;
	} while (now_ms() < end);
	note("%u logins", n);
	rx = next_rx(next, opt.wait_ms);
	check(rx, "the last login is not answered%s%s", next->ended ? ", the connection ended: " : "",
	      next->ended ? next->how : "");
	check(!login_status(rx), "the last login is refused with status %04x", login_status(rx));
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
