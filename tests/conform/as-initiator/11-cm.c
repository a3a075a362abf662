// SPDX-License-Identifier: GPL-2.0-only
/* The connection manager's handshake: section 8.2, deployed private data. */
#include "conform.h"

CASE(initiator, "cm/private-data", "R-8.2-3",
     "the target's private data are four bytes, with ZBVA not supported")
{
	struct conn *c = conn_open(NULL);

	check(c->peer.data_len >= 4, "%u bytes of private data", c->peer.data_len);
	check(c->peer.data[0] & 0x80, "byte 0 is %02x: ZBVA would be supported", c->peer.data[0]);
}

/* A read, and a write with data to be fetched. */
static void io(struct conn *c)
{
	uint32_t lba = free_block(c);
	struct mem *m = mem_new(c, 65536, WRITE_SOURCE);

	fill(m->p, m->len, lba);
	command(c, write_blocks(c, lba, m, 0));
	verify(c, lba, m->len, lba);
}

CASE(initiator, "cm/no-private-data", "R-8.2-3",
     "an initiator without private data logs in, reads and writes")
{
	struct cm cm = cm_default();

	cm.data = NULL;
	cm.data_len = 0;
	io(session_cm(&cm, ""));
}

CASE(initiator, "cm/no-invalidate", "R-1.5.2-2 R-1.5.2-3",
     "flag 0x40, no Send with Invalidate: none comes, and I/O works")
{
	static const uint8_t data[4] = { 0xc0 };
	struct cm cm = cm_default();
	struct mem *m;
	struct conn *c;
	struct rx *rx;
	int i;

	cm.data = data;
	cm.data_len = sizeof(data);
	c = session_cm(&cm, "");
	m = mem_new(c, 36, READ_SINK);
	for (i = 0; i < 8; i++) {
		rx = command(c, inquiry(c, m, 36));
		check(!rx->invalidated, "the response invalidates an STag all the same");
	}
	io(c);
}

CASE(initiator, "cm/long-private-data", "R-8.2-3",
     "private data longer than four bytes are read for their first four")
{
	static const uint8_t data[16] = { 0xc0, 0, 0, 0, 1, 2, 3, 4 };
	struct cm cm = cm_default();

	cm.data = data;
	cm.data_len = sizeof(data);
	io(session_cm(&cm, ""));
}

CASE(initiator, "cm/target-ird", "R-5.1.2-5",
     "whatever IRD the target takes for itself, 0 included, the login works")
{
	struct conn *c = session("");

	note("the target's IRD is %u", c->peer.ird);
	ping(c);
}

CASE(initiator, "cm/ord-zero", "R-8.2-2",
     "an initiator with ORD 0 (it never reads) logs in, reads and writes")
{
	struct cm cm = cm_default();

	cm.ord = 0;
	io(session_cm(&cm, ""));
}

CASE(initiator, "cm/ird-one", "R-8.2-2 R-7.3.6-5 O-G-1",
     "with IRD 1 writes of several bursts work: Reads wait for one another")
{
	struct cm cm = cm_default();

	cm.ird = 1;
	writes_at_once(session_cm(&cm, "MaxBurstLength=16384"), 8, 100);
	wire("never more than one RDMA Read Request without its response (R-7.3.6-5)");
}

CASE(initiator, "cm/ird-zero", "R-7.3.6-4",
     "with IRD 0 a write that needs an RDMA Read ends the connection")
{
	struct cm cm = cm_default();
	struct conn *c;
	struct mem *m;

	cm.ird = 0;
	c = session_cm(&cm, "");
	/* Some devices raise the value by themselves. */
	if (c->peer.ord)
		skip("the target's side may read %u at a time although none was offered",
		     c->peer.ord);
	m = mem_new(c, 65536, WRITE_SOURCE);
	post(c, write_blocks(c, free_block(c), m, 0));
	expect_end(c, "iSER-ORD is 0, and data are to be fetched");
	still_serves();
}

CASE(initiator, "cm/ird-zero-reads", "R-7.3.6-4 R-9.5.2-1",
     "with IRD 0 reads work, and writes with all data immediate")
{
	struct cm cm = cm_default();
	uint32_t lba;
	struct conn *c;
	struct mem *m;

	cm.ird = 0;
	c = session_cm(&cm, "");
	lba = free_block(c);
	m = mem_new(c, block_size(c), WRITE_SOURCE);
	fill(m->p, m->len, 3);
	command(c, write_blocks(c, lba, m, m->len));
	verify(c, lba, m->len, 3);
}

CASE(initiator, "cm/close-before-login", "R-10.1.1.1-1 D-8.5-1",
     "connections that end before the login leave the target able to serve")
{
	int i;

	for (i = 0; i < 10; i++)
		conn_close(conn_open(NULL));
	still_serves();
}
