// SPDX-License-Identifier: GPL-2.0-only
/* NOP-Out and NOP-In: section 7.3.13. */
#include "target.h"

CASE(target, "nop/ping", "R-7.3.13-3 R-7.2-2 R-7.3.13-1",
     "a NOP-In with a tag: a NOP-Out with the same tag, LUN and no ITT comes back")
{
	struct conn *c = up("");
	struct msg *m = nop_in(c, 0x12345678);
	struct rx *rx;

	BHS(m)[9] = 5;
	post(c, m);
	rx = await(c, ISCSI_NOP_OUT);
	check(get32(rx->bhs + 20) == 0x12345678, "the tag is %08x", get32(rx->bhs + 20));
	check(itt_of(rx->bhs) == NO_TAG, "the ITT is %08x", itt_of(rx->bhs));
	check(rx->bhs[9] == 5, "the LUN is %u", rx->bhs[9]);
	check(rx->bhs[0] & IMMEDIATE, "the answer is not immediate");
	check(rx->b[0] == ISER_CONTROL, "the header begins %02x", rx->b[0]);
}

CASE(target, "nop/no-answer", "R-7.3.13-3 R-7.2-2",
     "a NOP-In without a tag is not answered")
{
	struct conn *c = up("");
	struct rx *rx;

	post(c, nop_in(c, NO_TAG));
	post(c, nop_in(c, 0x42));
	rx = await(c, ISCSI_NOP_OUT);
	check(get32(rx->bhs + 20) == 0x42, "NOP-Out with tag %08x came", get32(rx->bhs + 20));
}

CASE(target, "nop/many", "R-7.3.13-3 R-8.1.1.3-3 R-8.1-3",
     "sixteen pings at once: each is answered, in order")
{
	static struct msg *m[16];
	struct conn *c = up("");
	unsigned int i;

	for (i = 0; i < 16; i++)
		m[i] = nop_in(c, 0x100 + i);
	post_many(c, m, 16);
	for (i = 0; i < 16; i++) {
		struct rx *rx = await(c, ISCSI_NOP_OUT);

		check(get32(rx->bhs + 20) == 0x100 + i, "answer %u has tag %08x", i,
		      get32(rx->bhs + 20));
	}
}

CASE(target, "nop/flood", "R-8.1-3",
     "pings without end whose answers are not taken: the connection ends")
{
	struct cm cm = cm_default();
	struct conn *c;
	int i;

	cm.rnr_retry = 7;
	c = up_with(&cm, "", "");
	c->hold_recvs = true;
	for (i = 0; i < 1000 && !c->ended; i++)
		post(c, nop_in(c, 0x1000 + i));
	ends(c, "more pings than the initiator has declared receives for");
}

CASE(target, "nop/of-initiator", "R-7.3.13-1 R-8.1.1.1-1 D-8.1-2",
     "pings of the initiator: a tag, no TTT, and when they are answered the next ones come")
{
	struct conn *c = up_with(NULL, "", "node.conn[0].timeo.noop_out_interval=1 "
				 "node.conn[0].timeo.noop_out_timeout=5");
	int i;

	for (i = 0; i < 2; i++) {
		struct rx *rx = await(c, ISCSI_NOP_OUT);
		struct msg *m;

		check(itt_of(rx->bhs) != NO_TAG, "it has no ITT");
		check(get32(rx->bhs + 20) == NO_TAG, "its TTT is %08x", get32(rx->bhs + 20));
		check(rx->b[0] == ISER_CONTROL, "the header begins %02x", rx->b[0]);
		m = reply(c, rx, ISCSI_NOP_IN);
		if (rx->data_len)
			add_data(m, rx->data, rx->data_len);
		post(c, m);
	}
	stays(c, "pings of the initiator");
}

CASE(target, "nop/unanswered", "R-5.2.3.1-2 R-5.2.3.2-3 R-8.1.2-7",
     "a ping of the initiator that is not answered: it ends the connection when its time is up")
{
	struct conn *c = up_with(NULL, "", "node.conn[0].timeo.noop_out_interval=1 "
				 "node.conn[0].timeo.noop_out_timeout=1");
	await(c, ISCSI_NOP_OUT);
	ends(c, "no answer to a ping");
}
