// SPDX-License-Identifier: GPL-2.0-only
/* Lengths that contradict each other: section 10.1.3.3. */
#include "conform.h"

static struct msg *login_request(struct conn *c)
{
	struct text t;

	text_default(&t, "");
	return login_pdu(c, 1, 3, &t);
}

/* The first @len bytes of a ping. */
static void cut(uint32_t len)
{
	struct conn *c = session("");
	struct msg *m = nop_out(c, true);

	m->len = len;
	post(c, m);
	expect_end(c, "the message is too short");
	still_serves();
}

/* The first @len bytes of a Login Request. */
static void cut_login(uint32_t len)
{
	struct conn *c = conn_open(NULL);
	struct msg *m = login_request(c);

	m->len = len;
	post(c, m);
	expect_end(c, "the message is too short");
	still_serves();
}

#define CUT(len)								\
	CASE(initiator, "format/short-" #len, "R-10.1.3.3-4 R-10.1.3.3-1",	\
	     "a message of " #len " bytes ends the connection")			\
	{									\
		cut(len);							\
	}

#define CUT_LOGIN(len)								\
	CASE(initiator, "format/short-login-" #len, "R-10.1.3.3-4 R-10.1.3.3-1", \
	     "a first message of " #len " bytes ends the connection")		\
	{									\
		cut_login(len);							\
	}

CUT(0)
CUT(1)
CUT(14)
CUT(27)
CUT(28)
CUT(48)
CUT(75)
CUT_LOGIN(0)
CUT_LOGIN(1)
CUT_LOGIN(28)
CUT_LOGIN(75)
CUT_LOGIN(76)

CASE(initiator, "format/data-missing", "R-10.1.3.3-4",
     "a PDU that announces 512 bytes and has none ends the connection")
{
	struct conn *c = session("");
	struct msg *m = nop_out(c, true);

	put24(BHS(m) + 5, 512);
	post(c, m);
	expect_end(c, "data are missing");
}

CASE(initiator, "format/data-one-less", "R-10.1.3.3-4 R-4.1-7",
     "512 bytes announced, 511 there: it ends, and no stale byte comes back")
{
	struct conn *c = session("");
	struct msg *m = nop_out(c, true);

	add_data(m, NULL, 512);
	m->len--;
	post(c, m);
	expect_end(c, "a byte is missing");
}

CASE(initiator, "format/data-one-word-more", "R-10.1.3.3-4",
     "four bytes behind the data end the connection")
{
	struct conn *c = session("");
	struct msg *m = nop_out(c, true);

	add_data(m, NULL, 512);
	m->len += 4;
	post(c, m);
	expect_end(c, "bytes behind the PDU");
}

CASE(initiator, "format/data-unannounced", "R-10.1.3.3-4",
     "data behind a PDU that announces none end the connection")
{
	struct conn *c = session("");
	struct msg *m = nop_out(c, true);

	m->len += 512;
	post(c, m);
	expect_end(c, "bytes behind the PDU");
}

CASE(initiator, "format/data-16m", "R-10.1.3.3-4",
     "a DataSegmentLength of 16 MiB in a short message ends the connection")
{
	struct conn *c = session("");
	struct msg *m = nop_out(c, true);

	put24(BHS(m) + 5, 0xffffff);
	post(c, m);
	expect_end(c, "data are missing");
	still_serves();
}

CASE(initiator, "format/login-data-16m", "R-10.1.3.3-4",
     "so it does in the first message of a connection")
{
	struct conn *c = conn_open(NULL);
	struct msg *m = login_request(c);

	put24(BHS(m) + 5, 0xffffff);
	post(c, m);
	expect_end(c, "data are missing");
	still_serves();
}

CASE(initiator, "format/login-text-missing", "R-10.1.3.3-4",
     "a Login Request with less text than announced ends the connection")
{
	struct conn *c = conn_open(NULL);
	struct msg *m = login_request(c);

	m->len = MSG_MIN + 16;
	post(c, m);
	expect_end(c, "text is missing");
	still_serves();
}

CASE(initiator, "format/padding", "R-7.2-1 R-10.1.3.3-4",
     "data of 5 bytes are taken with padding and without it")
{
	struct conn *c = session("");
	struct msg *m = nop_out(c, true);

	add_data(m, "12345", 5);
	ask(c, m, ISCSI_NOP_IN);
	m = nop_out(c, true);
	add_data(m, "12345", 5);
	m->len = MSG_MIN + 5;
	ask(c, m, ISCSI_NOP_IN);
}

CASE(initiator, "format/padding-half", "R-10.1.3.3-4",
     "data of 5 bytes with 2 bytes of padding end the connection")
{
	struct conn *c = session("");
	struct msg *m = nop_out(c, true);

	add_data(m, "12345", 5);
	m->len = MSG_MIN + 7;
	post(c, m);
	expect_end(c, "bytes behind the data");
}

CASE(initiator, "format/longer-than-receive", "R-10.1.3.3-4 R-10.1.3.4-4",
     "a message longer than the target's receives hold ends the connection")
{
	struct conn *c = session("");
	struct msg *m = nop_out(c, true);

	add_data(m, NULL, 16384);
	post(c, m);
	expect_end(c, "more than any receive holds");
	still_serves();
}

CASE(initiator, "format/login-longer-than-receive", "R-10.1.3.3-4",
     "so does a first message of that length")
{
	struct conn *c = conn_open(NULL);
	struct msg *m = login_request(c);

	add_data(m, NULL, 16384);
	post(c, m);
	expect_end(c, "more than any receive holds");
	still_serves();
}

CASE(initiator, "format/text-without-end", "R-10.1.3.3-4",
     "text without a NUL: refused, or an answer; nothing is read behind it")
{
	struct conn *c = session("");
	struct msg *m = text_request(c, "");
	struct rx *rx;

	add_data(m, NULL, 1024);
	post(c, m);
	step("waiting for what comes of it");
	rx = take(c, ISCSI_TEXT_RSP, itt_of(BHS(m)), 1000);
	if (rx)
		check(rx->data_len <= 8192, "%u bytes of answer", rx->data_len);
	still_serves();
}

CASE(initiator, "format/others-go-on", "R-10.1.3.3-3",
     "a format error on one connection does not touch another one")
{
	struct conn *other = session(""), *c = session("");
	struct msg *m = nop_out(c, true);

	m->len = 30;
	post(c, m);
	expect_end(c, "the message is too short");
	pump(other);
	check(!other->ended, "the other connection ended, too");
	ping(other);
}

CASE(initiator, "format/random", "R-10.1.3.3-4",
     "messages of random bytes, before and after login; others can log in")
{
	int i;

	for (i = 0; i < 12; i++) {
		struct conn *c = i & 1 ? session("") : conn_open(NULL);
		struct msg *m = msg_raw(NULL, 100 + i * 57);
		uint32_t j;

		srandom(i);
		for (j = 0; j < m->len; j++)
			m->b[j] = random();
		/* This is no opcode of iSER, so the target has to end the connection. */
		m->b[0] |= 0x40;
		post(c, m);
		expect_end(c, "random bytes");
	}
	still_serves();
}
