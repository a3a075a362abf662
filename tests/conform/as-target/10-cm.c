// SPDX-License-Identifier: GPL-2.0-only
/* The set-up of connections: sections 5.1.1 and 8.2. */
#include "target.h"

CASE(target, "cm/request", "R-8.2-3 R-5.1.1-2 R-5.1.1-6",
     "the connection request: 80 00 00 00, and one RDMA Read at least is taken")
{
	struct conn *c = up("");
	unsigned int i;

	check(c->peer.data_len >= 4, "%u bytes of private data, not 4", c->peer.data_len);
	check(c->peer.data[0] & 0x80, "flag 0x80 is clear: the first byte is %02x",
	      c->peer.data[0]);
	check(!(c->peer.data[0] & 0x3f), "reserved flags are set: %02x", c->peer.data[0]);
	for (i = 1; i < 4; i++)
		check(!c->peer.data[i], "byte %u is %02x", i, c->peer.data[i]);
	check(c->peer.ird >= 1, "responder resources 0: no RDMA Read is possible");
	check(c->peer.ord <= 1, "%u RDMA Reads of an initiator, which does none", c->peer.ord);
}

static void moves(struct conn *c)
{
	uint32_t len = 256 * BLOCK;

	scratch_fill(len, 7);
	drive("write %u 256 %s", LBA, scratch());
	finish(c);
	expect_fill(disk + LBA * BLOCK, len, 7, 0, "what was written");
	drive("read %u 256", LBA);
	finish(c);
}

CASE(target, "cm/no-depth", "R-1.5.3-1 R-5.1.1-6 D-6-1",
     "a target that answers no RDMA Read is enough: reads and writes of 128 KiB work")
{
	struct cm cm = cm_default();

	cm.ird = 0;
	moves(up_with(&cm, "", ""));
}

CASE(target, "cm/no-private-data", "R-8.2-3 R-1.5.1-3",
     "a target without private data: reads and writes work with plain Sends")
{
	struct cm cm = cm_default();

	cm.data = NULL;
	cm.data_len = 0;
	moves(up_with(&cm, "", ""));
}

CASE(target, "cm/no-invalidate", "R-8.2-3 R-1.5.1-3 R-1.5.2-3",
     "a target that says it does not invalidate: reads and writes work with plain Sends")
{
	static const uint8_t data[4] = { 0xc0 };
	struct cm cm = cm_default();

	cm.data = data;
	cm.data_len = sizeof(data);
	moves(up_with(&cm, "", ""));
}

CASE(target, "cm/silent", "D-8.5-1 R-10.1.1.1-1",
     "a target that takes the connection and closes it: the login fails soon")
{
	struct conn *c;

	other_port();
	c = login_begins("");
	conn_close(c);
	login_fails(c, "the connection was closed at once");
}

CASE(target, "cm/same-connection", "R-5.1-1 D-7.1-1 R-5.1.1-7",
     "login and full feature phase use one connection, nothing comes beside it")
{
	struct conn *c = login_begins("");

	/* An initiator that connects from here on is refused. */
	conn_unlisten();
	serve_login(c, "");
	finish(c);
	drive("read %u 8", LBA);
	finish(c);
}
