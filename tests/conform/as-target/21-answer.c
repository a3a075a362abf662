// SPDX-License-Identifier: GPL-2.0-only
/* How the initiator takes the answers to its keys. */
#include "target.h"

#define FOUR(value) "MaxOutstandingUnexpectedPDUs=" value " MaxAHSLength=" value \
		    " TaggedBufferForSolicitedDataOnly=" value " iSERHelloRequired=" value
#define SILENCE	"-MaxOutstandingUnexpectedPDUs -MaxAHSLength " \
		"-TaggedBufferForSolicitedDataOnly -iSERHelloRequired"

/* Checks that a write and a read work with what was agreed on. */
static void moves(struct conn *c, uint32_t blocks)
{
	uint32_t len = blocks * BLOCK;

	scratch_fill(len, 11);
	drive("write %u %u %s", LBA, blocks, scratch());
	finish(c);
	expect_fill(disk + LBA * BLOCK, len, 11, 0, "what was written");
	fill(disk + LBA * BLOCK, len, 12);
	drive("read %u %u %s", LBA, blocks, scratch());
	finish(c);
	scratch_expect(len, 12);
}

CASE(target, "answer/not-understood", "O-6-1 R-5.1.3-11 R-6.9-3",
     "a target that does not know the four keys: the session works")
{
	moves(up(FOUR("NotUnderstood")), 128);
}

CASE(target, "answer/old", "O-6-1 R-5.1.3-11",
     "a target of RFC 5046, that knows MaxOutstandingUnexpectedPDUs only: the session works")
{
	moves(up("MaxOutstandingUnexpectedPDUs=8 MaxAHSLength=NotUnderstood "
		 "TaggedBufferForSolicitedDataOnly=NotUnderstood iSERHelloRequired=NotUnderstood"),
	      128);
}

CASE(target, "answer/silence", "R-3.3-6 R-6.7-1 R-6.8-1 R-6.9-1",
     "declared keys need no answer: the session works")
{
	moves(up(SILENCE), 128);
}

CASE(target, "answer/reject", "R-3.3-6", "Reject for the four keys: the session works")
{
	moves(up(FOUR("Reject")), 128);
}

CASE(target, "answer/irrelevant", "R-3.3-6", "Irrelevant for the four keys: the session works")
{
	moves(up(FOUR("Irrelevant")), 128);
}

CASE(target, "answer/declared", "R-6.7-1 R-6.8-1 R-6.7-2",
     "the greatest limits of a target, and zero, are taken")
{
	moves(up("MaxOutstandingUnexpectedPDUs=4294967295 MaxAHSLength=0"), 16);
}

CASE(target, "answer/unasked", "R-6.10-1 R-6.9-1 R-5.1.3-2",
     "a target that declares the initiator's own keys: they have no effect, no Hello comes")
{
	struct conn *c = up("-iSERHelloRequired +iSERHelloRequired=Yes "
			    "-TaggedBufferForSolicitedDataOnly");

	moves(c, 128);
}

CASE(target, "answer/asked", "R-3.3-7 R-6-3 R-3.3-6 D-8.4-2",
     "keys of section 6 that the target sends in the middle of the stage: none is NotUnderstood")
{
	static const char *const refusals[] = { "NotUnderstood", "Reject", "Irrelevant" };
	struct conn *c = login_begins("");
	struct text t = { 0 };
	struct msg *m;
	struct rx *rx;
	unsigned int i;
	const char *p;

	for (;;) {
		rx = next_rx(c, opt.wait_ms);
		check(rx && rx->opcode == ISCSI_LOGIN, "no Login Request came");
		if ((rx->bhs[1] >> 2 & 3) == 1)
			break;
		serve_login_request(c, rx, "");
	}
	c->cmdsn = get32(rx->bhs + 24);
	m = reply(c, rx, ISCSI_LOGIN_RSP);
	BHS(m)[1] = 1 << 2;		/* the stage does not end here */
	memcpy(BHS(m) + 8, rx->bhs + 8, 8);
	text_change(&t, "RDMAExtensions=Yes InitiatorRecvDataSegmentLength=512 "
		    "TargetRecvDataSegmentLength=8192 MaxOutstandingUnexpectedPDUs=8 "
		    "MaxAHSLength=256 TaggedBufferForSolicitedDataOnly=Yes "
		    "iSERHelloRequired=No");
	add_data(m, t.b, t.len);
	post(c, m);
	rx = next_rx(c, opt.wait_ms);
	check(rx && rx->opcode == ISCSI_LOGIN, "no further Login Request came");
	for (p = (char *)rx->data; p < (char *)rx->data + rx->data_len; p += strlen(p) + 1)
		for (i = 0; i < 3; i++)
			check(!strstr(p, refusals[i]), "%s is answered", p);
	/* The login may take another round. */
	if (!serve_login_request(c, rx, ""))
		serve_login(c, "");
	finish(c);
	moves(c, 128);
}

/*
 * Return: how many bytes of immediate data the first write has.  Checks the data of the
 * whole write.
 */
static uint32_t immediate(struct conn *c, uint32_t blocks)
{
	uint32_t len = blocks * BLOCK, sent;
	struct rx *rx;

	scratch_fill(len, 21);
	drive("write %u %u %s", LBA, blocks, scratch());
	rx = await_io(c, LBA);
	sent = rx->data_len;
	serve_pdu(c, rx);
	finish(c);
	expect_fill(disk + LBA * BLOCK, len, 21, 0, "what was written");
	return sent;
}

CASE(target, "answer/target-length-lower", "R-6.4-2 R-6.2-3 R-6.4-4",
     "TargetRecvDataSegmentLength=1024: no message of the initiator has more data")
{
	uint32_t sent = immediate(up("TargetRecvDataSegmentLength=1024"), 16);

	check(sent <= 1024, "%u bytes of immediate data", sent);
}

CASE(target, "answer/target-length-least", "R-6.4-1 R-6.4-2",
     "TargetRecvDataSegmentLength=512, the least: one block of immediate data")
{
	uint32_t sent = immediate(up("TargetRecvDataSegmentLength=512"), 16);

	check(sent <= 512, "%u bytes of immediate data", sent);
}

CASE(target, "answer/target-length-higher", "R-6.4-2 R-6.2-3",
     "an answer above the offer: the lesser of both counts")
{
	struct conn *c = up("TargetRecvDataSegmentLength=16777215");
	unsigned long offer = strtoul(offered(c, "TargetRecvDataSegmentLength"), NULL, 0);
	uint32_t sent = immediate(c, 128);

	check(sent <= offer, "%u bytes of immediate data, %lu were offered", sent, offer);
}

CASE(target, "answer/target-length-silent", "R-6.4-1",
     "no answer to TargetRecvDataSegmentLength: the default, 8192, is the limit")
{
	uint32_t sent = immediate(up("-TargetRecvDataSegmentLength"), 128);

	check(sent <= 8192, "%u bytes of immediate data", sent);
}

CASE(target, "answer/declared-length", "R-6.2-1 R-6.2-3 O-6.2-1",
     "MaxRecvDataSegmentLength=512 of a target has no effect: the iSER key counts")
{
	uint32_t sent = immediate(up("TargetRecvDataSegmentLength=4096 ImmediateData=Yes "
				     "+MaxRecvDataSegmentLength=512"), 8);

	check(sent == 4096, "%u bytes of immediate data, not 4096", sent);
}

static unsigned long parameter(struct conn *c, const char *name)
{
	drive("param %s", name);
	finish(c);
	return strtoul(drive_said(), NULL, 0);
}

CASE(target, "answer/initiator-length", "R-6.5-2 R-6.2-3",
     "InitiatorRecvDataSegmentLength answered far above the offer: the offer stays the limit")
{
	struct conn *c = up("InitiatorRecvDataSegmentLength=16777215");
	unsigned long offer = strtoul(offered(c, "InitiatorRecvDataSegmentLength"), NULL, 0);
	unsigned long now = parameter(c, "max_recv_dlength");

	check(now <= offer, "the initiator takes %lu bytes, %lu were offered", now, offer);
}

CASE(target, "answer/initiator-length-least", "R-6.5-1 R-6.5-2",
     "InitiatorRecvDataSegmentLength=512, the least: it is what the initiator goes by")
{
	unsigned long now = parameter(up("InitiatorRecvDataSegmentLength=512"),
				      "max_recv_dlength");

	check(now == 512, "the initiator goes by %lu", now);
}

CASE(target, "answer/segment-refused", "R-6.4-1 R-6.5-1",
     "both segment lengths answered with Reject: the session works with the default or less")
{
	uint32_t sent = immediate(up("TargetRecvDataSegmentLength=Reject "
				     "InitiatorRecvDataSegmentLength=Reject"), 128);

	check(sent <= 8192, "%u bytes of immediate data", sent);
}
