// SPDX-License-Identifier: GPL-2.0-only
/* STags: missing, wrong, invalidated: sections 7.3.1, 7.3.2, 1.5.1. */
#include "conform.h"

/* The target must refuse @m, and must not write to memory that @m did not name. */
static void no_rdma(struct conn *c, struct msg *m, struct mem *mem, const char *why)
{
	post(c, m);
	expect_refusal(c, why);
	if (mem)
		expect_untouched(mem, 0);
	still_serves();
}

CASE(initiator, "stag/read-without", "R-7.3.1-14",
     "a read without a Read STag is refused; no RDMA Write to STag 0")
{
	struct conn *c = session("");
	struct mem *mem = mem_new(c, 4096, READ_SINK);
	struct msg *m = read_blocks(c, free_block(c), mem);

	m->b[0] &= ~ISER_RSV;
	memset(m->b + 16, 0, 12);
	no_rdma(c, m, mem, "a read without a Read STag");
}

CASE(initiator, "stag/read-not-valid", "R-7.3.1-14 R-9.2-4",
     "a read whose STag is there without RSV is refused: the STag is not used")
{
	struct conn *c = session("");
	struct mem *mem = mem_new(c, 4096, READ_SINK);
	struct msg *m = read_blocks(c, free_block(c), mem);

	m->b[0] &= ~ISER_RSV;
	no_rdma(c, m, mem, "RSV is 0");
}

CASE(initiator, "stag/read-with-write-stag", "R-7.3.1-14",
     "a read with a Write STag only is refused")
{
	struct conn *c = session("");
	struct mem *mem = mem_new(c, 4096, READ_SINK | IBV_ACCESS_REMOTE_READ);
	struct msg *m = read_blocks(c, free_block(c), mem);

	m->b[0] &= ~ISER_RSV;
	memset(m->b + 16, 0, 12);
	name_write(m, mem->stag, mem->base);
	no_rdma(c, m, mem, "no Read STag");
}

CASE(initiator, "stag/write-without", "R-7.3.1-14",
     "a write with data to fetch and without a Write STag is refused")
{
	struct conn *c = session("");
	struct mem *mem = mem_new(c, 65536, WRITE_SOURCE);
	struct msg *m = write_blocks(c, free_block(c), mem, 0);

	m->b[0] &= ~ISER_WSV;
	memset(m->b + 4, 0, 12);
	no_rdma(c, m, NULL, "a write without a Write STag");
}

CASE(initiator, "stag/write-not-valid", "R-7.3.1-14 R-9.2-2",
     "a write whose STag is there without WSV is refused")
{
	struct conn *c = session("");
	struct mem *mem = mem_new(c, 65536, WRITE_SOURCE);
	struct msg *m = write_blocks(c, free_block(c), mem, 0);

	m->b[0] &= ~ISER_WSV;
	no_rdma(c, m, NULL, "WSV is 0");
}

CASE(initiator, "stag/write-base-wraps", "R-7.3.1-15",
     "a Write Base Offset whose buffer would wrap around 2^64 is refused")
{
	struct conn *c = session("");
	struct mem *mem = mem_new(c, 65536, WRITE_SOURCE);
	struct msg *m = write_blocks(c, free_block(c), mem, 0);

	name_write(m, mem->stag, 0xfffffffffffff000ULL);
	no_rdma(c, m, NULL, "the buffer wraps");
}

CASE(initiator, "stag/read-base-wraps", "R-7.3.1-15",
     "so is such a Read Base Offset")
{
	struct conn *c = session("");
	struct mem *mem = mem_new(c, 65536, READ_SINK);
	struct msg *m = read_blocks(c, free_block(c), mem);

	name_read(m, mem->stag, 0xfffffffffffff000ULL);
	no_rdma(c, m, mem, "the buffer wraps");
}

/* The device of this end refuses the target's RDMA: the target has to notice that. */
static void access_error(struct conn *c, struct msg *m)
{
	struct rx *rx;

	post(c, m);
	step("waiting for the end after an access error");
	while (!c->ended) {
		rx = next_rx(c, 2 * opt.wait_ms);
		if (!rx)
			break;
		check(rx->opcode != ISCSI_RESPONSE || rx->bhs[2] || rx->bhs[3],
		      "the command is reported as good");
	}
	check(c->ended, "an RDMA operation was refused, and the connection goes on");
	still_serves();
}

CASE(initiator, "stag/read-stranger", "R-5.2.3.2-1 R-4.1-9",
     "a Read STag of nobody: the error ends the connection, no good status comes")
{
	struct conn *c = session("");
	struct mem *mem = mem_new(c, 4096, READ_SINK);
	struct msg *m = read_blocks(c, free_block(c), mem);

	name_read(m, mem->stag ^ 0x5a5a00, mem->base);
	access_error(c, m);
	expect_untouched(mem, 0);
}

CASE(initiator, "stag/write-stranger", "R-5.2.3.2-1 R-4.1-9 R-7.1-2",
     "a Write STag of nobody likewise")
{
	struct conn *c = session("");
	struct mem *mem = mem_new(c, 65536, WRITE_SOURCE);
	struct msg *m = write_blocks(c, free_block(c), mem, 0);

	name_write(m, mem->stag ^ 0x5a5a00, mem->base);
	access_error(c, m);
}

CASE(initiator, "stag/read-no-right", "R-5.2.3.2-1",
     "a Read STag without the right to be written to likewise")
{
	struct conn *c = session("");
	struct mem *mem = mem_new(c, 4096, WRITE_SOURCE);

	access_error(c, read_blocks(c, free_block(c), mem));
	expect_untouched(mem, 0);
}

CASE(initiator, "stag/region-too-small", "R-5.2.3.2-1 R-7.1-2",
     "a write whose region ends before its EDTL likewise")
{
	struct conn *c = session("");
	struct mem *mem = mem_exact(c, 32768, WRITE_SOURCE, 0);
	struct msg *m;

	mem->len = 65536;
	m = write_blocks(c, free_block(c), mem, 0);
	access_error(c, m);
}

/* Connects with private data that allow Send with Invalidate, and logs in. */
static struct conn *invalidating(void)
{
	static const uint8_t data[4] = { 0x80 };
	struct cm cm = cm_default();
	struct conn *c;

	cm.data = data;
	cm.data_len = sizeof(data);
	c = session_cm(&cm, "");
	if (!(c->peer.data_len >= 4 && c->peer.data[0] & 0x40))
		return c;
	note("the target says that it does not invalidate");
	return c;
}

/* Section 7.3.2: the RDMA layer or the header of the response names the STag. */
static void names(struct rx *rx, uint32_t stag, uint8_t flag)
{
	uint32_t named = get32(rx->b + (flag == ISER_RSV ? 16 : 4));

	if (rx->invalidated) {
		check(rx->invalidated_stag == stag, "STag %08x is invalidated, not %08x",
		      rx->invalidated_stag, stag);
		return;
	}
	check(rx->b[0] & flag && named == stag,
	      "the response names no STag to invalidate (flags %02x)", rx->b[0]);
}

/* The library of siw does not say that a receive has invalidated an STag. */
static void invalidates(struct conn *c, struct rx *rx, uint32_t stag, uint8_t flag)
{
	if (!rx->invalidated && !(rx->b[0] & flag) && conn_iwarp(c))
		skip("not to be seen over siw: the capture shows it");
	names(rx, stag, flag);
}

CASE(initiator, "stag/names-read", "R-7.3.2-3",
     "the response of a read names the Read STag, in its header or by invalidating it")
{
	struct conn *c = session("");
	struct mem *mem = mem_new(c, 4096, READ_SINK);

	names(command(c, read_blocks(c, free_block(c), mem)), mem->stag, ISER_RSV);
}

CASE(initiator, "stag/names-write", "R-7.3.2-4",
     "the response of a write names the Write STag")
{
	struct conn *c = session("");
	struct mem *mem = mem_new(c, 65536, WRITE_SOURCE);

	fill(mem->p, mem->len, 120);
	names(command(c, write_blocks(c, free_block(c), mem, 0)), mem->stag, ISER_WSV);
}

CASE(initiator, "stag/invalidates-read", "R-7.3.2-3 O-7.3.2-1 R-4.1-8 R-4.1-5",
     "where both ends allow it the response of a read invalidates its STag")
{
	struct conn *c = invalidating();
	struct mem *mem = mem_new(c, 4096, READ_SINK);
	struct rx *rx = command(c, read_blocks(c, free_block(c), mem));

	invalidates(c, rx, mem->stag, ISER_RSV);
	if (!rx->invalidated)
		note("it is a plain Send");
}

CASE(initiator, "stag/invalidates-write", "R-7.3.2-4 O-7.3.2-1",
     "so does the response of a write")
{
	struct conn *c = invalidating();
	struct mem *mem = mem_new(c, 65536, WRITE_SOURCE);

	fill(mem->p, mem->len, 121);
	invalidates(c, command(c, write_blocks(c, free_block(c), mem, 0)), mem->stag, ISER_WSV);
}

CASE(initiator, "stag/invalidates-nothing", "R-7.3.2-2 R-1.5.2-2",
     "answers to requests without STag are plain Sends")
{
	struct conn *c = invalidating();

	check(!command(c, test_unit_ready(c))->invalidated, "a response without STag");
	check(!ask(c, nop_out(c, true), ISCSI_NOP_IN)->invalidated, "a NOP-In");
	check(!ask(c, send_targets(c), ISCSI_TEXT_RSP)->invalidated, "a Text");
	check(!ask(c, tmf(c, TMF_ABORT_TASK, 0x5555), ISCSI_TMF_RSP)->invalidated, "a TMF");
}

/* @m names an STag, and the target has to reject it. */
static void rejected(struct conn *c, const char *what, struct msg *m)
{
	struct rx *rx;

	post(c, m);
	rx = expect(c, ISCSI_REJECT, ANY_ITT);
	check(!rx->invalidated, "%s: the Reject has invalidated STag %#x", what,
	      rx->invalidated_stag);
	/* The target rejected the command before its CmdSN counted. */
	c->cmdsn = c->exp_cmdsn;
	ping(c);
}

CASE(initiator, "stag/kept-by-reject", "R-7.3.12-1 R-7.3.2-2",
     "the Reject of a command that names an STag invalidates nothing")
{
	struct conn *c = invalidating();
	struct mem *in = mem_new(c, 4096, READ_SINK), *out = mem_new(c, 4096, WRITE_SOURCE);
	struct msg *m = read_blocks(c, free_block(c), in);

	BHS(m)[0] |= IMMEDIATE;
	rejected(c, "a read for immediate delivery", m);
	m = write_blocks(c, free_block(c), out, 0);
	BHS(m)[0] |= IMMEDIATE;
	rejected(c, "a write for immediate delivery", m);
	m = read_blocks(c, free_block(c), in);
	BHS(m)[1] |= SCSI_WRITE;
	rejected(c, "a read that is a write as well", m);
	m = read_blocks(c, free_block(c), in);
	BHS(m)[1] &= ~FINAL;
	rejected(c, "a read without the F bit", m);
	command(c, read_blocks(c, free_block(c), in));
}

CASE(initiator, "stag/invalidates-failed", "D-8.9-3 R-7.3.2-3",
     "the response of a failed read names its STag as well")
{
	struct conn *c = invalidating();
	struct mem *mem = mem_new(c, 4096, READ_SINK);
	struct rx *rx = ask(c, read_blocks(c, 0xfffffff0, mem), ISCSI_RESPONSE);

	expect_sense(rx, "a read beyond the disk");
	invalidates(c, rx, mem->stag, ISER_RSV);
	expect_untouched(mem, 0);
}
