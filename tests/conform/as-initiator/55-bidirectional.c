// SPDX-License-Identifier: GPL-2.0-only
/* Commands with data in both directions: sections 7.3.1, 9.2. */
#include "conform.h"

static const uint8_t xdwriteread[10] = { 0x53, 0, 0, 0, 0x10, 0, 0, 0, 8 };

/* A command with both STags and the AHS that says how many bytes it reads. */
static struct msg *bidirectional(struct conn *c, struct mem *in, struct mem *out)
{
	struct msg *m = scsi(c, xdwriteread, sizeof(xdwriteread), out->len,
			     SCSI_READ | SCSI_WRITE);
	uint8_t len[5] = { 0 };

	put32(len + 1, in->len);
	add_ahs(m, 2, len, sizeof(len));
	name_read(m, in->stag, in->base);
	name_write(m, out->stag, out->base);
	return m;
}

CASE(initiator, "stag/bidirectional", "R-7.3.1-12",
     "a command with both STags is done, or refused and neither buffer touched")
{
	struct conn *c = session("");
	struct mem *in = mem_new(c, 4096, READ_SINK), *out = mem_new(c, 4096, WRITE_SOURCE);
	struct msg *m = bidirectional(c, in, out);
	struct rx *rx;

	post(c, m);
	rx = take(c, ISCSI_RESPONSE, itt_of(BHS(m)), 1000);
	if (!rx)
		expect(c, ISCSI_REJECT, ANY_ITT);
	if (!rx || rx->bhs[3])
		expect_untouched(in, 0);
	else
		expect_guards(in);
	ping(c);
}

CASE(initiator, "stag/bidirectional-many", "R-7.3.1-12 R-8.1-3",
     "300 of them leave the connection and its receives in order")
{
	struct conn *c = session("");
	struct mem *in = mem_new(c, 4096, READ_SINK), *out = mem_new(c, 4096, WRITE_SOURCE);
	int i;

	for (i = 0; i < 300; i++) {
		post(c, bidirectional(c, in, out));
		ping(c);
		c->queue = NULL;
		/* A target may refuse it before its CmdSN counts. */
		c->cmdsn = c->exp_cmdsn;
	}
	command(c, test_unit_ready(c));
}
