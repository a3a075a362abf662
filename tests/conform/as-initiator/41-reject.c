// SPDX-License-Identifier: GPL-2.0-only
/* What a target answers with a Reject: sections 7.3.9, 7.3.11, 7.3.12.  And Logout. */
#include "conform.h"

/* The Reject must bring back the header that was sent. */
static void same_header(const struct rx *rx, const struct msg *m)
{
	int i;

	for (i = 0; i < BHS_LEN; i++)
		check(rx->data[i] == BHS(m)[i], "byte %d of the rejected header is %02x, not %02x",
		      i, rx->data[i], BHS(m)[i]);
}

CASE(initiator, "reject/snack", "R-7.3.11-1", "a SNACK is answered with a Reject, protocol error")
{
	struct conn *c = session("");
	int type;

	for (type = 0; type < 4; type++) {
		post(c, snack(c, type));
		expect_reject(c, REJECT_PROTOCOL);
	}
	ping(c);
}

CASE(initiator, "reject/header", "R-7.3.12-1",
     "a Reject has the rejected header as data, byte by byte")
{
	struct conn *c = session("");
	struct msg *m = snack(c, 1);

	put32(BHS(m) + 40, 0xdeadbeef);
	put32(BHS(m) + 44, 0x01020304);
	post(c, m);
	same_header(expect_reject(c, REJECT_PROTOCOL), m);
}

CASE(initiator, "reject/login", "R-7.3.9-3",
     "a Login Request in full feature phase is answered with a Reject, protocol error")
{
	struct conn *c = session("");
	struct text t;
	struct msg *m;

	text_default(&t, "");
	m = login_pdu(c, 1, 3, &t);
	put32(BHS(m) + 16, c->itt++);
	post(c, m);
	expect_reject(c, REJECT_PROTOCOL);
	ping(c);
}

CASE(initiator, "reject/credits", "R-8.1-3 R-10.1.4.4-1",
     "400 SNACKs one after another are all rejected: receives come back")
{
	struct conn *c = session("");
	int i;

	for (i = 0; i < 400; i++) {
		post(c, snack(c, 0));
		expect_reject(c, REJECT_PROTOCOL);
		/* The ping acknowledges the Reject, if no PDU did so before. */
		ping(c);
	}
}

CASE(initiator, "reject/statsn", "R-7.3.12-1",
     "a Reject takes a StatSN: the next answer has the next one")
{
	struct conn *c = session("");

	post(c, snack(c, 0));
	expect_reject(c, REJECT_PROTOCOL);
	ping(c);
	check(!c->sn_faults, "StatSN is not in sequence");
}

CASE(initiator, "reject/unknown-opcode", "R-7.2-2 R-10.1.4.4-1",
     "an unknown opcode of iSCSI is rejected as not supported; the connection goes on")
{
	struct conn *c = session("");
	struct msg *m = pdu(c, 0x1d | IMMEDIATE);

	post(c, m);
	expect_reject(c, REJECT_COMMAND);
	ping(c);
}

/* PDUs that only a target sends. */
static void of_target(uint8_t opcode)
{
	struct conn *c = session("");

	post(c, pdu(c, opcode));
	expect_refusal(c, "a target gets no such PDU");
	still_serves();
}

#define OF_TARGET(name, opcode)							\
	CASE(initiator, "reject/" name, "R-7.2-2 R-10.1.3.4-4",			\
	     "a PDU that only a target sends is refused, " name)		\
	{									\
		of_target(opcode);						\
	}

OF_TARGET("nop-in", ISCSI_NOP_IN)
OF_TARGET("response", ISCSI_RESPONSE)
OF_TARGET("tmf-response", ISCSI_TMF_RSP)
OF_TARGET("login-response", ISCSI_LOGIN_RSP)
OF_TARGET("data-in", ISCSI_DATA_IN)
OF_TARGET("r2t", ISCSI_R2T)
OF_TARGET("async", ISCSI_ASYNC)
OF_TARGET("reject", ISCSI_REJECT)

CASE(initiator, "reject/each-legal", "R-7.2-2 D-6-3 D-8.1-2",
     "each request that an initiator may send has its answer")
{
	struct conn *c = session("");

	ask(c, nop_out(c, true), ISCSI_NOP_IN);
	ask(c, nop_out(c, false), ISCSI_NOP_IN);
	command(c, test_unit_ready(c));
	ask(c, tmf(c, TMF_ABORT_TASK_SET, NO_TAG), ISCSI_TMF_RSP);
	ask(c, send_targets(c), ISCSI_TEXT_RSP);
	post(c, snack(c, 0));
	expect(c, ISCSI_REJECT, ANY_ITT);
	ask(c, logout_request(c, 0), ISCSI_LOGOUT_RSP);
}

CASE(initiator, "reject/discovery-command", "R-10.1.4.4-1",
     "a SCSI Command in a Discovery session is refused")
{
	struct conn *c = conn_open(NULL);

	discovery(c, "");
	post(c, test_unit_ready(c));
	expect_refusal(c, "a command in a Discovery session");
	still_serves();
}

CASE(initiator, "logout/close", "R-5.2.2-1 R-5.2.2-2 R-5.2.2-3 R-4.1-10",
     "Logout is answered with a Logout Response, then the target ends the connection")
{
	struct conn *c = session("");
	struct rx *rx = ask(c, logout_request(c, 0), ISCSI_LOGOUT_RSP);

	check(rx->bhs[2] == 0, "the response is %u", rx->bhs[2]);
	expect_end(c, "logged out");
}

CASE(initiator, "logout/connection", "R-5.2.2-1 R-5.2.2-2 R-5.2.2-3",
     "so is Logout of the connection, reason 1")
{
	struct conn *c = session("");
	struct rx *rx = ask(c, logout_request(c, 1), ISCSI_LOGOUT_RSP);

	check(rx->bhs[2] == 0, "the response is %u", rx->bhs[2]);
	expect_end(c, "logged out");
}

CASE(initiator, "logout/behind-commands", "R-5.2.2-2",
     "a Logout behind 16 reads is answered, and the connection ends")
{
	struct conn *c = session("");
	struct mem *mem = mem_new(c, 65536, READ_SINK);
	struct msg *m[17];
	int i;

	for (i = 0; i < 16; i++)
		m[i] = read_blocks(c, free_block(c), mem);
	m[16] = logout_request(c, 0);
	BHS(m[16])[0] &= ~IMMEDIATE;
	put32(BHS(m[16]) + 24, c->cmdsn++);
	post_many(c, m, 17);
	expect(c, ISCSI_LOGOUT_RSP, itt_of(BHS(m[16])));
	while (!c->ended && next_rx(c, 1000))
		;
	check(c->ended, "the connection goes on");
}

CASE(initiator, "logout/repeat", "R-5.2.2-4",
     "20 logins and logouts one after another")
{
	int i;

	for (i = 0; i < 20; i++) {
		struct conn *c = session("");

		ask(c, logout_request(c, 0), ISCSI_LOGOUT_RSP);
		expect_end(c, "logged out");
	}
}
