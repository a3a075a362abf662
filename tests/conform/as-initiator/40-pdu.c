// SPDX-License-Identifier: GPL-2.0-only
/* Control-type PDUs and their answers: section 7.3. */
#include "conform.h"

static void echo(struct conn *c, uint32_t len, uint32_t want)
{
	struct msg *m = nop_out(c, true);
	struct rx *rx;

	if (len)
		add_data(m, NULL, len);
	rx = ask(c, m, ISCSI_NOP_IN);
	check(rx->data_len == want, "of %u bytes %u came back, not %u", len, rx->data_len, want);
	check(!memcmp(rx->data, DATA(m), want), "of %u bytes others came back", len);
	check(get32(rx->bhs + 20) == NO_TAG, "the TTT of an answer is %08x",
	      get32(rx->bhs + 20));
}

CASE(initiator, "nop/empty", "R-7.3.13-1 R-8.1.1.1-3", "a ping without data is answered")
{
	echo(session(""), 0, 0);
}

CASE(initiator, "nop/echo", "R-7.3.13-1", "ping data of 1 to 512 bytes come back")
{
	static const uint32_t lens[] = { 1, 2, 3, 4, 5, 126, 127, 128, 511, 512 };
	struct conn *c = session("");
	unsigned int i;

	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++)
		echo(c, lens[i], lens[i]);
}

CASE(initiator, "nop/echo-4096", "R-7.3.13-1", "ping data of 4096 bytes come back")
{
	echo(session(""), 4096, 4096);
}

CASE(initiator, "nop/echo-8192", "R-7.3.13-1", "ping data of 8192 bytes come back")
{
	struct conn *c = session("InitiatorRecvDataSegmentLength=8192 "
				 "TargetRecvDataSegmentLength=8192");

	echo(c, strtoul(answer(c, "TargetRecvDataSegmentLength") ?: "8192", NULL, 0), 8192);
}

CASE(initiator, "nop/cut", "R-7.3.13-2 R-6.2-4 R-6.5-4",
     "ping data come back up to InitiatorRecvDataSegmentLength")
{
	struct conn *c = session("InitiatorRecvDataSegmentLength=512");

	echo(c, 4096, 512);
}

CASE(initiator, "nop/in-order", "R-7.2-2", "pings that are not immediate take a CmdSN and are answered")
{
	struct conn *c = session("");
	struct rx *rx;
	int i;

	for (i = 0; i < 8; i++) {
		rx = ask(c, nop_out(c, false), ISCSI_NOP_IN);
		check(get32(rx->bhs + 28) == c->cmdsn, "ExpCmdSN is %u, not %u",
		      get32(rx->bhs + 28), c->cmdsn);
	}
}

CASE(initiator, "nop/no-answer-wanted", "R-8.1.1.1-3",
     "a NOP-Out without ITT is not answered, and the connection goes on")
{
	struct conn *c = session("");
	struct msg *m = nop_out(c, true);

	put32(BHS(m) + 16, NO_TAG);
	post(c, m);
	nothing_else(c);
}

CASE(initiator, "nop/answer-to-nobody", "R-7.3.13-3 R-10.1.4.4-1",
     "a NOP-Out that answers a ping the target never sent does no harm")
{
	struct conn *c = session("");
	struct msg *m = nop_out(c, true);

	put32(BHS(m) + 16, NO_TAG);
	put32(BHS(m) + 20, 0x12345678);
	post(c, m);
	take(c, ISCSI_REJECT, ANY_ITT, 200);
	check(!c->ended, "the connection ended");
	ping(c);
}

CASE(initiator, "nop/from-target", "R-7.3.13-3 R-8.1.1.2-2 R-7.3.6-11",
     "a ping of the target has ITT ffffffff, a TTT and no StatSN of its own; its answer is taken")
{
	struct conn *c = session("");
	struct msg *m;
	struct rx *rx;
	uint32_t statsn = c->exp_statsn;

	c->keep_pings = true;
	step("waiting for a ping of the target");
	rx = take(c, ISCSI_NOP_IN, NO_TAG, 6500);
	check(rx || !c->ended, "the connection ended");
	if (!rx)
		skip("no ping of the target within 6.5 s: its timer is off or longer");
	check(get32(rx->bhs + 20) != NO_TAG, "its TTT is ffffffff");
	check(get32(rx->bhs + 24) == statsn, "its StatSN is %u, not the next, %u",
	      get32(rx->bhs + 24), statsn);
	m = nop_out(c, true);
	put32(BHS(m) + 16, NO_TAG);
	memcpy(BHS(m) + 20, rx->bhs + 20, 4);
	memcpy(BHS(m) + 8, rx->bhs + 8, 8);
	post(c, m);
	/* The next PDU must have the same StatSN. */
	rx = ask(c, nop_out(c, true), ISCSI_NOP_IN);
	check(get32(rx->bhs + 24) == statsn, "the ping has taken a StatSN");
}

CASE(initiator, "nop/from-target-unanswered", "R-7.3.13-3",
     "an initiator that does not answer the target's ping, nor anything, is dropped")
{
	struct conn *c = session("");
	struct rx *rx;

	c->keep_pings = true;
	step("waiting for a ping of the target");
	rx = take(c, ISCSI_NOP_IN, NO_TAG, 4000);
	check(rx || !c->ended, "the connection ended");
	if (!rx)
		skip("no ping of the target within 4 s: its timer is off or longer");
	step("waiting for the end of the connection");
	while (!c->ended && next_rx(c, 5000))
		;
	if (!c->ended)
		skip("not dropped within 5 s: nopin_response_timeout is longer");
}

CASE(initiator, "text/send-targets", "R-7.3.8-1",
     "SendTargets in a Normal session is answered with the target's name")
{
	struct conn *c = session("");
	struct rx *rx = ask(c, send_targets(c), ISCSI_TEXT_RSP);
	struct text t = { 0 };

	memcpy(t.b, rx->data, rx->data_len < 8000 ? rx->data_len : 8000);
	t.len = rx->data_len;
	check(text_get(&t, "TargetName") && !strcmp(text_get(&t, "TargetName"), opt.target),
	      "TargetName=%s", text_get(&t, "TargetName") ?: "(none)");
}

CASE(initiator, "text/discovery", "R-7.3.8-1",
     "SendTargets=All in a Discovery session over RDMA names the target")
{
	struct conn *c = conn_open(NULL);
	struct msg *m;
	struct rx *rx;
	int round;

	discovery(c, "");
	m = text_request(c, "SendTargets=All");
	for (round = 0; round < 64; round++) {
		rx = ask(c, m, ISCSI_TEXT_RSP);
		if (memmem(rx->data, rx->data_len, opt.target, strlen(opt.target)))
			return;
		if (rx->bhs[1] & FINAL)
			break;
		m = text_request(c, "");
		memcpy(BHS(m) + 20, rx->bhs + 20, 4);
	}
	fail("%s is not among what it names", opt.target);
}

CASE(initiator, "text/bad-ttt", "R-10.1.4.4-1",
     "a Text Request that goes on with a text nobody began is refused, no more")
{
	struct conn *c = session("");
	struct msg *m = text_request(c, "");

	put32(BHS(m) + 20, 0x777);
	post(c, m);
	if (!take(c, ISCSI_TEXT_RSP, itt_of(BHS(m)), 300))
		expect(c, ISCSI_REJECT, ANY_ITT);
	ping(c);
}

CASE(initiator, "tmf/abort-nothing", "R-7.3.3-1",
     "ABORT TASK of no task is answered")
{
	struct conn *c = session("");
	struct rx *rx = ask(c, tmf(c, TMF_ABORT_TASK, 0x5555), ISCSI_TMF_RSP);

	check(rx->bhs[2] <= 1, "the response is %u", rx->bhs[2]);
}

CASE(initiator, "tmf/abort-not-come", "R-5.1-13",
     "ABORT TASK of a task that has not come: its CmdSN counts as received, and the task with ITT 0 goes on")
{
	struct conn *c = session("InitialR2T=No FirstBurstLength=16384");
	struct mem *mem = mem_new(c, 8192, WRITE_SOURCE);
	uint32_t lba = free_block(c);
	struct msg *m, *abort;
	struct rx *rx;

	if (strcmp(answer(c, "InitialR2T") ?: "Yes", "No"))
		skip("the target answers InitialR2T=%s", answer(c, "InitialR2T"));
	fill(mem->p, 8192, 44);
	c->itt = 0;
	m = write_in_parts(c, lba, mem, 4096);
	post(c, m);
	ping(c);
	c->cmdsn++;
	abort = tmf(c, TMF_ABORT_TASK, 0x5555);
	rx = ask(c, abort, ISCSI_TMF_RSP);
	check(!rx->bhs[2], "the response is %u, not 0: complete", rx->bhs[2]);
	ping(c);
	check(c->exp_cmdsn == c->cmdsn, "ExpCmdSN is %u after ABORT TASK of CmdSN %u",
	      c->exp_cmdsn, c->cmdsn - 1);
	post(c, data_out(c, 0, NO_TAG, 0, 4096, mem->p + 4096, 4096, true));
	expect_good(expect(c, ISCSI_RESPONSE, 0));
	command(c, test_unit_ready(c));
	verify(c, lba, 8192, 44);
}

CASE(initiator, "tmf/lun-reset", "R-7.3.3-1", "LOGICAL UNIT RESET is answered")
{
	struct conn *c = session("");
	struct rx *rx = ask(c, tmf(c, TMF_LUN_RESET, NO_TAG), ISCSI_TMF_RSP);

	check(rx->bhs[2] == 0, "the response is %u", rx->bhs[2]);
}

CASE(initiator, "tmf/behind-compare-write", "R-8.3.2-6",
     "a LUN reset during the write of a COMPARE AND WRITE: its response comes second, pings go on")
{
	/* The command compares the first block, then writes the second one. */
	static const uint8_t cdb[16] = { 0x89, [13] = 1 };
	const unsigned int phase_ms = 6000;	/* what the backend takes, twice */
	struct conn *c = session("");
	struct mem *mem = mem_new(c, 2 * block_size(c), WRITE_SOURCE);
	struct msg *m = scsi(c, cdb, sizeof(cdb), mem->len, SCSI_WRITE), *reset;
	long end;

	memset(mem->p, 0, mem->len);
	name_write(m, mem->stag, mem->base);
	post(c, m);
	/* The target may be slow to begin; and a ping comes 3 s after the reset. */
	end = now_ms() + phase_ms + 1500;
	while (now_ms() < end)
		if (take(c, ISCSI_RESPONSE, itt_of(BHS(m)), 20))
			skip("the backend does not take %u ms for each part", phase_ms);
	reset = tmf(c, TMF_LUN_RESET, NO_TAG);
	post(c, reset);
	c->pings = 0;
	step("waiting for the response of the COMPARE AND WRITE");
	while (!take(c, ISCSI_RESPONSE, itt_of(BHS(m)), 1000)) {
		check(!c->ended, "the connection ended: %s", c->how);
		check(!take(c, ISCSI_TMF_RSP, itt_of(BHS(reset)), 0),
		      "the reset is answered first");
	}
	check(c->pings, "no ping of the target came meanwhile");
	expect(c, ISCSI_TMF_RSP, itt_of(BHS(reset)));
}

CASE(initiator, "tmf/unknown", "R-7.3.3-1 R-7.2-2",
     "an unknown function is answered: not supported, rejected, or a Reject")
{
	struct conn *c = session("");
	struct msg *m = tmf(c, 0x2f, NO_TAG);
	struct rx *rx;

	post(c, m);
	step("waiting for the answer");
	rx = take(c, ISCSI_TMF_RSP, itt_of(BHS(m)), 1000);
	if (rx)
		check(rx->bhs[2] >= 2, "the response is %u", rx->bhs[2]);
	else
		expect(c, ISCSI_REJECT, ANY_ITT);
	ping(c);
}

CASE(initiator, "tmf/stray-stag", "R-7.3.3-10",
     "an STag in the header of LOGICAL UNIT RESET is not used")
{
	struct conn *c = session("");
	struct mem *mem = mem_new(c, 4096, READ_SINK | IBV_ACCESS_REMOTE_READ);
	struct msg *m = tmf(c, TMF_LUN_RESET, NO_TAG);

	name_read(m, mem->stag, mem->base);
	name_write(m, mem->stag, mem->base);
	post(c, m);
	step("waiting for the answer");
	if (!take(c, ISCSI_TMF_RSP, itt_of(BHS(m)), 1000))
		check(c->ended, "neither an answer nor the end");
	expect_untouched(mem, 0);
}

CASE(initiator, "nop/amid-reads", "R-7.3.5-12",
     "a ping behind 16 reads tells at once that their CmdSNs have come; the reads are done")
{
	struct conn *c = session("");
	uint32_t lba = free_block(c);
	struct msg *m[17];
	struct rx *rx;
	int i;

	block_size(c);
	for (i = 0; i < 16; i++)
		m[i] = read_blocks(c, lba, mem_new(c, 65536, READ_SINK));
	m[16] = nop_out(c, true);
	post_many(c, m, 17);
	rx = expect(c, ISCSI_NOP_IN, itt_of(BHS(m[16])));
	check(get32(rx->bhs + 28) == c->cmdsn, "ExpCmdSN is %u, %u comes next",
	      get32(rx->bhs + 28), c->cmdsn);
	for (i = 0; i < 16; i++)
		expect_good(expect(c, ISCSI_RESPONSE, itt_of(BHS(m[i]))));
}

CASE(initiator, "tmf/reassign", "R-7.3.3-1",
     "TASK REASSIGN at ErrorRecoveryLevel 0 is refused in its response")
{
	struct conn *c = session("");
	struct rx *rx = ask(c, tmf(c, TMF_TASK_REASSIGN, 0x5555), ISCSI_TMF_RSP);

	check(rx->bhs[2] != 0, "the response is: function complete");
}

CASE(initiator, "tmf/reassign-level-1", "R-7.3.3-1",
     "TASK REASSIGN at level 1 likewise, and the task goes on")
{
	struct conn *c = session("ErrorRecoveryLevel=1 DefaultTime2Retain=2");
	struct mem *mem;
	struct msg *m;
	struct rx *rx;

	if (strcmp(answer(c, "ErrorRecoveryLevel") ?: "0", "1"))
		skip("the target answers ErrorRecoveryLevel=%s",
		     answer(c, "ErrorRecoveryLevel") ?: "(nothing)");
	mem = mem_new(c, 65536, READ_SINK);
	m = read_blocks(c, free_block(c), mem);
	post(c, m);
	rx = ask(c, tmf(c, TMF_TASK_REASSIGN, itt_of(BHS(m))), ISCSI_TMF_RSP);
	check(rx->bhs[2] != 0, "the response is: function complete");
	expect_good(expect(c, ISCSI_RESPONSE, itt_of(BHS(m))));
	ping(c);
}
