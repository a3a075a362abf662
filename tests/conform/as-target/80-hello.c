// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hello and HelloReply: sections 5.1.3, 9.3, 9.4.  The last file, as its cases change a
 * parameter.
 */
#include "target.h"

/* Drives an initiator that asks for the Hello exchange. */
static struct conn *with_hello(const char *keys)
{
	struct conn *c;

	drive("module hello Y");
	if (drive_wait(opt.wait_ms))
		skip("the initiator has no Hello");
	/*
	 * After a failed login the initiator offers other keys at the next login to
	 * this address.
	 */
	other_port();
	c = login_begins("");
	serve_login(c, keys);
	check(offered(c, "iSERHelloRequired") && !strcmp(offered(c, "iSERHelloRequired"), "Yes"),
	      "iSERHelloRequired=Yes is not offered");
	/* Later logins ask for no Hello. */
	drive_also("module hello N");
	return c;
}

static struct rx *hello_comes(struct conn *c)
{
	struct rx *rx = next_rx(c, opt.wait_ms);

	check(rx, "no message came behind the login%s", c->ended ? ": the connection ended" : "");
	check(rx->b[0] >> 4 == 2, "the first message begins %02x: no Hello", rx->b[0]);
	return rx;
}

static struct msg *hello_reply(uint8_t max, uint8_t cur, uint16_t ord)
{
	struct msg *m = hello(max, cur, ord);

	m->b[0] = ISER_HELLO_REPLY;
	return m;
}

/* Waits for the Hello.  Return: a HelloReply to send. */
static struct msg *its_reply(struct conn *c, uint8_t max, uint8_t cur, uint16_t ord)
{
	hello_comes(c);
	return hello_reply(max, cur, ord);
}

/* After the exchange the session must move data. */
static void works(struct conn *c)
{
	finish(c);
	drive("write %u 128", LBA);
	finish(c);
	check(disk[LBA * BLOCK] == 0x5a && disk[LBA * BLOCK + 65535] == 0x5a,
	      "the write brought other data");
}

CASE(target, "hello/login-again", "R-10.1.3.4-4",
     "a second Login Response in place of the HelloReply: the connection ends")
{
	struct conn *c = with_hello("iSERHelloRequired=Yes");
	struct msg *m;

	hello_comes(c);
	m = reply(c, NULL, ISCSI_LOGIN_RSP);
	BHS(m)[1] = 0x87;
	put16(BHS(m) + 14, 1);
	post(c, m);
	login_fails(c, "a second Login Response");
}

CASE(target, "hello/fields", "R-5.1.3-1 R-5.1.3-3 R-6.10-2 R-9.3-1 R-9.3-2 R-9.3-3 R-9.3-4 R-9.3-5 R-5.1.1-4 R-5.1.1-5 O-5.1.1-3 O-9.3-1 O-G-2 O-G-1",
     "the Hello: first message, 28 bytes, versions 10 and 10, iSER-IRD as in the set-up, rest zero")
{
	struct conn *c = with_hello("iSERHelloRequired=Yes");
	struct rx *rx = hello_comes(c);

	check(rx->len == ISER_LEN, "it has %u bytes", rx->len);
	check(!rx->header_fault, "%s", rx->header_fault);
	check(rx->b[1] == 0xaa, "the versions are %u and %u, not 10 and 10", rx->b[1] >> 4,
	      rx->b[1] & 15);
	/*
	 * The IRD of the connection may be what was offered, or what the set-up agreed
	 * on.
	 */
	check(get16(rx->b + 2) == c->peer.ird || get16(rx->b + 2) == c->cm.ord,
	      "iSER-IRD is %u, the set-up offered %u and came to %u", get16(rx->b + 2),
	      c->peer.ird, c->cm.ord);
	post(c, hello_reply(10, 10, 1));
	works(c);
}

CASE(target, "hello/nothing-before", "R-5.1.3-1 R-6.10-2",
     "nothing comes between Hello and HelloReply")
{
	struct conn *c = with_hello("iSERHelloRequired=Yes");
	struct rx *other;

	hello_comes(c);
	other = next_rx(c, 500);
	check(!other, "%s came before the HelloReply", opcode_name(other->opcode));
	check(!c->ended, "the connection ended (%s)", c->how);
	post(c, hello_reply(10, 10, 1));
	works(c);
}

static void without(const char *keys)
{
	struct conn *c = with_hello(keys);
	struct rx *rx = next_rx(c, opt.wait_ms);

	check(rx && rx->opcode != NO_PDU, "the first message is no PDU");
	serve_pdu(c, rx);
	works(c);
}

CASE(target, "hello/answer-no", "R-5.1.3-2 R-6.10-3 R-6.10-1",
     "iSERHelloRequired=No is answered: no Hello, the session works")
{
	without("iSERHelloRequired=No");
}

CASE(target, "hello/answer-silence", "R-5.1.3-2 R-6.10-3",
     "iSERHelloRequired is not answered: no Hello, the session works")
{
	without("-iSERHelloRequired");
}

CASE(target, "hello/answer-not-understood", "R-5.1.3-2 R-6.10-3 O-6-1",
     "iSERHelloRequired=NotUnderstood: no Hello, the session works")
{
	without("iSERHelloRequired=NotUnderstood");
}

CASE(target, "hello/lower-ord", "R-5.1.3-7 R-9.4-5",
     "an iSER-ORD below iSER-IRD: the session works")
{
	struct conn *c = with_hello("iSERHelloRequired=Yes");

	post(c, its_reply(c, 10, 10, 1));
	works(c);
}

CASE(target, "hello/reserved", "R-9.4-6 R-9.2-9",
     "reserved fields of the HelloReply are set: it is taken")
{
	struct conn *c = with_hello("iSERHelloRequired=Yes");
	struct msg *m = its_reply(c, 10, 10, 1);

	m->b[0] |= 0x0e;
	memset(m->b + 4, 0xee, 24);
	post(c, m);
	works(c);
}

/* The initiator must not take this reply: it sends no command, and the login fails. */
static void not_taken(struct conn *c, struct msg *m, const char *why)
{
	post(c, m);
	login_fails(c, why);
}

CASE(target, "hello/rejected", "R-9.4-7",
     "a HelloReply with REJ: no command comes, the connection ends, the login fails")
{
	struct conn *c = with_hello("iSERHelloRequired=Yes");
	struct msg *m = its_reply(c, 10, 10, 1);

	m->b[0] |= ISER_REJ;
	not_taken(c, m, "REJ");
}

CASE(target, "hello/version", "R-9.4-7 O-9.3-1",
     "a HelloReply that chooses version 1: no command comes, the login fails")
{
	struct conn *c = with_hello("iSERHelloRequired=Yes");

	not_taken(c, its_reply(c, 1, 1, 1), "version 1");
}

CASE(target, "hello/later-version", "R-9.4-7",
     "a HelloReply that chooses version 11: no command comes, the login fails")
{
	struct conn *c = with_hello("iSERHelloRequired=Yes");

	not_taken(c, its_reply(c, 11, 11, 1), "version 11");
}

CASE(target, "hello/short", "R-9.4-1 R-10.1.3.3-2",
     "a HelloReply of 27 bytes: no command comes, the login fails")
{
	struct conn *c = with_hello("iSERHelloRequired=Yes");
	struct msg *m = its_reply(c, 10, 10, 1);

	m->len = 27;
	not_taken(c, m, "27 bytes");
}

CASE(target, "hello/long", "R-9.4-1 R-10.1.3.3-2",
     "a HelloReply of 29 bytes: no command comes, the login fails")
{
	struct conn *c = with_hello("iSERHelloRequired=Yes");
	struct msg *m = its_reply(c, 10, 10, 1);

	m->len = 29;
	not_taken(c, m, "29 bytes");
}

CASE(target, "hello/as-long-as-a-pdu", "R-9.4-1 R-10.1.3.3-2",
     "a HelloReply of 76 bytes: no command comes, the login fails")
{
	struct conn *c = with_hello("iSERHelloRequired=Yes");
	struct msg *m = its_reply(c, 10, 10, 1);

	m->len = MSG_MIN;
	not_taken(c, m, "76 bytes");
}

CASE(target, "hello/nop-first", "R-10.1.3.4-2",
     "a NOP-In in place of the HelloReply: protocol error, the login fails")
{
	struct conn *c = with_hello("iSERHelloRequired=Yes");

	hello_comes(c);
	not_taken(c, nop_in(c, NO_TAG), "a NOP-In in place of the HelloReply");
}

CASE(target, "hello/twice", "R-10.1.3.3-1 R-10.1.3.4-4",
     "a second HelloReply: the connection ends")
{
	struct conn *c = with_hello("iSERHelloRequired=Yes");
	struct msg *m = its_reply(c, 10, 10, 1);

	post(c, m);
	works(c);
	post(c, m);
	ends(c, "a second HelloReply");
}

CASE(target, "hello/no-depth", "R-9.4-5",
     "a HelloReply with iSER-ORD 0: no command comes, the login fails")
{
	struct conn *c = with_hello("iSERHelloRequired=Yes");

	not_taken(c, its_reply(c, 10, 10, 0), "iSER-ORD 0");
}
