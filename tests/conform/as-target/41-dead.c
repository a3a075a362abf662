// SPDX-License-Identifier: GPL-2.0-only
/* STags after the end of their task: sections 1.5.1, 7.3.2, 8.3.2. */
#include "target.h"

enum { PLAIN, INVALIDATE, NAME };

/* Skips when Send with Invalidate cannot be used. */
static void invalidates(struct conn *c)
{
	if (opt.like->plain_send)
		skip("no Send with Invalidate was agreed on");
	can_invalidate(c);
}

/* Sends the response in one of three ways; then the STag must be invalid. */
static void answered(bool read, int how)
{
	struct conn *c = up("");
	struct rx *rx = read ? read_comes(c, 8) : write_comes(c, 128);
	enum ibv_wr_opcode op = read ? IBV_WR_RDMA_WRITE : IBV_WR_RDMA_READ;
	uint64_t base = base_of(rx);
	uint32_t stag = stag_of(rx);
	struct msg *m;

	move_data(c, rx);
	m = good(c, rx);
	if (how == INVALIDATE) {
		invalidates(c);
		m->invalidate = stag;
	} else if (how == NAME) {
		m->b[0] |= read ? ISER_RSV : ISER_WSV;
		put32(m->b + (read ? 16 : 4), stag);
	}
	post(c, m);
	finish(c);
	check(refused(c, op, 512, base, stag), "the STag is alive behind the response");
}

CASE(target, "dead/read", "R-1.5.1-1 R-1.5.1-3 R-7.3.2-10 R-11-3 R-11-4",
     "a response by a plain Send: the STag of the read is dead when the command is done")
{
	answered(true, PLAIN);
}

CASE(target, "dead/write", "R-1.5.1-1 R-1.5.1-3 R-7.3.2-10 R-11-3 R-11-4",
     "a response by a plain Send: the STag of the write is dead when the command is done")
{
	answered(false, PLAIN);
}

CASE(target, "dead/read-invalidated", "R-1.5.1-1 R-1.5.2-1 R-7.3.2-7",
     "a response by a Send with Invalidate: the STag of the read is dead")
{
	answered(true, INVALIDATE);
}

CASE(target, "dead/write-invalidated", "R-1.5.1-1 R-1.5.2-1 R-7.3.2-7",
     "a response by a Send with Invalidate: the STag of the write is dead")
{
	answered(false, INVALIDATE);
}

CASE(target, "dead/read-named", "R-7.3.2-6 R-7.3.2-10",
     "a response that names the Read STag in its header: it is dead")
{
	answered(true, NAME);
}

CASE(target, "dead/write-named", "R-7.3.2-6 R-7.3.2-10",
     "a response that names the Write STag in its header: it is dead")
{
	answered(false, NAME);
}

CASE(target, "dead/error", "D-8.9-3 R-7.3.2-10 R-1.5.1-2",
     "a read that ends with CHECK CONDITION: its STag is dead")
{
	fails_and_dies(up(""), "sgio 2800%08x00000800 IN 4096", IBV_WR_RDMA_WRITE, "status=02");
}

/* A session that aborts commands after a second. */
static struct conn *impatient(const char *settings)
{
	struct conn *c = up_with(NULL, "", settings);

	drive("timeout 1");
	finish(c);
	return c;
}

/*
 * Without retries a command that was given up does not come again.  A retry would take
 * over its memory region, and would invalidate the STag by that alone.
 */
static void once(struct conn *c)
{
	drive("retries 0");
	finish(c);
}

/* The initiator aborts a command that gets no answer; then its STag must be invalid. */
static void aborted(bool read)
{
	enum ibv_wr_opcode op = read ? IBV_WR_RDMA_WRITE : IBV_WR_RDMA_READ;
	struct conn *c = impatient("");
	struct rx *rx, *request;
	uint32_t stag, itt;
	uint64_t base;

	once(c);
	rx = read ? read_comes(c, 8) : write_comes(c, 128);
	base = base_of(rx);
	stag = stag_of(rx);
	itt = itt_of(rx->bhs);
	request = await(c, ISCSI_TMF);
	check((request->bhs[1] & 0x7f) == TMF_ABORT_TASK, "task management function %u",
	      request->bhs[1] & 0x7f);
	check(get32(request->bhs + 20) == itt, "it is for task %08x, not %08x",
	      get32(request->bhs + 20), itt);
	check(request->b[0] == ISER_CONTROL, "its header has STags: %02x", request->b[0]);
	/* Until the abort is answered the target may use the buffer. */
	check(!refused(c, op, 512, base, stag), "the STag is dead before the abort is answered");
	post(c, reply(c, request, ISCSI_TMF_RSP));
	check(serve_driven(c), "what was aborted succeeds");
	check(refused(c, op, 512, base, stag), "the STag is alive behind the abort");
}

CASE(target, "dead/abort-read", "R-8.3.2-2 R-1.5.1-2 R-7.3.3-1 R-8.3.2-1 D-8.9-1",
     "an aborted read: ABORT TASK by a Send; when it is answered the STag is dead")
{
	aborted(true);
}

CASE(target, "dead/abort-write", "R-8.3.2-2 R-1.5.1-2 R-7.3.3-1 R-8.3.2-1 D-8.9-1",
     "an aborted write: when the abort is answered its STag is dead")
{
	aborted(false);
}

CASE(target, "dead/reset", "R-8.3.2-2 R-1.5.1-2 R-7.3.3-1 R-8.3.2-1 D-8.9-1",
     "a LUN reset behind a read: when it is answered the STag of the read is dead")
{
	struct conn *c = up("");
	struct rx *rx, *request;
	uint32_t stag;
	uint64_t base;

	once(c);
	rx = read_comes(c, 8);
	base = base_of(rx);
	stag = stag_of(rx);
	drive_also("reset lun");
	request = await(c, ISCSI_TMF);
	check((request->bhs[1] & 0x7f) == TMF_LUN_RESET, "task management function %u",
	      request->bhs[1] & 0x7f);
	check(request->b[0] == ISER_CONTROL, "its header has STags: %02x", request->b[0]);
	post(c, reply(c, request, ISCSI_TMF_RSP));
	check(serve_driven(c), "a read that the reset has ended succeeds");
	check(refused(c, IBV_WR_RDMA_WRITE, 512, base, stag), "the STag is alive behind the reset");
}

/* Answers the abort, and right after it the read that the abort has ended. */
static void late(bool invalidate)
{
	struct conn *c = impatient("node.session.timeo.replacement_timeout=20 "
				   "node.session.iscsi.DefaultTime2Wait=0");
	struct msg *m[2];
	struct rx *rx;

	if (invalidate)
		invalidates(c);
	fill(disk + LBA * BLOCK, 4096, 50);
	drive("read %u 8 %s", LBA, scratch());
	rx = await_io(c, LBA);
	m[0] = reply(c, await(c, ISCSI_TMF), ISCSI_TMF_RSP);
	m[1] = good(c, rx);
	if (invalidate)
		m[1]->invalidate = stag_of(rx);
	post_many(c, m, 2);
	if (!answers(c)) {
		note("the connection ended");
		check(c->ended, "the initiator is silent");
		c = conn_accept(NULL);
		serve_login(c, "");
	}
	finish(c);
	scratch_expect(4096, 50);
}

CASE(target, "dead/late-response", "R-7.3.2-11 R-8.3.2-2",
     "a response for a read that was aborted: it does not complete the read that comes again")
{
	late(false);
}

CASE(target, "dead/late-invalidate", "R-7.3.2-11 R-8.3.2-2",
     "the same, and it invalidates the STag of the read")
{
	late(true);
}

CASE(target, "dead/abort-lost", "R-5.2.3.2-3 D-8.7-2",
     "the connection ends while an abort waits for its answer: the next session works")
{
	struct conn *c = impatient("node.session.timeo.replacement_timeout=20 "
				   "node.session.iscsi.DefaultTime2Wait=0 "
				   "node.conn[0].timeo.noop_out_interval=0");
	int i;

	read_comes(c, 8);
	await(c, ISCSI_TMF);
	conn_close(c);
	c = conn_accept(NULL);
	serve_login(c, "");
	finish(c);
	/* The abort has let go of its task by now: what is left of it must be nobody's. */
	for (i = 0; i < 8; i++) {
		drive("read %u 8", LBA);
		finish(c);
	}
	stays(c, "an abort that was lost");
}
