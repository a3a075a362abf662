// SPDX-License-Identifier: GPL-2.0-only
/* The iSER header: sections 9.1, 9.2, 1.5.2. */
#include "conform.h"

CASE(initiator, "header/reserved-ignored", "R-9.2-9",
     "a PDU with the reserved bits of its header set is taken like any other")
{
	struct conn *c = session("");
	struct msg *m = nop_out(c, true);

	m->b[0] |= 0x03;
	memset(m->b + 1, 0xff, 3);
	ask(c, m, ISCSI_NOP_IN);
}

CASE(initiator, "header/reserved-ignored-read", "R-9.2-9",
     "so is a read")
{
	struct conn *c = session("");
	struct mem *mem = mem_new(c, 36, READ_SINK);
	struct msg *m = inquiry(c, mem, 36);

	m->b[0] |= 0x03;
	memset(m->b + 1, 0xff, 3);
	command(c, m);
	check((mem->p[0] & 0x1f) != 0x1f, "no data came");
}

CASE(initiator, "header/write-fields-ignored", "R-9.2-2",
     "garbage in the write fields of a read, without WSV, has no effect")
{
	struct conn *c = session("");
	struct mem *mem = mem_new(c, 36, READ_SINK);
	struct msg *m = inquiry(c, mem, 36);

	memset(m->b + 4, 0xee, 12);
	command(c, m);
	expect_guards(mem);
}

CASE(initiator, "header/read-fields-ignored", "R-9.2-4",
     "garbage in the read fields of a write, without RSV, has no effect")
{
	struct conn *c = session("");
	uint32_t lba = free_block(c);
	struct mem *mem = mem_new(c, 16384, WRITE_SOURCE);
	struct msg *m;

	fill(mem->p, mem->len, 30);
	m = write_blocks(c, lba, mem, 0);
	memset(m->b + 16, 0xee, 12);
	command(c, m);
	verify(c, lba, mem->len, 30);
}

CASE(initiator, "header/all-fields-ignored", "R-9.2-2 R-9.2-4",
     "garbage in all STag fields of a ping, a Text and a command without data")
{
	struct conn *c = session("");
	struct msg *m[3];
	int i;

	m[0] = nop_out(c, true);
	m[1] = send_targets(c);
	m[2] = test_unit_ready(c);
	for (i = 0; i < 3; i++)
		memset(m[i]->b + 4, 0xee, 24);
	ask(c, m[0], ISCSI_NOP_IN);
	ask(c, m[1], ISCSI_TEXT_RSP);
	command(c, m[2]);
}

/* Every kind of PDU that an initiator can make a target send. */
CASE(initiator, "header/what-comes", "R-9.1-1 R-9.2-1 R-9.2-3 R-9.2-5 R-9.2-8 R-7.2-1",
     "every PDU that comes has a correct header, and is a message of its length")
{
	static const uint8_t unknown[6] = { 0xc1 };
	struct conn *c = session("");
	struct mem *mem = mem_new(c, 36, READ_SINK);
	struct rx *rx[7];
	int i;

	rx[0] = ask(c, nop_out(c, true), ISCSI_NOP_IN);
	rx[1] = command(c, test_unit_ready(c));
	rx[2] = command(c, inquiry(c, mem, 36));
	rx[3] = ask(c, scsi(c, unknown, sizeof(unknown), 0, 0), ISCSI_RESPONSE);
	rx[4] = ask(c, send_targets(c), ISCSI_TEXT_RSP);
	rx[5] = ask(c, tmf(c, TMF_LUN_RESET, NO_TAG), ISCSI_TMF_RSP);
	rx[6] = ask(c, logout_request(c, 0), ISCSI_LOGOUT_RSP);
	for (i = 0; i < 7; i++)
		check(!rx[i]->header_fault, "%s: %s", opcode_name(rx[i]->opcode),
		      rx[i]->header_fault);
}

CASE(initiator, "header/reject-header", "R-9.2-8 R-9.2-3 R-9.2-5 R-7.3.12-1",
     "so has a Reject")
{
	struct conn *c = session("");
	struct rx *rx;

	post(c, snack(c, 0));
	rx = expect(c, ISCSI_REJECT, ANY_ITT);
	check(!rx->header_fault, "%s", rx->header_fault);
}

/* Section 9.1: 1, 2 and 3 are opcodes. */
static void other_opcodes(bool before_login)
{
	int opcode;

	for (opcode = 0; opcode < 16; opcode++) {
		struct conn *c;
		struct text t;
		struct msg *m;

		if (opcode >= 1 && opcode <= 3)
			continue;
		if (before_login) {
			c = conn_open(NULL);
			text_default(&t, "");
			m = login_pdu(c, 1, 3, &t);
		} else {
			c = session("");
			m = nop_out(c, true);
		}
		m->b[0] = opcode << 4;
		post(c, m);
		step("opcode %d", opcode);
		expect_end(c, "no such opcode of iSER");
	}
}

CASE(initiator, "header/opcodes", "R-9.1-2 R-10.1.3.3-1",
     "opcodes 0 and 4 to 15 of the iSER header end the connection")
{
	other_opcodes(false);
	still_serves();
}

CASE(initiator, "header/opcodes-before-login", "R-9.1-2 R-10.1.3.3-1",
     "so they do before the login")
{
	other_opcodes(true);
	still_serves();
}

CASE(initiator, "header/nothing-behind-an-error", "R-10.1.3.3-3",
     "a good PDU right behind one with a format error is not answered")
{
	struct conn *c = session("");
	struct msg *m[2];

	m[0] = nop_out(c, true);
	m[0]->b[0] = 0x70;
	m[1] = nop_out(c, true);
	post_many(c, m, 2);
	expect_end(c, "the format error before it");
}

CASE(initiator, "header/12-bytes", "O-9.1-1 R-10.1.3.3-4",
     "a PDU with the 12-byte header of RFC 5046 ends the connection")
{
	struct conn *c = session("");
	struct msg *m = nop_out(c, true);

	memmove(m->b + 12, m->b + ISER_LEN, BHS_LEN);
	m->len = 12 + BHS_LEN;
	post(c, m);
	expect_end(c, "a 12-byte header");
}

CASE(initiator, "header/12-bytes-login", "O-9.1-1",
     "so does a Login Request with a 12-byte header, and others can log in")
{
	struct conn *c = conn_open(NULL);
	struct text t;
	struct msg *m;
	struct rx *rx;

	text_default(&t, "");
	m = login_pdu(c, 1, 3, &t);
	m->len -= 16;
	memmove(m->b + 12, m->b + ISER_LEN, m->len - 12);
	post(c, m);
	/*
	 * The target may answer the byte at the place of the version before it ends the
	 * connection.
	 */
	rx = take(c, ISCSI_LOGIN_RSP, ANY_ITT, opt.wait_ms);
	check(!rx || login_status(rx), "it was taken for a login");
	expect_end(c, "a 12-byte header");
	still_serves();
}

CASE(initiator, "header/two-in-one", "R-4.1-4 R-10.1.3.3-4",
     "two PDUs in one message end the connection")
{
	struct conn *c = session("");
	struct msg *m = nop_out(c, true);

	memcpy(m->b + MSG_MIN, m->b, MSG_MIN);
	m->len = 2 * MSG_MIN;
	post(c, m);
	expect_end(c, "bytes behind the PDU");
}

CASE(initiator, "header/solicited-event", "R-1.5.2-1 O-7.3-1",
     "Sends with solicited event are taken like plain ones")
{
	struct conn *c = session("");
	struct mem *mem = mem_new(c, 36, READ_SINK);
	struct msg *m[4];
	static const uint8_t answers[] = {
		ISCSI_NOP_IN, ISCSI_TEXT_RSP, ISCSI_RESPONSE, ISCSI_LOGOUT_RSP,
	};
	int i;

	m[0] = nop_out(c, true);
	m[1] = send_targets(c);
	m[2] = inquiry(c, mem, 36);
	m[3] = logout_request(c, 0);
	for (i = 0; i < 4; i++) {
		m[i]->solicited = true;
		ask(c, m[i], answers[i]);
	}
}

CASE(initiator, "header/never-solicited", "R-1.5.2-4",
     "Sends without solicited event are served without delay")
{
	struct conn *c = session("");
	long start = now_ms();
	int i;

	for (i = 0; i < 50; i++)
		ping(c);
	check(now_ms() - start < 2000L * opt.slow, "50 pings took %ld ms", now_ms() - start);
	wire("no Send of the target has the solicited event bit (R-1.5.2-2)");
}
