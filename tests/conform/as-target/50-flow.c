// SPDX-License-Identifier: GPL-2.0-only
/* Receives and unexpected PDUs: section 8.1. */
#include "target.h"

static unsigned int declared(const struct conn *c)
{
	const char *value = offered(c, "MaxOutstandingUnexpectedPDUs");
	unsigned long n = value ? strtoul(value, NULL, 0) : 0;

	if (!n)
		skip("the initiator declares no MaxOutstandingUnexpectedPDUs");
	return n < 64 ? n : 64;
}

CASE(target, "flow/unexpected", "R-8.1.2-5 R-8.1-1 R-6.5-3",
     "as many Rejects of full length at once as the initiator declares: none is lost")
{
	static struct msg *m[64];
	struct conn *c = up("");
	unsigned long size = strtoul(offered(c, "InitiatorRecvDataSegmentLength"), NULL, 0);
	unsigned int n = declared(c), i, round;

	for (round = 0; round < 5; round++) {
		for (i = 0; i < n; i++) {
			m[i] = reply(c, NULL, ISCSI_REJECT);
			BHS(m[i])[2] = REJECT_FIELD;
			add_data(m[i], NULL, size < 8192 ? size : 8192);
		}
		post_many(c, m, n);
		stays(c, "a burst of unexpected PDUs");
	}
}

CASE(target, "flow/unexpected-and-window", "R-8.1-1 R-8.1.1.1-1 R-8.1.2-5",
     "sixteen responses and the declared number of NOP-In at once: all are taken")
{
	static struct msg *m[128];
	struct rx *held[16];
	struct conn *c = up("");
	unsigned int n = declared(c), i, k = 0;

	drive("read 0 32768");
	while (k < 16) {
		struct rx *rx = await(c, ISCSI_COMMAND);

		if (rx->bhs[32] != 0x28 || edtl_of(rx) < 65536)
			serve_pdu(c, rx);
		else
			held[k++] = rx;
	}
	for (i = 0; i < k; i++)
		move_data(c, held[i]);
	for (i = 0; i < n; i++)
		m[i] = nop_in(c, NO_TAG);
	for (i = 0; i < k; i++)
		m[n + i] = good(c, held[i]);
	post_many(c, m, n + k);
	finish(c);
	stays(c, "responses and unexpected PDUs in one burst");
}

CASE(target, "flow/many", "R-8.1-3 R-8.1-1 D-6-3",
     "a thousand NOP-In, then I/O: each receive is given back")
{
	static struct msg *m[8];
	struct conn *c = up("");
	int i, round;

	for (round = 0; round < 125; round++) {
		for (i = 0; i < 8; i++)
			m[i] = nop_in(c, NO_TAG);
		post_many(c, m, 8);
		if (round % 25 == 24)
			stays(c, "a thousand NOP-In");
	}
	drive("read %u 1024", LBA);
	finish(c);
}

/*
 * ExpCmdSN stays, so that it retires nothing.  Answers all PDUs for @seconds, in which
 * the initiator sends a NOP-Out a second.  Return: how many NOP-Out with a tag were
 * immediate; @all counts all NOP-Out with a tag.
 */
static unsigned int immediates(struct conn *c, int seconds, unsigned int *all)
{
	long end = now_ms() + seconds * 1000L * opt.slow;
	unsigned int n = 0;

	*all = 0;
	c->frozen = true;
	while (now_ms() < end && !c->ended) {
		struct rx *rx = next_rx(c, 20);

		if (rx && rx->opcode == ISCSI_NOP_OUT && itt_of(rx->bhs) != NO_TAG) {
			n += !!(rx->bhs[0] & IMMEDIATE);
			++*all;
		}
		if (rx)
			serve_pdu(c, rx);
	}
	check(!c->ended, "the connection ended (%s)", c->how);
	return n;
}

static struct conn *with_pings(const char *keys)
{
	return up_with(NULL, keys, "node.conn[0].timeo.noop_out_interval=1 "
		       "node.conn[0].timeo.noop_out_timeout=5");
}

CASE(target, "flow/limit", "R-8.1.1.3-1 R-8.1.1.3-2 R-6.7-1",
     "a target that takes two unexpected PDUs and acknowledges none: there is no third")
{
	struct conn *c = with_pings("MaxOutstandingUnexpectedPDUs=2");
	unsigned int all, n = immediates(c, 5, &all);

	note("%u NOP-Out, %u immediate", all, n);
	check(n <= 2, "%u immediate PDUs are outstanding", n);
	/* The initiator must not end the connection because of the limit. */
	check(!c->ended, "the connection ended");
}

CASE(target, "flow/no-limit", "R-6.7-2",
     "MaxOutstandingUnexpectedPDUs=0: immediate PDUs have no limit")
{
	struct conn *c = with_pings("MaxOutstandingUnexpectedPDUs=0");
	unsigned int all, n = immediates(c, 5, &all);

	note("%u NOP-Out, %u immediate", all, n);
	check(n >= 3 && n == all, "%u of %u NOP-Out are immediate", n, all);
}

CASE(target, "flow/silent-limit", "R-6.7-2 O-6-1",
     "a target that does not know the key: immediate PDUs have no limit, the session goes on")
{
	struct conn *c = with_pings("MaxOutstandingUnexpectedPDUs=NotUnderstood");
	unsigned int all, n = immediates(c, 4, &all);

	check(n >= 2, "%u of %u NOP-Out are immediate", n, all);
}

CASE(target, "flow/retire", "R-8.1.1.3-4 R-8.1.1.3-1",
     "commands that are acknowledged retire immediate PDUs before them: more may come")
{
	struct conn *c = with_pings("MaxOutstandingUnexpectedPDUs=3");
	unsigned int all, n, i, sum = 0;

	for (i = 0; i < 3; i++) {
		n = immediates(c, 2, &all);
		check(n <= 3, "%u immediate PDUs are outstanding", n);
		sum += n;
		c->frozen = false;
		drive("read %u 8", LBA);
		finish(c);
	}
	check(sum >= 2, "%u immediate PDUs in three rounds", sum);
}

CASE(target, "flow/limit-abort", "R-8.1.1.3-2 R-8.1.1.3-3 R-8.1.2-7",
     "at the limit task management goes on, by commands with a number of their own")
{
	struct conn *c = up_with(NULL, "MaxOutstandingUnexpectedPDUs=2", "");
	unsigned int immediate = 0, all;

	drive("timeout 1");
	finish(c);
	drive("read %u 8", LBA);
	c->frozen = true;
	/*
	 * An abort, then resets; after each of them the initiator tries the read again.
	 */
	for (all = 0; all < 3; all++) {
		struct rx *request;

		await_io(c, LBA);
		request = await(c, ISCSI_TMF);
		immediate += !!(request->bhs[0] & IMMEDIATE);
		post(c, reply(c, request, ISCSI_TMF_RSP));
	}
	note("%u requests, %u immediate", all, immediate);
	check(immediate <= 2, "%u immediate PDUs are outstanding", immediate);
}

CASE(target, "flow/stalled", "R-10.2.1-1 A-ER-1",
     "a read that is not answered for 6 s: nothing is sent again, no SNACK comes")
{
	struct conn *c = up("");
	struct rx *rx = read_comes(c, 8), *more;

	step("waiting for what should not come");
	more = next_rx(c, 6000);
	check(!more, "%s came", opcode_name(more->opcode));
	check(!c->ended, "the connection has ended: %s", c->how);
	move_data(c, rx);
	post(c, good(c, rx));
	finish(c);
}

CASE(target, "flow/early", "R-5.1.1-1 R-8.1-1 O-5.1.1-1 D-8.4-4 D-8.6-1",
     "NOP-In right behind the last Login Response: all are taken")
{
	struct conn *c = login_begins("");
	static struct msg *m[17];
	struct text t = { 0 };
	struct rx *rx;
	int i;

	for (;;) {
		rx = next_rx(c, opt.wait_ms);
		check(rx && rx->opcode == ISCSI_LOGIN, "no Login Request came");
		if ((rx->bhs[1] & 0x83) == 0x83)
			break;
		serve_login_request(c, rx, "");
	}
	c->cmdsn = get32(rx->bhs + 24);
	m[0] = reply(c, rx, ISCSI_LOGIN_RSP);
	BHS(m[0])[1] = rx->bhs[1] & 0x8f;
	memcpy(BHS(m[0]) + 8, rx->bhs + 8, 6);
	put16(BHS(m[0]) + 14, 77);
	text_change(&t, "TargetPortalGroupTag=1 RDMAExtensions=Yes InitialR2T=Yes "
		    "ImmediateData=Yes HeaderDigest=None DataDigest=None "
		    "InitiatorRecvDataSegmentLength=512 TargetRecvDataSegmentLength=8192 "
		    "MaxBurstLength=262144 FirstBurstLength=65536 DefaultTime2Wait=2 "
		    "DefaultTime2Retain=0 MaxOutstandingR2T=1 ErrorRecoveryLevel=0 "
		    "MaxConnections=1 DataPDUInOrder=Yes DataSequenceInOrder=Yes");
	add_data(m[0], t.b, t.len);
	for (i = 1; i < 17; i++)
		m[i] = nop_in(c, NO_TAG);
	c->full = true;
	post_many(c, m, 17);
	finish(c);
	stays(c, "NOP-In behind the login");
}
