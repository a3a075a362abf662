// SPDX-License-Identifier: GPL-2.0-only
/* The Hello exchange: sections 5.1.2, 5.1.3, 9.3, 9.4, 10.1.3. */
#include "conform.h"

#define HELLO_KEY	"iSERHelloRequired"

/* Logs in so that the Hello comes next.  Skips when the target does not agree to it. */
static struct conn *due(const struct cm *cm, const char *changes)
{
	char all[256];
	struct conn *c = conn_open(cm);

	snprintf(all, sizeof(all), HELLO_KEY "=Yes %s", changes);
	login(c, all);
	if (strcmp(need_key(c, HELLO_KEY), "Yes"))
		skip(HELLO_KEY "=Yes is answered with %s", answer(c, HELLO_KEY));
	return c;
}

static struct rx *hello_reply(struct conn *c)
{
	struct rx *rx;

	step("waiting for a HelloReply");
	rx = next_rx(c, opt.wait_ms);
	check(rx || !c->ended, "the connection ended (%s), no HelloReply came", c->how);
	check(rx, "no HelloReply came");
	check((rx->b[0] & 0xf0) == ISER_HELLO_REPLY, "the first message begins with %02x (%s): "
	      "no HelloReply", rx->b[0], opcode_name(rx->opcode));
	check(rx->len == ISER_LEN, "the HelloReply has %u bytes, not 28", rx->len);
	return rx;
}

/* Exchanges the Hello messages.  Return: the iSER-ORD of the target. */
static uint16_t exchange(struct conn *c, uint16_t ird)
{
	struct rx *rx;

	post(c, hello(10, 10, ird));
	rx = hello_reply(c);
	check(!(rx->b[0] & ISER_REJ), "the Hello is rejected");
	return get16(rx->b + 2);
}

CASE(initiator, "hello/reply-first", "R-5.1.2-8 R-6.10-2 R-9.4-1",
     "the answer to a Hello is a HelloReply of 28 bytes, and the first message that comes")
{
	struct conn *c = due(NULL, "");

	exchange(c, 4);
	ping(c);
}

CASE(initiator, "hello/reply-fields", "R-9.4-2 R-9.4-3 R-9.4-4 R-9.4-6",
     "HelloReply: REJ 0, MaxVer 10, CurVer 10, the reserved fields zero")
{
	struct conn *c = due(NULL, "");
	struct rx *rx;

	post(c, hello(10, 10, 4));
	rx = hello_reply(c);
	check(rx->b[0] == ISER_HELLO_REPLY, "byte 0 is %02x", rx->b[0]);
	check(rx->b[1] >> 4 == 10, "MaxVer is %u", rx->b[1] >> 4);
	check((rx->b[1] & 15) == 10, "CurVer is %u", rx->b[1] & 15);
	check(!rx->header_fault, "%s", rx->header_fault);
}

CASE(initiator, "hello/ord-follows-ird", "R-5.1.3-4 R-5.1.3-6 R-9.4-5",
     "iSER-ORD of the HelloReply is not above the iSER-IRD of the Hello")
{
	struct conn *c = due(NULL, "");
	uint16_t ord = exchange(c, 1);

	check(ord == 1, "iSER-ORD is %u after iSER-IRD 1", ord);
}

CASE(initiator, "hello/ord-of-cm", "R-5.1.2-4 R-5.1.3-6 R-9.4-5",
     "with a large iSER-IRD iSER-ORD is the depth of the CM handshake")
{
	struct conn *c = due(NULL, "");
	uint16_t ord = exchange(c, 65535);

	check(ord >= 1 && ord <= c->cm.ird, "iSER-ORD is %u, our CM depth %u", ord, c->cm.ird);
	if (c->peer.ord)
		check(ord == c->peer.ord, "iSER-ORD is %u, the target's CM depth %u", ord,
		      c->peer.ord);
}

CASE(initiator, "hello/big-endian", "R-9.3-4 R-9.4-5",
     "iSER-IRD 256 is more than 2: its bytes are not swapped")
{
	struct conn *c = due(NULL, "");
	uint16_t ord;

	if (c->cm.ird < 2 || c->peer.ord == 1)
		skip("the depth of the CM handshake is 1");
	ord = exchange(c, 256);
	check(ord > 1 && ord < 256, "iSER-ORD is %u after iSER-IRD 256", ord);
}

CASE(initiator, "hello/ird-zero", "R-5.1.3-4 R-5.1.3-6",
     "iSER-IRD 0 is no failure: REJ 0, iSER-ORD 0, and reads work")
{
	struct conn *c = due(NULL, "");
	uint16_t ord = exchange(c, 0);
	struct mem *m;

	check(!ord, "iSER-ORD is %u after iSER-IRD 0", ord);
	m = mem_new(c, 36, READ_SINK);
	ask(c, inquiry(c, m, 36), ISCSI_RESPONSE);
	ping(c);
}

CASE(initiator, "hello/ird-zero-write", "R-7.3.6-4 R-8.2-1",
     "after iSER-IRD 0 a write that needs an RDMA Read ends the connection")
{
	struct conn *c = due(NULL, "");
	struct mem *m;

	exchange(c, 0);
	m = mem_new(c, 65536, WRITE_SOURCE);
	post(c, write_blocks(c, free_block(c), m, 0));
	expect_end(c, "iSER-ORD is 0, and data are to be fetched");
}

CASE(initiator, "hello/ird-one-writes", "R-8.2-1 R-5.1.3-4 R-7.3.6-5",
     "after iSER-IRD 1 parallel writes of several bursts all work")
{
	struct conn *c = due(NULL, "MaxBurstLength=16384");

	exchange(c, 1);
	writes_at_once(c, 4, 200);
	wire("never more than one RDMA Read Request without its response (R-7.3.6-5)");
}

CASE(initiator, "hello/with-requests", "R-5.1.2-8 R-5.1.2-10",
     "requests right behind the Hello are answered behind the HelloReply, none is lost")
{
	struct conn *c = due(NULL, "");
	struct msg *out[9];
	int i;

	out[0] = hello(10, 10, 4);
	for (i = 1; i < 9; i++)
		out[i] = nop_out(c, false);
	post_many(c, out, 9);
	hello_reply(c);
	for (i = 1; i < 9; i++)
		expect(c, ISCSI_NOP_IN, itt_of(BHS(out[i])));
}

CASE(initiator, "hello/reserved-ignored", "R-9.3-5",
     "a Hello with its reserved bits set is answered")
{
	struct conn *c = due(NULL, "");
	struct msg *m = hello(10, 10, 4);

	m->b[0] |= 0x0f;
	memset(m->b + 4, 0xff, 24);
	post(c, m);
	check(!(hello_reply(c)->b[0] & ISER_REJ), "the Hello is rejected");
}

CASE(initiator, "hello/wider-versions", "R-5.1.3-9",
     "versions 8 to 12 overlap with 10")
{
	struct conn *c = due(NULL, "");

	post(c, hello(12, 8, 4));
	check(!(hello_reply(c)->b[0] & ISER_REJ), "the Hello is rejected");
	ping(c);
}

static void rejected(uint8_t max, uint8_t min)
{
	struct conn *c = due(NULL, "");
	struct rx *rx;

	post(c, hello(max, min, 4));
	rx = hello_reply(c);
	check(rx->b[0] & ISER_REJ, "versions %u to %u are accepted", min, max);
	check(rx->b[1] == 0xaa, "the versions of the HelloReply are %02x, not aa", rx->b[1]);
	expect_end(c, "the Hello was rejected");
	still_serves();
}

CASE(initiator, "hello/version-1", "R-5.1.3-9 R-10.1.3.2-1 R-9.4-2 O-9.3-1",
     "a Hello of RFC 5046, version 1: HelloReply with REJ, then the end")
{
	rejected(1, 1);
}

CASE(initiator, "hello/version-11", "R-5.1.3-9 R-10.1.3.2-1 R-9.4-2",
     "versions 11 to 15: HelloReply with REJ, then the end")
{
	rejected(15, 11);
}

CASE(initiator, "hello/ord-zero", "R-5.1.3-8 R-10.1.3.2-1 R-9.4-2",
     "iSER-IRD 4 while the CM handshake leaves the target no RDMA Reads: REJ, then the end")
{
	struct cm cm = cm_default();
	struct conn *c;
	struct rx *rx;

	cm.ird = 0;
	c = due(&cm, "");
	if (c->peer.ord)
		skip("the target's side may read %u at a time although none was offered",
		     c->peer.ord);
	post(c, hello(10, 10, 4));
	rx = hello_reply(c);
	check(rx->b[0] & ISER_REJ, "the Hello is accepted with iSER-ORD %u", get16(rx->b + 2));
	expect_end(c, "the Hello was rejected");
}

CASE(initiator, "hello/version-inverted", "R-5.1.3-9 R-10.1.3.2-1",
     "MinVer 11 and MaxVer 9 are no range with 10 in it")
{
	rejected(9, 11);
}

static void wrong_length(uint32_t len)
{
	struct conn *c = due(NULL, "");
	struct msg *m = hello(10, 10, 4);

	m->len = len;
	post(c, m);
	expect_end(c, "the Hello has a wrong length");
}

CASE(initiator, "hello/length-12", "R-10.1.3.3-2 R-9.3-1", "a Hello of 12 bytes ends the connection")
{
	wrong_length(12);
}

CASE(initiator, "hello/length-27", "R-10.1.3.3-2 R-9.3-1", "a Hello of 27 bytes ends the connection")
{
	wrong_length(27);
}

CASE(initiator, "hello/length-29", "R-10.1.3.3-2 R-9.3-1", "a Hello of 29 bytes ends the connection")
{
	wrong_length(29);
}

CASE(initiator, "hello/length-76", "R-10.1.3.3-2 R-9.3-1",
     "a Hello with a BHS behind it ends the connection")
{
	wrong_length(76);
}
