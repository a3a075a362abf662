// SPDX-License-Identifier: GPL-2.0-only
/* Unexpected PDUs of the target: sections 6.7, 8.1.1.3, 8.1.2. */
#include "conform.h"

#define KEY	"MaxOutstandingUnexpectedPDUs"

static struct conn *limited(const char *limit)
{
	char changes[64];
	struct conn *c;

	snprintf(changes, sizeof(changes), KEY "=%s", limit);
	c = session(changes);
	need_key(c, KEY);
	ping(c);
	return c;
}

/* Sends a ping as a fence.  Return: how many Rejects have come. */
static unsigned int rejects(struct conn *c)
{
	unsigned int n = 0;

	ping(c);
	while (take(c, ISCSI_REJECT, ANY_ITT, 30))
		n++;
	return n;
}

/* Sends @n SNACKs, each of which has to be answered with a Reject. */
static void provoke(struct conn *c, unsigned int n)
{
	while (n--)
		post(c, snack(c, 0));
}

CASE(initiator, "unexpected/limit-2", "R-8.1.2-1 R-8.1.2-2",
     "limit 2, nothing acknowledged: of 20 Rejects due no more than 2 come")
{
	struct conn *c = limited("2");
	unsigned int n;

	c->frozen = true;
	provoke(c, 20);
	n = rejects(c);
	check(n <= 2, "%u Rejects came", n);
	note("%u Rejects came", n);
}

CASE(initiator, "unexpected/limit-4", "R-8.1.2-1 R-8.1.2-2",
     "the same with 4, and the connection is of use")
{
	struct conn *c = limited("4");
	unsigned int n;

	c->frozen = true;
	provoke(c, 20);
	n = rejects(c);
	check(n <= 4, "%u Rejects came", n);
	command(c, test_unit_ready(c));
}

CASE(initiator, "unexpected/one-comes", "R-7.3.11-1",
     "under a limit of 4 the first Reject is not held back")
{
	struct conn *c = limited("4");

	c->frozen = true;
	provoke(c, 1);
	check(rejects(c) == 1, "no Reject came");
}

CASE(initiator, "unexpected/retired", "R-8.1.2-3",
     "after ExpStatSN has acknowledged them, Rejects come again")
{
	struct conn *c = limited("4");
	int round;

	for (round = 0; round < 5; round++) {
		c->frozen = true;
		provoke(c, 10);
		check(rejects(c) <= 4, "more than 4 Rejects came");
		c->frozen = false;
		/* The next PDU acknowledges the answer to the ping and all before it. */
		ping(c);
		ping(c);
		provoke(c, 1);
		check(rejects(c) == 1, "round %d: acknowledged, but no Reject comes", round);
		ping(c);
	}
}

CASE(initiator, "unexpected/each-retired", "R-8.1.2-3",
     "each Reject is retired by its own StatSN, not all of them by the last")
{
	struct conn *c = limited("4");
	uint32_t first = c->exp_statsn;
	unsigned int n;

	c->frozen = true;
	provoke(c, 3);
	check(rejects(c) == 3, "not all of three Rejects come");
	/* Two of the Rejects are acknowledged; the ping's answer takes the last place. */
	c->exp_statsn = first + 2;
	provoke(c, 5);
	n = rejects(c);
	check(n == 2, "%u Rejects come where two have been acknowledged", n);
}

CASE(initiator, "unexpected/acknowledged-singly", "R-8.1.2-3",
     "60 Rejects under a limit of 2, each acknowledged before the next")
{
	struct conn *c = limited("2");
	int i;

	for (i = 0; i < 60; i++) {
		provoke(c, 1);
		check(rejects(c) == 1, "Reject %d does not come", i + 1);
		ping(c);
	}
}

CASE(initiator, "unexpected/acknowledged-by-snack", "R-8.1.2-3",
     "the ExpStatSN of a PDU that is rejected itself acknowledges as well")
{
	struct conn *c = limited("4");
	int i;

	for (i = 0; i < 20; i++) {
		provoke(c, 1);
		check(take(c, ISCSI_REJECT, ANY_ITT, 1000), "Reject %d does not come", i + 1);
	}
}

CASE(initiator, "unexpected/suppressed-statsn", "R-8.1.2-2",
     "a Reject that is not sent takes no StatSN")
{
	struct conn *c = limited("2");
	uint32_t before = c->exp_statsn, n;
	struct rx *rx;

	c->frozen = true;
	provoke(c, 20);
	n = rejects(c);
	/* The ping in rejects() took one StatSN. */
	rx = ask(c, nop_out(c, true), ISCSI_NOP_IN);
	check(get32(rx->bhs + 24) == before + n + 1, "StatSN went from %u to %u by %u Rejects",
	      before, get32(rx->bhs + 24), n);
}

CASE(initiator, "unexpected/none-set", "R-6.7-2",
     "limit 0 is no limit: all of 20 Rejects come")
{
	struct conn *c = limited("0");
	unsigned int n;

	provoke(c, 20);
	n = rejects(c);
	check(n == 20, "%u of 20 Rejects came", n);
}

CASE(initiator, "unexpected/answers-not-counted", "R-8.1.2-1",
     "under a limit of 2 answers to pings are no unexpected PDUs: 50 come")
{
	struct conn *c = limited("2");
	int i;

	c->frozen = true;
	for (i = 0; i < 50; i++)
		ping(c);
}

CASE(initiator, "unexpected/last-for-a-ping", "R-8.1.2-6",
     "one short of the limit only a ping of the target comes")
{
	struct conn *c = limited("3");
	unsigned int n;

	c->frozen = true;
	c->keep_pings = true;
	provoke(c, 20);
	n = rejects(c);
	check(n <= 2, "%u Rejects came: the last place is not kept for a ping", n);
	step("waiting for a ping of the target");
	if (!take(c, ISCSI_NOP_IN, NO_TAG, 5000))
		note("no ping of the target within 5 s: its timer is off or longer");
}

/* A target that drops the connection must say which, and when to come back. */
static void told(struct conn *c)
{
	struct rx *rx = take(c, ISCSI_ASYNC, ANY_ITT, opt.wait_ms);

	if (!rx && !c->ended)
		skip("nobody has ended the session");
	check(rx, "the connection ended (%s) without an Asynchronous Message", c->how);
	check(rx->bhs[1] == 0x80, "byte 1 is %02x, not 80", rx->bhs[1]);
	check(itt_of(rx->bhs) == NO_TAG, "bytes 16 to 19 are %08x, not ffffffff",
	      itt_of(rx->bhs));
	check(rx->bhs[36] == 2, "the event is %u, not 2", rx->bhs[36]);
	check(get16(rx->bhs + 38) == c->cid, "the CID is %u, not %u",
	      get16(rx->bhs + 38), c->cid);
	check(get16(rx->bhs + 40) == answer_number(c, "DefaultTime2Wait", 2),
	      "Time2Wait is %u", get16(rx->bhs + 40));
	check(!rx->data_len, "%u bytes of data", rx->data_len);
	check(!c->sn_faults, "its StatSN is out of order");
}

CASE(initiator, "async/dropped", "R-7.3.7-1 R-8.1.2-1",
     "a session that the target ends is told so")
{
	struct conn *c = session("");

	ping(c);
	note("ready");
	told(c);
	wait_end(c, "the target drops the connection");
}

CASE(initiator, "async/each-dropped", "R-7.3.7-1",
     "each connection of a session is told by itself")
{
	struct conn *other, *c = session_of_two("", &other);

	ping(other);
	note("ready");
	told(c);
	told(other);
	wait_end(c, "the target drops the connection");
	wait_end(other, "the target drops the other one");
}
