// SPDX-License-Identifier: GPL-2.0-only
/* A Hello that is missing, repeated, late, or not agreed on. */
#include "conform.h"

#define HELLO_KEY	"iSERHelloRequired"

static struct conn *logged_in(const char *changes)
{
	struct conn *c = conn_open(NULL);

	login(c, changes);
	return c;
}

static struct conn *required(void)
{
	struct conn *c = logged_in(HELLO_KEY "=Yes");

	if (strcmp(need_key(c, HELLO_KEY), "Yes"))
		skip(HELLO_KEY "=Yes is answered with %s", answer(c, HELLO_KEY));
	return c;
}

static bool replied(struct conn *c)
{
	struct rx *rx = next_rx(c, opt.wait_ms);

	check(!rx || (rx->b[0] & 0xf0) == ISER_HELLO_REPLY, "%s came", opcode_name(rx->opcode));
	return rx;
}

CASE(initiator, "hello/missing-nop", "R-10.1.3.4-1",
     "the key is Yes and a NOP-Out comes first: the connection ends")
{
	struct conn *c = required();

	post(c, nop_out(c, true));
	expect_end(c, "no Hello came first");
	still_serves();
}

CASE(initiator, "hello/missing-read", "R-10.1.3.4-1",
     "the key is Yes and a read comes first: it ends, and no data are written")
{
	struct conn *c = required();
	struct mem *m = mem_new(c, 36, READ_SINK);

	post(c, inquiry(c, m, 36));
	expect_end(c, "no Hello came first");
	expect_untouched(m, 0);
}

CASE(initiator, "hello/twice", "R-10.1.3.4-4",
     "a second Hello is not answered by a second HelloReply")
{
	struct conn *c = required();

	post(c, hello(10, 10, 4));
	check(replied(c), "no HelloReply");
	post(c, hello(10, 10, 4));
	check(!replied(c), "a second HelloReply came");
	check(c->ended, "the connection goes on");
}

CASE(initiator, "hello/key-no", "R-5.1.2-9 R-6.10-3 R-10.1.3.4-3",
     "the key is No and a Hello comes: the connection ends")
{
	struct conn *c = logged_in(HELLO_KEY "=No");

	need_key(c, HELLO_KEY);
	post(c, hello(10, 10, 4));
	check(!replied(c), "a HelloReply came, although the key is No");
	check(c->ended, "the connection goes on");
}

CASE(initiator, "hello/unannounced", "R-5.1.3-12 O-5.1.2-1 O-G-2",
     "the key was not negotiated and a Hello comes first: HelloReply, then service")
{
	struct conn *c = logged_in("");

	post(c, hello(10, 10, 4));
	check(replied(c), "no HelloReply came%s", c->ended ? ", the connection ended" : "");
	ping(c);
}

CASE(initiator, "hello/unannounced-version-1", "R-5.1.3-9 O-9.3-1",
     "the same with version 1: HelloReply with REJ, then the end")
{
	struct conn *c = logged_in("");
	struct rx *rx;

	post(c, hello(1, 1, 4));
	rx = next_rx(c, opt.wait_ms);
	check(rx && rx->b[0] == (ISER_HELLO_REPLY | ISER_REJ), "no HelloReply with REJ came");
	expect_end(c, "the Hello was rejected");
}

CASE(initiator, "hello/late", "R-10.1.3.4-4",
     "a Hello behind other requests is not answered; the connection ends")
{
	struct conn *c = session("");

	post(c, hello(10, 10, 4));
	check(!replied(c), "a HelloReply came");
	check(c->ended, "the connection goes on");
}

CASE(initiator, "hello/reply-to-target", "R-10.1.3.3-1",
     "a HelloReply sent to the target ends the connection")
{
	struct conn *c = session("");
	struct msg *m = hello(10, 10, 4);

	m->b[0] = ISER_HELLO_REPLY;
	post(c, m);
	expect_end(c, "a target gets no HelloReply");
}

CASE(initiator, "hello/before-login", "R-10.1.3.3-1",
     "a Hello before the login is not answered; the connection ends")
{
	struct conn *c = conn_open(NULL);

	post(c, hello(10, 10, 4));
	check(!replied(c), "a HelloReply came");
	check(c->ended, "the connection goes on");
	still_serves();
}

CASE(initiator, "hello/none-wanted", "R-6.10-3 R-5.1.3-14 R-5.1.3-13",
     "without Hello nothing comes of the target's own accord before the first request")
{
	struct conn *c = logged_in("");

	check(!next_rx(c, 500), "a message came");
	check(!c->ended, "the connection ended");
	ping(c);
}

CASE(initiator, "hello/first-message-is-pdu", "R-6.10-3",
     "without Hello the first message of the target is a control-type PDU")
{
	struct conn *c = logged_in("");
	struct rx *rx;

	post(c, nop_out(c, true));
	rx = next_rx(c, opt.wait_ms);
	check(rx && (rx->b[0] & 0xf0) == ISER_CONTROL, "%s", rx ? "a Hello came" : "nothing came");
}
