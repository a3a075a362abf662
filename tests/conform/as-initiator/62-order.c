// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands that arrive ahead of their CmdSN (RFC 7143, section 4.2.2.1), and commands
 * that are unfinished when their connection ends: section 5.2.3.
 */
#include "conform.h"

#define NO		"InitialR2T=No FirstBurstLength=8192 TaggedBufferForSolicitedDataOnly=Yes"
#define NOBODY		7	/* a LUN that the target does not have */

/* Leaves out a CmdSN, so that the next commands are ahead of theirs. */
static uint32_t gap(struct conn *c)
{
	return c->cmdsn++;
}

/* The command with the CmdSN that was left out. */
static struct msg *missing(struct conn *c, uint32_t cmdsn)
{
	struct msg *m = test_unit_ready(c);

	c->cmdsn--;
	put32(BHS(m) + 24, cmdsn);
	return m;
}

/* Makes @m, which would be immediate, take its turn in the order of CmdSN. */
static struct msg *in_order(struct conn *c, struct msg *m)
{
	BHS(m)[0] &= ~IMMEDIATE;
	put32(BHS(m) + 24, c->cmdsn++);
	return m;
}

/* A write with @immediate bytes of immediate data, which Data-Out will follow. */
static struct msg *begin(struct conn *c, struct mem *mem, uint32_t immediate)
{
	struct msg *m = write_blocks(c, free_block(c), mem, immediate);

	BHS(m)[1] &= ~FINAL;
	if (mem->len <= 8192) {
		m->b[0] &= ~ISER_WSV;
		memset(m->b + 4, 0, 12);
	} else {
		name_write(m, mem->stag, mem->base + 8192);
	}
	return m;
}

static struct conn *unsolicited(void)
{
	struct conn *c = session(NO);

	if (strcmp(answer(c, "InitialR2T") ?: "Yes", "No"))
		skip("the target answers InitialR2T=%s", answer(c, "InitialR2T"));
	/*
	 * block_size() sends a command the first time: that must not come ahead of its
	 * CmdSN.
	 */
	block_size(c);
	return c;
}

/*
 * Checks, for a time in which a write completes many times over, that the target
 * answers only pings.
 */
static void not_answered(struct conn *c)
{
	int i;

	for (i = 0; i < 20; i++) {
		nothing_else(c);
		pause_ms(2);
	}
}

/*
 * Sends up to @n commands ahead of their CmdSN, as the window allows.  Return: how
 * many.
 */
static uint32_t ahead(struct conn *c, uint32_t n)
{
	uint32_t i;

	ping(c);
	for (i = 0; i < n && (int32_t)(c->max_cmdsn - c->cmdsn) >= 0; i++)
		post(c, test_unit_ready(c));
	return i;
}

static void responses(struct conn *c, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		step("waiting for response %u of %u", i + 1, n);
		check(take(c, ISCSI_RESPONSE, ANY_ITT, opt.wait_ms), "%u of %u commands are answered%s%s",
		      i, n, c->ended ? ", the connection ended: " : "", c->ended ? c->how : "");
	}
}

CASE(initiator, "order/fetched", "R-9.5.1-1 R-7.3.6-9",
     "a write ahead of its CmdSN whose last part is fetched waits for its turn")
{
	struct conn *c = unsolicited();
	struct mem *mem = mem_new(c, 65536, WRITE_SOURCE);
	uint32_t lba = free_block(c), sn = gap(c), n;
	struct msg *m[2];

	fill(mem->p, mem->len, 170);
	m[0] = begin(c, mem, 4096);
	m[1] = data_out(c, itt_of(BHS(m[0])), NO_TAG, 0, 4096, mem->p + 4096, 4096, true);
	post_many(c, m, 2);
	not_answered(c);
	n = ahead(c, 40);
	post(c, missing(c, sn));
	expect_good(expect(c, ISCSI_RESPONSE, itt_of(BHS(m[0]))));
	responses(c, n + 1);
	nothing_else(c);
	verify(c, lba, mem->len, 170);
}

/*
 * The target refuses a write ahead of its CmdSN when its Data-Out comes; then the gap
 * is filled.
 */
static void refused(struct conn *c, uint32_t offset, bool fetched)
{
	struct mem *mem = mem_new(c, 8192, WRITE_SOURCE);
	struct msg *m[2];
	uint32_t sn, n;

	block_size(c);
	sn = gap(c);
	m[0] = begin(c, mem, 512);
	if (fetched)
		name_write(m[0], mem->stag, mem->base);
	m[1] = data_out(c, itt_of(BHS(m[0])), NO_TAG, 0, offset, mem->p + 512, 512, false);
	post_many(c, m, 2);
	expect_refusal(c, "this Data-Out is not allowed");
	/* These commands use tags again. */
	n = ahead(c, 100);
	post(c, missing(c, sn));
	responses(c, n + 1);
	nothing_else(c);
	command(c, test_unit_ready(c));
}

CASE(initiator, "order/answered", "R-10.1.4.4-1",
     "a write ahead of its CmdSN is answered early: the gap is filled and none is lost")
{
	refused(session("InitialR2T=Yes"), 512, true);
}

CASE(initiator, "order/rejected", "R-10.1.4.4-1",
     "the same where it is answered by a Reject")
{
	refused(unsolicited(), 65536, false);
}

CASE(initiator, "order/repeated", "R-7.3.3-1",
     "of two writes with the same CmdSN ahead of its turn one is ignored, and a LUN RESET is answered")
{
	struct conn *c = session("");
	struct msg *first, *second, *gap;
	struct mem *mem;
	uint32_t lba;

	block_size(c);
	lba = free_block(c);
	mem = mem_new(c, 4096, WRITE_SOURCE);
	fill(mem->p, 4096, 71);
	c->cmdsn++;
	first = write_blocks(c, lba, mem, 4096);
	c->cmdsn--;
	second = write_blocks(c, lba, mem, 4096);
	c->cmdsn -= 2;
	gap = test_unit_ready(c);
	c->cmdsn++;
	post(c, first);
	post(c, second);
	command(c, gap);
	expect_good(expect(c, ISCSI_RESPONSE, itt_of(BHS(first))));
	ask(c, tmf(c, TMF_LUN_RESET, NO_TAG), ISCSI_TMF_RSP);
	nothing_else(c);
	/* It answers the next command with a unit attention. */
	ask(c, test_unit_ready(c), ISCSI_RESPONSE);
	verify(c, lba, 4096, 71);
}

CASE(initiator, "order/reset-ahead", "R-7.3.3-1",
     "LUN RESET aborts a write that is ahead of its CmdSN: both are answered once the gap is filled")
{
	struct conn *b, *a = session_of_two("", &b), *other = session("");
	struct mem *mem = mem_new(b, 65536, WRITE_SOURCE);
	struct msg *write, *reset, *fill;
	uint32_t sn;
	struct rx *rx;

	block_size(b);
	sn = gap(b);
	/* The rest of the data is to be fetched. */
	write = write_blocks(b, free_block(b), mem, 4096);
	post(b, write);
	ping(b);
	reset = tmf(other, TMF_LUN_RESET, NO_TAG);
	post(other, reset);
	ping(other);
	/* Nothing tells when the reset has come to the write. */
	pause_ms(100);
	fill = missing(a, sn);
	post(a, fill);
	step("waiting for the end of the LUN RESET");
	rx = expect(other, ISCSI_TMF_RSP, itt_of(BHS(reset)));
	check(!rx->bhs[2], "the response to LUN RESET is %u", rx->bhs[2]);
	expect(a, ISCSI_RESPONSE, itt_of(BHS(fill)));
	step("waiting for the answer of the write");
	expect(b, ISCSI_RESPONSE, itt_of(BHS(write)));
	still_serves();
}

CASE(initiator, "gap/never-filled", "R-5.2.2-4",
     "a write waits for a CmdSN that never comes: the connection ends, and a LUN RESET is answered")
{
	struct conn *c = session(""), *other = session("");
	long end = now_ms() + 8000L * opt.slow;
	struct msg *reset;

	block_size(c);
	gap(c);
	post(c, write_blocks(c, free_block(c), mem_new(c, 4096, WRITE_SOURCE), 4096));
	ping(c);
	reset = tmf(other, TMF_LUN_RESET, NO_TAG);
	post(other, reset);
	step("waiting for the end of the connection");
	while (!c->ended && now_ms() < end)
		next_rx(c, 100);
	check(c->ended, "the connection goes on, and holds up the LUN RESET of another");
	expect(other, ISCSI_TMF_RSP, itt_of(BHS(reset)));
	still_serves();
}

CASE(initiator, "gap/one-by-one", "R-5.2.2-4",
     "a write ahead of its CmdSN while one gap after another is filled: the connection ends")
{
	struct conn *c = session(""), *other = session("");
	struct msg *reset;
	uint32_t sn, i;

	block_size(c);
	sn = gap(c);
	for (i = 1; i < 20; i++)
		gap(c);
	post(c, write_blocks(c, free_block(c), mem_new(c, 4096, WRITE_SOURCE), 4096));
	reset = tmf(other, TMF_LUN_RESET, NO_TAG);
	post(other, reset);
	for (i = 0; i < 20 && !c->ended; i++) {
		long end = now_ms() + 1000;

		step("filling gap %u", i);
		post(c, missing(c, sn + i));
		while (!c->ended && now_ms() < end)
			next_rx(c, 100);
	}
	check(c->ended, "the connection goes on, and has held up the LUN RESET of another");
	expect(other, ISCSI_TMF_RSP, itt_of(BHS(reset)));
	still_serves();
}

/* --- responses that are not taken -------------------------------------------- */

/* An initiator that lets the target repeat its Sends without limit takes no more. */
static void takes_no_more(unsigned int pings, bool silent)
{
	struct cm cm = cm_default();
	struct conn *c;
	long end;

	cm.rnr_retry = 7;
	c = session_cm(&cm, "");
	c->hold_recvs = true;
	while (pings--)
		post(c, nop_out(c, true));
	end = now_ms() + 15000L * opt.slow;
	step("waiting for the end of the connection");
	while (!c->ended && now_ms() < end) {
		struct msg *m = nop_out(c, true);
		long next = now_ms() + 1000;

		/* A NOP-Out without a tag has no answer. */
		put32(BHS(m) + 16, NO_TAG);
		if (!silent)
			post(c, m);
		while (!c->ended && now_ms() < next)
			next_rx(c, 100);
	}
	check(c->ended, "the connection goes on");
	still_serves();
}

CASE(initiator, "untaken/talks", "R-5.2.2-4",
     "an initiator takes no responses, and sends NOP-Outs: the connection ends")
{
	takes_no_more(100, false);
}

CASE(initiator, "untaken/all-tags", "R-5.2.2-4",
     "an initiator takes no responses until the target has no tag left: the connection ends")
{
	takes_no_more(200, true);
}

/* --- commands that are unfinished at the end -------------------------------- */

static void left_plain(struct conn *c)
{
	gap(c);
	post(c, test_unit_ready(c));
}

static void left_sense(struct conn *c)
{
	struct msg *m;

	gap(c);
	m = test_unit_ready(c);
	BHS(m)[9] = NOBODY;
	post(c, m);
}

static void left_read(struct conn *c)
{
	gap(c);
	post(c, read_blocks(c, free_block(c), mem_new(c, 4096, READ_SINK)));
}

static void left_immediate(struct conn *c)
{
	gap(c);
	post(c, write_blocks(c, free_block(c), mem_new(c, 4096, WRITE_SOURCE), 4096));
}

static void left_immediate_sense(struct conn *c)
{
	struct msg *m;

	gap(c);
	m = write_blocks(c, free_block(c), mem_new(c, 4096, WRITE_SOURCE), 4096);
	BHS(m)[9] = NOBODY;
	post(c, m);
}

static void left_fetched(struct conn *c)
{
	struct mem *mem = mem_new(c, 65536, WRITE_SOURCE);
	struct msg *m;

	gap(c);
	m = begin(c, mem, 4096);
	post(c, m);
	post(c, data_out(c, itt_of(BHS(m)), NO_TAG, 0, 4096, mem->p + 4096, 4096, true));
}

static void left_no_data(struct conn *c)
{
	gap(c);
	post(c, begin(c, mem_new(c, 8192, WRITE_SOURCE), 512));
}

static void left_in_turn_no_data(struct conn *c)
{
	post(c, begin(c, mem_new(c, 8192, WRITE_SOURCE), 512));
	post(c, begin(c, mem_new(c, 8192, WRITE_SOURCE), 0));
}

static void left_refused(struct conn *c)
{
	struct mem *mem = mem_new(c, 8192, WRITE_SOURCE);
	struct msg *m;

	gap(c);
	m = begin(c, mem, 512);
	post(c, m);
	post(c, data_out(c, itt_of(BHS(m)), NO_TAG, 0, 65536, mem->p + 512, 512, false));
}

static void left_tmf(struct conn *c)
{
	gap(c);
	post(c, in_order(c, tmf(c, TMF_LUN_RESET, NO_TAG)));
	post(c, in_order(c, tmf(c, TMF_ABORT_TASK, 0x77777777)));
}

static void left_tmf_nobody(struct conn *c)
{
	struct msg *m;

	gap(c);
	m = in_order(c, tmf(c, TMF_LUN_RESET, NO_TAG));
	BHS(m)[9] = NOBODY;
	post(c, m);
}

static void left_others(struct conn *c)
{
	gap(c);
	post(c, nop_out(c, false));
	post(c, send_targets(c));
}

static void left_logout(struct conn *c)
{
	gap(c);
	post(c, in_order(c, logout_request(c, 0)));
}

static void left_aborted(struct conn *c)
{
	struct msg *m = begin(c, mem_new(c, 8192, WRITE_SOURCE), 512);

	post(c, m);
	post(c, tmf(c, TMF_ABORT_TASK, itt_of(BHS(m))));
}

static void left_aborted_ahead(struct conn *c)
{
	struct msg *m;

	gap(c);
	m = write_blocks(c, free_block(c), mem_new(c, 4096, WRITE_SOURCE), 4096);
	post(c, m);
	post(c, tmf(c, TMF_ABORT_TASK, itt_of(BHS(m))));
}

static void left_reset_ahead(struct conn *c)
{
	left_fetched(c);
	left_no_data(c);
	post(c, tmf(c, TMF_LUN_RESET, NO_TAG));
}

static void left_at_work(struct conn *c)
{
	struct mem *out = mem_new(c, 65536, WRITE_SOURCE), *in = mem_new(c, 65536, READ_SINK);
	struct msg *m[8];
	int i;

	for (i = 0; i < 8; i++)
		m[i] = i & 1 ? write_blocks(c, free_block(c), out, 0) :
			read_blocks(c, free_block(c), in);
	post_many(c, m, 8);
}

static const struct {
	const char *name;
	void (*leave)(struct conn *c);
} states[] = {
	{ "ahead", left_plain },
	{ "ahead, with sense", left_sense },
	{ "a read ahead", left_read },
	{ "ahead, with immediate data", left_immediate },
	{ "ahead, with immediate data and sense", left_immediate_sense },
	{ "ahead, all data there, the last by an RDMA Read", left_fetched },
	{ "ahead, a Data-Out missing", left_no_data },
	{ "in turn, Data-Out missing", left_in_turn_no_data },
	{ "ahead, answered by a Reject", left_refused },
	{ "task management ahead", left_tmf },
	{ "task management ahead, of no LUN", left_tmf_nobody },
	{ "a ping and a Text Request ahead", left_others },
	{ "a Logout ahead", left_logout },
	{ "aborted, a Data-Out missing", left_aborted },
	{ "aborted, ahead", left_aborted_ahead },
	{ "reset, ahead", left_reset_ahead },
	{ "in the hands of the backend", left_at_work },
};

#define STATES	(sizeof(states) / sizeof(states[0]))

/* When a ping is answered, the target has seen all that was sent before it. */
static void seen(struct conn *c)
{
	ping(c);
	c->queue = NULL;
}

/* The same initiator logs in again: the new session takes the place of that of @c. */
static void again(struct conn *c, const char *state)
{
	struct conn *next = conn_open(NULL);

	step("logging in again after '%s'", state);
	memcpy(next->isid, c->isid, sizeof(next->isid));
	login(next, NO);
	ping(next);
	conn_close(next);
}

CASE(initiator, "left/lost", "R-5.2.2-4 R-5.2.3.2-1",
     "a connection is lost with a command in each state: its initiator logs in again")
{
	unsigned int i;

	for (i = 0; i < STATES; i++) {
		struct conn *c = unsolicited();

		step("%s", states[i].name);
		states[i].leave(c);
		seen(c);
		conn_close(c);
		again(c, states[i].name);
	}
}

CASE(initiator, "left/logout", "R-5.2.2-4 R-5.2.2-3",
     "a Logout leaves a command behind in each state: the connection ends, the next login works")
{
	unsigned int i;

	for (i = 0; i < STATES; i++) {
		struct conn *c = unsolicited();

		/* An initiator may not send another Logout after one. */
		if (states[i].leave == left_logout)
			continue;
		states[i].leave(c);
		seen(c);
		step("Logout with '%s'", states[i].name);
		ask(c, logout_request(c, 0), ISCSI_LOGOUT_RSP);
		while (!c->ended && next_rx(c, opt.wait_ms))
			;
		check(c->ended, "the connection goes on after '%s'", states[i].name);
		again(c, states[i].name);
	}
}

CASE(initiator, "left/reinstated", "R-5.2.2-4",
     "a session with a command in each state is reinstated")
{
	unsigned int i;

	for (i = 0; i < STATES; i++) {
		struct conn *c = unsolicited();

		states[i].leave(c);
		seen(c);
		again(c, states[i].name);
		while (!c->ended && next_rx(c, opt.wait_ms))
			;
		check(c->ended, "the connection goes on beside '%s'", states[i].name);
		conn_close(c);
	}
}

CASE(initiator, "left/until-the-end", "R-5.2.2-4",
     "sessions with a command in each state, until the target ends them")
{
	struct conn *c[STATES];
	unsigned int i;

	for (i = 0; i < STATES; i++) {
		c[i] = unsolicited();
		states[i].leave(c[i]);
		seen(c[i]);
	}
	note("ready");
	step("waiting for the end of %u sessions", (unsigned int)STATES);
	/* It may say so before. */
	while (!c[0]->ended && next_rx(c[0], opt.wait_ms))
		;
	if (!c[0]->ended)
		skip("nobody has switched the portal group off");
	for (i = 0; i < STATES; i++) {
		while (!c[i]->ended && next_rx(c[i], opt.wait_ms))
			;
		check(c[i]->ended, "the connection goes on with '%s'", states[i].name);
	}
}

/* --- writes that outlive their session --------------------------------------- */

/* How long one write takes, in ms. */
static unsigned int write_time(struct conn *c, uint32_t block, struct mem *out)
{
	long start = now_ms();

	ask(c, write_blocks(c, block, out, 0), ISCSI_RESPONSE);
	return now_ms() - start;
}

/*
 * Ends a session whose connection @c has a write at the backend, and comes back: a
 * write of the new session must not be run before the old one.  After a Logout,
 * open-iscsi comes back with another ISID.
 */
static void outlives(struct conn *c, struct conn *lost)
{
	struct conn *next;
	struct mem *out = mem_new(c, 4096, WRITE_SOURCE);
	uint32_t block = free_block(c);
	unsigned int alone = write_time(c, block, out), took;
	long start;

	if (alone < 1000)
		skip("a write takes %u ms, which is too short", alone);
	start = now_ms();
	post(c, write_blocks(c, block, out, 0));
	seen(c);
	if (lost)
		conn_close(lost);
	else
		post(c, logout_request(c, 0));
	step("waiting for the end of the session");
	while (!c->ended && next_rx(c, 2 * alone))
		;
	check(c->ended, "the connection goes on");
	next = conn_open(NULL);
	memcpy(next->isid, c->isid, sizeof(next->isid));
	if (!lost)
		next->isid[5]++;
	step("logging in again");
	login(next, "");
	took = now_ms() - start;
	check(took >= alone / 4 * 3,
	      "the next session began %u ms after a write that takes %u", took, alone);
	ping(next);
}

CASE(initiator, "left/other-lost", "R-5.2.2-4",
     "a connection is lost, another has a write at the backend: the next session begins after it")
{
	struct conn *other, *c = session_of_two("", &other);

	other->cmdsn = c->cmdsn;
	outlives(other, c);
}

CASE(initiator, "left/logged-out", "R-5.2.2-4",
     "a session is logged out with a write at the backend: the next one begins after the write")
{
	outlives(session(""), NULL);
}

/*
 * Logs out, on @by, a connection @c with a write at the backend: an initiator may rely on
 * the response, and write to the same block elsewhere.
 */
static void logged_out(struct conn *c, struct conn *by, uint8_t reason)
{
	struct mem *out = mem_new(c, 4096, WRITE_SOURCE);
	uint32_t block = free_block(c);
	unsigned int alone = write_time(c, block, out), took;
	struct msg *m;
	long start;

	if (alone < 1000)
		skip("a write takes %u ms, which is too short", alone);
	start = now_ms();
	post(c, write_blocks(c, block, out, 0));
	seen(c);
	by->cmdsn = c->cmdsn;
	m = logout_of(by, reason, c->cid);
	post(by, m);
	step("waiting for the Logout Response");
	check(take(by, ISCSI_LOGOUT_RSP, itt_of(BHS(m)), 3 * alone), "the Logout is not answered");
	took = now_ms() - start;
	check(took >= alone / 4 * 3,
	      "the Logout was answered after %u ms, amid a write that takes %u", took, alone);
	wait_end(c, "logged out");
}

CASE(initiator, "left/answered-own", "R-5.2.2-4",
     "a connection logs out with a write at the backend: the response comes after the write")
{
	struct conn *c = session("");

	logged_out(c, c, 1);
}

CASE(initiator, "left/answered-session", "R-5.2.2-4",
     "one of two connections logs the session out, the other has a write at the backend: likewise")
{
	struct conn *other, *c = session_of_two("", &other);

	other->cmdsn = c->cmdsn;
	logged_out(other, c, 0);
}

CASE(initiator, "left/answered-other", "R-5.2.2-4",
     "one of two connections logs the other out, which has a write at the backend: likewise")
{
	struct conn *other, *c = session_of_two("", &other);

	other->cmdsn = c->cmdsn;
	logged_out(other, c, 1);
	still_serves();
}

/*
 * The disk executes one write at a time, so that those of the second connection take longer
 * than a target may wait for them.
 */
CASE(initiator, "left/answered-turn", "R-5.2.2-4",
     "two of three connections are logged out, the first amid writes that take too long: the other is closed in good order")
{
	struct conn *c[3];
	struct mem *out;
	struct msg *m[2];
	unsigned int alone, i;
	struct rx *rx;

	session_of(c, 3, "");
	c[1]->cmdsn = c[0]->cmdsn;
	out = mem_new(c[1], 4096, WRITE_SOURCE);
	alone = write_time(c[1], free_block(c[1]), out);
	if (alone < 1000)
		skip("a write takes %u ms, which is too short", alone);
	for (i = 0; i <= 14000 / alone; i++)
		post(c[1], write_blocks(c[1], free_block(c[1]), out, 0));
	seen(c[1]);
	c[0]->cmdsn = c[1]->cmdsn;
	for (i = 0; i < 2; i++) {
		m[i] = logout_of(c[0], 1, c[i + 1]->cid);
		post(c[0], m[i]);
	}
	step("waiting for the first Logout Response");
	rx = take(c[0], ISCSI_LOGOUT_RSP, itt_of(BHS(m[0])), 30000 * opt.slow);
	check(rx, "the first Logout is not answered");
	if (!rx->bhs[2])
		skip("the target has waited for the writes");
	step("waiting for the second Logout Response");
	rx = take(c[0], ISCSI_LOGOUT_RSP, itt_of(BHS(m[1])), 30000 * opt.slow);
	check(rx, "the second Logout is not answered");
	check(!rx->bhs[2], "the response is %u: it did not wait for its connection to close",
	      rx->bhs[2]);
	wait_end(c[2], "logged out");
}

/* --- a session that ends while a connection joins it ------------------------ */

/*
 * The first connection breaks a rule @us microseconds before the other one sends its
 * Login Request.
 */
static void join_and_end(int us)
{
	struct conn *first = session("MaxConnections=2"), *c;
	struct msg *m = nop_out(first, true);
	struct text t;
	struct rx *rx;

	if (strcmp(answer(first, "MaxConnections") ?: "1", "2"))
		skip("the target answers MaxConnections=%s", answer(first, "MaxConnections"));
	/* The message is shorter than its lengths say. */
	add_data(m, NULL, 100);
	m->len -= 60;
	c = conn_joining(first, first->cid + 1);
	text_default(&t, FURTHER);
	post(first, m);
	usleep(us);
	post(c, login_pdu(c, 1, 3, &t));
	rx = next_rx(c, opt.wait_ms);
	check(rx || c->ended, "a login is not answered, and does not end");
	note("%d us: %s, status %04x", us, rx ? "answered" : "ended", rx ? login_status(rx) : 0);
	if (rx && !login_status(rx) && (rx->bhs[1] & 0x83) == 0x83) {
		c->full = true;
		post(c, test_unit_ready(c));
		check(take(c, ISCSI_RESPONSE, ANY_ITT, opt.wait_ms) || c->ended,
		      "a command is not answered, and the connection does not end");
	}
	conn_close(c);
	conn_close(first);
}

/*
 * A login takes the place of a session of two connections with writes under way.  With
 * @leave the second one goes at that moment.
 */
static void taken_over(bool leave)
{
	struct conn *second, *first = session_of_two("", &second), *c;
	struct mem *mem = mem_new(first, 131072, WRITE_SOURCE);
	uint32_t lba;
	struct text t;
	struct rx *rx;
	int i;

	block_size(first);
	lba = free_block(first);
	for (i = 0; i < 8; i++)
		post(first, write_blocks(first, lba, mem, 0));
	c = conn_open(NULL);
	memcpy(c->isid, first->isid, sizeof(c->isid));
	text_default(&t, "");
	post(c, login_pdu(c, 1, 3, &t));
	if (leave)
		conn_close(second);
	rx = next_rx(c, 2 * opt.wait_ms);
	check(rx && !login_status(rx), "the login is not answered, or refused");
	wait_end(first, "its session was taken over");
	conn_close(second);
	conn_close(c);
}

CASE(initiator, "order/taken-over", "R-5.2.3.2-1",
     "a login takes the place of a session of two connections with writes under way, 4 times")
{
	int i;

	for (i = 0; i < 4; i++)
		taken_over(false);
	still_serves();
}

CASE(initiator, "order/joined-at-the-end", "R-5.2.2-4",
     "a connection joins a session whose other one ends: it has a session, or is refused")
{
	int i;

	for (i = 0; i < 8; i++)
		join_and_end(i * 1000 * opt.slow);
	still_serves();
}
