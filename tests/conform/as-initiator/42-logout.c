// SPDX-License-Identifier: GPL-2.0-only
/* Several Logouts: RFC 7143, section 11.14; the end of sessions: section 5.2.2. */
#include "conform.h"

#define CLOSE_SESSION	0
#define CLOSE_CONN	1
#define RECOVERY	2

/* Makes @m a PDU that takes its turn in the order of CmdSN. */
static struct msg *in_order(struct conn *c, struct msg *m)
{
	BHS(m)[0] &= ~IMMEDIATE;
	put32(BHS(m) + 24, c->cmdsn++);
	return m;
}

/* Checks that the session of @c is gone: its initiator logs in again. */
static void again(struct conn *c)
{
	struct conn *next = conn_open(NULL);

	step("logging in again");
	memcpy(next->isid, c->isid, sizeof(next->isid));
	login(next, "");
	ping(next);
	conn_close(next);
}

/*
 * Sends Logouts that do not close the connection, then one that does.  The target
 * executes them one after another when the gap is filled: when it sends the responses
 * of the first ones it already knows of the last one.
 */
static void behind_others(struct conn *c)
{
	uint32_t sn = c->cmdsn++;
	struct msg *m[3], *fill;
	int i;

	m[0] = in_order(c, logout_of(c, CLOSE_CONN, 77));
	m[1] = in_order(c, logout_of(c, RECOVERY, c->cid));
	m[2] = in_order(c, logout_of(c, CLOSE_SESSION, c->cid));
	post_many(c, m, 3);
	ping(c);
	fill = test_unit_ready(c);
	put32(BHS(fill) + 24, sn);
	post(c, fill);
	for (i = 0; i < 3; i++)
		expect(c, ISCSI_LOGOUT_RSP, itt_of(BHS(m[i])));
	wait_end(c, "logged out");
}

CASE(initiator, "logout/behind-others", "R-5.2.2-2 R-5.2.2-3 R-5.2.2-4",
     "Logouts of what does not exist, and a Logout behind them: all are answered, nothing is left")
{
	struct conn *c = session("");

	behind_others(c);
	again(c);
}

/*
 * The same with immediate Logouts, as an initiator of a Discovery session may send
 * them.
 */
static void at_once(struct conn *c)
{
	struct msg *m[4];
	int i;

	for (i = 0; i < 3; i++)
		m[i] = logout_of(c, i & 1 ? RECOVERY : CLOSE_CONN, 77);
	m[3] = logout_of(c, CLOSE_SESSION, c->cid);
	post_many(c, m, 4);
	expect(c, ISCSI_LOGOUT_RSP, itt_of(BHS(m[3])));
	wait_end(c, "logged out");
}

CASE(initiator, "logout/at-once", "R-5.2.2-2 R-5.2.2-3 R-5.2.2-4",
     "such Logouts by one doorbell, three times")
{
	int i;

	for (i = 0; i < 3; i++)
		at_once(session(""));
	still_serves();
}

CASE(initiator, "logout/discovery", "R-5.2.2-2 R-5.2.2-3 R-5.2.2-4",
     "the same in Discovery sessions")
{
	int i;

	for (i = 0; i < 3; i++) {
		struct conn *c = conn_open(NULL);

		discovery(c, "");
		at_once(c);
	}
	still_serves();
}

CASE(initiator, "logout/not-taken", "R-5.2.2-4",
     "an initiator that lets the target repeat its Sends without limit does not take the Logout Response: the connection ends")
{
	struct cm cm = cm_default();
	struct conn *c;
	uint32_t i;
	long end;

	cm.rnr_retry = 7;
	c = session_cm(&cm, "");
	/* Their answers use up the receives. */
	c->hold_recvs = true;
	for (i = 0; i < cm.recvs; i++)
		post(c, nop_out(c, true));
	post(c, logout_of(c, CLOSE_SESSION, c->cid));
	end = now_ms() + 10000L * opt.slow;
	step("waiting for the end of the connection");
	while (!c->ended && now_ms() < end)
		next_rx(c, 1000);
	check(c->ended, "the connection goes on");
	again(c);
}

CASE(initiator, "logout/twice-ahead", "R-5.2.2-4",
     "two Logouts that close the connection wait for their CmdSN: it ends, nothing is left")
{
	struct conn *c = session("");
	struct msg *m[2];

	c->cmdsn++;
	m[0] = in_order(c, logout_of(c, CLOSE_SESSION, c->cid));
	m[1] = in_order(c, logout_of(c, CLOSE_CONN, c->cid));
	post_many(c, m, 2);
	next_rx(c, 200);
	if (!c->ended) {
		struct msg *fill = test_unit_ready(c);

		put32(BHS(fill) + 24, c->cmdsn - 4);
		post(c, fill);
	}
	wait_end(c, "logged out twice");
	again(c);
}

CASE(initiator, "logout/unknown-ahead", "R-5.2.2-4",
     "a Logout for no known reason, ahead of its CmdSN: the connection ends at once")
{
	struct conn *c = session("");

	c->cmdsn++;
	post(c, in_order(c, logout_of(c, 9, c->cid)));
	expect_end(c, "a Logout without a valid reason");
	still_serves();
}

CASE(initiator, "logout/each-other", "R-5.2.2-2 R-5.2.2-4",
     "two connections of a session log each other out at once: they end")
{
	struct conn *b, *a = session_of_two("", &b);
	uint32_t sn = a->cmdsn++;
	struct msg *fill;

	/* Both wait for the same CmdSN: the target executes one right after the other. */
	post(a, in_order(a, logout_of(a, CLOSE_CONN, b->cid)));
	b->cmdsn = a->cmdsn;
	post(b, in_order(b, logout_of(b, CLOSE_CONN, a->cid)));
	ping(b);
	fill = test_unit_ready(a);
	put32(BHS(fill) + 24, sn);
	post(a, fill);
	/*
	 * The connection that is closed first may end before its own Logout is
	 * answered.
	 */
	step("waiting for the end of one of them");
	while (!a->ended && !b->ended && (next_rx(a, 500) || next_rx(b, 500)))
		;
	check(a->ended || b->ended, "both connections go on");
	conn_close(a);
	conn_close(b);
	still_serves();
}

CASE(initiator, "logout/window", "R-5.2.2-4",
     "a connection is logged out while its writes wait for data: the session gets its window back")
{
	struct conn *b, *a = session_of_two("InitialR2T=No FirstBurstLength=8192", &b);
	struct mem *mem = mem_new(b, 8192, WRITE_SOURCE);
	uint32_t before, after = 0;
	int i;

	if (strcmp(answer(a, "InitialR2T") ?: "Yes", "No"))
		skip("the target answers InitialR2T=%s", answer(a, "InitialR2T"));
	block_size(b);
	ping(b);
	before = b->max_cmdsn - b->exp_cmdsn;
	for (i = 0; i < 4; i++)
		post(b, write_in_parts(b, free_block(b), mem, 512));
	ping(b);
	ask(a, logout_of(a, CLOSE_CONN, b->cid), ISCSI_LOGOUT_RSP);
	wait_end(b, "logged out by the other one");
	/* The target releases the commands after that. */
	for (i = 0; i < 50; i++) {
		ping(a);
		after = a->max_cmdsn - a->exp_cmdsn;
		if (after == before)
			return;
		pause_ms(20);
	}
	fail("the window was %u and is %u", before, after);
}

static uint32_t dice;

static uint32_t roll(uint32_t sides)
{
	dice = dice * 1103515245 + 12345;
	return (dice >> 16) % sides;
}

/* A Logout for any of the connections, immediate or in the order of CmdSN. */
static struct msg *any_logout(struct conn *c, struct conn *other, uint32_t *cmdsn)
{
	static const uint8_t reasons[] = { CLOSE_SESSION, CLOSE_CONN, CLOSE_CONN, CLOSE_CONN, RECOVERY };
	uint16_t cids[] = { c->cid, other->cid, 77 };
	struct msg *m = logout_of(c, reasons[roll(5)], cids[roll(3)]);

	if (roll(2)) {
		BHS(m)[0] &= ~IMMEDIATE;
		put32(BHS(m) + 24, (*cmdsn)++);
	}
	return m;
}

static void any_logouts(uint32_t seed)
{
	struct conn *c[2];
	struct msg *m[2][8], *fill;
	uint32_t cmdsn, sn;
	int n[2] = { 0 }, i;

	dice = seed;
	step("Logouts of seed %u", seed);
	c[0] = session_of_two("", &c[1]);
	sn = c[0]->cmdsn;
	cmdsn = sn + roll(2);
	for (i = roll(8); i >= 0; i--) {
		uint32_t k = roll(2);

		m[k][n[k]++] = any_logout(c[k], c[!k], &cmdsn);
	}
	post_many(c[0], m[0], n[0]);
	post_many(c[1], m[1], n[1]);
	i = roll(2);
	fill = test_unit_ready(c[i]);
	put32(BHS(fill) + 24, sn);
	post(c[i], fill);
	/* Some of the Logouts only wait for the end of the connection. */
	while (next_rx(c[0], 20) || next_rx(c[1], 20))
		;
	conn_close(c[0]);
	conn_close(c[1]);
	/*
	 * This logs in to another session: LIO walks along the connections of a session
	 * that it replaces.
	 */
	still_serves();
}

CASE(initiator, "logout/any", "R-5.2.2-4",
     "Logouts of any kind, number and order on two connections, 20 times: nothing is left")
{
	uint32_t seed;

	for (seed = 1; seed <= 20; seed++)
		any_logouts(seed);
}
