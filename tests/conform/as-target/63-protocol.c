// SPDX-License-Identifier: GPL-2.0-only
/* What a target must not send: sections 7.3.2, 7.3.5, 7.3.6, 7.3.9, 10.1.3. */
#include "target.h"

/* Sends another PDU in place of the response to a read whose data have been written. */
static void in_place(uint8_t opcode, const char *why)
{
	struct conn *c = up("");
	struct rx *rx = read_comes(c, 8);
	struct msg *m;

	move_data(c, rx);
	m = good(c, rx);
	BHS(m)[0] = opcode;
	if (opcode == ISCSI_DATA_IN)
		BHS(m)[1] = FINAL | 1;		/* with the S bit: status */
	post(c, m);
	ends_unfinished(c, why);
}

CASE(target, "protocol/data-in", "D-5.1-1",
     "Data-In with status as a Send: the connection ends, the read is not completed")
{
	in_place(ISCSI_DATA_IN, "Data-In as a message");
}

CASE(target, "protocol/data-in-data", "D-5.1-1 D-6-6",
     "Data-In with data as a Send: the connection ends, the data are not used")
{
	struct conn *c = up("");
	struct rx *rx = read_comes(c, 1);
	struct msg *m = good(c, rx);

	BHS(m)[0] = ISCSI_DATA_IN;
	BHS(m)[1] = FINAL | 1;
	add_data(m, NULL, 512);
	post(c, m);
	ends_unfinished(c, "Data-In as a message");
}

CASE(target, "protocol/r2t", "D-5.1-1",
     "R2T as a Send: the connection ends, no Data-Out comes")
{
	struct conn *c = up("");
	struct rx *rx = write_comes(c, 128);
	struct msg *m = reply(c, rx, ISCSI_R2T);

	put32(BHS(m) + 20, 0x77);
	put32(BHS(m) + 40, rx->data_len);
	put32(BHS(m) + 44, 4096);
	post(c, m);
	conn_unlisten();
	while (!c->ended) {
		rx = next_rx(c, opt.wait_ms);
		check(rx || c->ended, "the connection goes on: R2T as a message");
		check(!rx || rx->opcode != ISCSI_DATA_OUT, "a Data-Out came");
	}
	check(drive_wait(0) < 0, "the write was completed");
}

CASE(target, "protocol/other-answer", "R-10.1.3.4-4",
     "a Task Management Response to a read: the connection ends, the read is not completed")
{
	in_place(ISCSI_TMF_RSP, "a Task Management Response to a read");
}

CASE(target, "protocol/text-answer", "R-10.1.3.4-4",
     "a Text Response to a read: the connection ends, the read is not completed")
{
	in_place(ISCSI_TEXT_RSP, "a Text Response to a read");
}

CASE(target, "protocol/logout-answer", "R-10.1.3.4-4",
     "a Logout Response to a read: the connection ends, the read is not completed")
{
	in_place(ISCSI_LOGOUT_RSP, "a Logout Response to a read");
}

CASE(target, "protocol/nop-answer", "R-10.1.3.4-4",
     "a NOP-In with the ITT of a read: the connection ends, the read is not completed")
{
	in_place(ISCSI_NOP_IN, "a NOP-In to a read");
}

CASE(target, "protocol/login-response", "R-7.3.9-5 R-7.3.9-2",
     "a Login Response in full feature phase: the connection ends")
{
	in_place(ISCSI_LOGIN_RSP, "a Login Response in full feature phase");
}

CASE(target, "protocol/write-with-immediate", "R-7.2-1 R-7.1-2",
     "an RDMA Write with immediate data is no message: the connection ends, no old message is taken again")
{
	struct conn *c = up("");
	struct rx *rx = read_comes(c, 8);
	int i;

	/* From then on, an old ping lies in each receive of the initiator. */
	for (i = 0; i < 300; i++)
		stays(c, "a ping");
	rdma_op(c, IBV_WR_RDMA_WRITE_WITH_IMM, disk_mr(c), disk, MSG_MIN, base_of(rx),
		stag_of(rx));
	rx = next_rx(c, opt.wait_ms);
	check(!rx, "%s came", rx ? opcode_name(rx->opcode) : "");
	ends_unfinished(c, "an RDMA Write with immediate data");
}

CASE(target, "protocol/login-twice", "R-10.1.3.4-4",
     "two Login Responses to one request: the login fails")
{
	long end = now_ms() + 5L * opt.wait_ms * opt.slow;
	struct conn *c;
	struct msg *m[2];
	struct rx *rx;
	int i, code;

	other_port();
	c = login_begins("");
	step("waiting for a Login Request");
	rx = next_rx(c, 2 * opt.wait_ms);
	check(rx, "no Login Request came");
	/* The stage goes on: the initiator has to ask again. */
	for (i = 0; i < 2; i++) {
		m[i] = reply(c, rx, ISCSI_LOGIN_RSP);
		BHS(m[i])[1] = rx->bhs[1] & 0xc;
		memcpy(BHS(m[i]) + 8, rx->bhs + 8, 8);
	}
	post_many(c, m, 2);
	conn_unlisten();
	/* An initiator that takes the second one for the next answer logs in here. */
	while ((code = drive_wait(0)) < 0 && now_ms() < end) {
		rx = next_rx(c, 20);
		if (rx && rx->opcode == ISCSI_LOGIN)
			serve_login_request(c, rx, "");
		else if (rx)
			serve_pdu(c, rx);
	}
	check(code, "the login succeeds");
	check(c->ended, "the connection is still there");
}

CASE(target, "protocol/opcode", "R-7.2-2 R-10.1.3.3-1",
     "an opcode that iSCSI does not know: it is not taken in silence, the connection ends")
{
	in_place(0x3e, "opcode 3e");
}

CASE(target, "protocol/request", "R-7.2-2 R-10.1.3.3-1",
     "a SCSI Command of the target: it is not taken in silence, the connection ends")
{
	in_place(ISCSI_COMMAND, "a SCSI Command of the target");
}

CASE(target, "protocol/twice", "R-7.3.2-11",
     "a second response with the same ITT: the connection ends")
{
	struct conn *c = up("");
	struct rx *rx = read_comes(c, 8);
	struct msg *m;

	move_data(c, rx);
	m = good(c, rx);
	post(c, m);
	finish(c);
	put32(BHS(m) + 24, c->exp_statsn++);
	post(c, m);
	ends(c, "a second response");
}

CASE(target, "protocol/twice-at-once", "R-7.3.2-11 R-7.3.1-5",
     "two responses with the same ITT by one doorbell: the command is completed once, the connection ends")
{
	struct conn *c = up("");
	struct rx *rx = read_comes(c, 8);
	struct msg *m[2];

	move_data(c, rx);
	m[0] = good(c, rx);
	m[1] = good(c, rx);
	post_many(c, m, 2);
	ends(c, "a second response");
}

CASE(target, "protocol/stranger", "R-7.3.2-11 R-7.3.1-8",
     "a response with an ITT that was never used: the connection ends, the read is not completed")
{
	struct conn *c = up("");
	struct rx *rx = read_comes(c, 8);
	struct msg *m;

	move_data(c, rx);
	m = good(c, rx);
	put32(BHS(m) + 16, itt_of(rx->bhs) ^ 0x40);
	post(c, m);
	ends_unfinished(c, "a response to no task");
}

CASE(target, "protocol/no-task", "R-7.3.2-11",
     "a response with the reserved ITT: the connection ends")
{
	struct conn *c = up("");
	struct rx *rx = read_comes(c, 8);
	struct msg *m = good(c, rx);

	put32(BHS(m) + 16, NO_TAG);
	post(c, m);
	ends_unfinished(c, "a response with ITT ffffffff");
}

/* Sends the response to a read with another first byte of the iSER header. */
static void opcode(uint8_t first, const char *why)
{
	struct conn *c = up("");
	struct rx *rx = read_comes(c, 8);
	struct msg *m;

	move_data(c, rx);
	m = good(c, rx);
	m->b[0] = first;
	if (first >> 4 == 2 || first >> 4 == 3)
		m->len = ISER_LEN;
	post(c, m);
	ends_unfinished(c, why);
}

CASE(target, "protocol/iser-0", "R-9.1-2 R-10.1.3.3-1 R-10.1.3.3-3",
     "opcode 0 of iSER: the connection ends, the PDU behind it is not looked at")
{
	opcode(0x00, "opcode 0 of iSER");
}

CASE(target, "protocol/iser-4", "R-9.1-2 R-10.1.3.3-1 R-10.1.3.3-3",
     "opcode 4 of iSER: the connection ends, the PDU behind it is not looked at")
{
	opcode(0x40, "opcode 4 of iSER");
}

CASE(target, "protocol/iser-15", "R-9.1-2 R-10.1.3.3-1 R-10.1.3.3-3",
     "opcode 15 of iSER: the connection ends, the PDU behind it is not looked at")
{
	opcode(0xf0, "opcode 15 of iSER");
}

CASE(target, "protocol/hello", "R-10.1.3.3-1",
     "a Hello of the target: the connection ends")
{
	opcode(ISER_HELLO, "a Hello of the target");
}

CASE(target, "protocol/hello-reply", "R-10.1.3.3-1 R-6.10-3",
     "a HelloReply that nobody asked for: the connection ends")
{
	opcode(ISER_HELLO_REPLY, "a HelloReply without a Hello");
}

CASE(target, "protocol/nothing-after", "R-10.1.3.3-3 R-5.2.3.2-3",
     "what comes behind a format error, by the same doorbell, is not looked at")
{
	struct conn *c = up("");
	struct rx *rx = read_comes(c, 8);
	struct msg *m[2];

	move_data(c, rx);
	m[1] = good(c, rx);
	m[0] = nop_in(c, NO_TAG);
	m[0]->b[0] = 0x70;
	post_many(c, m, 2);
	ends_unfinished(c, "opcode 7 of iSER");
}
