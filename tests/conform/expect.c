// SPDX-License-Identifier: GPL-2.0-only
/* What an initiator expects of the target. */
#include "conform.h"

/*
 * Checks StatSN and window, handles unsolicited NOP-In.  False: the message needs no
 * more.
 */
static bool account(struct conn *c, struct rx *rx)
{
	uint32_t statsn;

	if (opt.role == target || !c->full || !rx->bhs)
		return true;
	statsn = get32(rx->bhs + 24);
	c->exp_cmdsn = get32(rx->bhs + 28);
	c->max_cmdsn = get32(rx->bhs + 32);
	if (rx->opcode == ISCSI_NOP_IN && itt_of(rx->bhs) == NO_TAG) {
		c->pings++;
		if (c->keep_pings)
			return true;
		if (get32(rx->bhs + 20) != NO_TAG) {
			struct msg *m = pdu(c, ISCSI_NOP_OUT | IMMEDIATE);

			put32(BHS(m) + 16, NO_TAG);
			memcpy(BHS(m) + 20, rx->bhs + 20, 4);
			memcpy(BHS(m) + 8, rx->bhs + 8, 8);
			post(c, m);
		}
		return false;
	}
	if (statsn != c->exp_statsn)
		c->sn_faults++;
	if (!c->frozen)
		c->exp_statsn = statsn + 1;
	return true;
}

struct rx *next_pdu(struct conn *c, int ms)
{
	struct rx *rx = next_rx(c, ms);

	while (rx && !rx->accounted && !account(c, rx))
		rx = next_rx(c, 0);
	return rx;
}

struct rx *take(struct conn *c, uint8_t opcode, uint64_t itt, int ms)
{
	long end = now_ms() + (long)ms * opt.slow;
	struct rx *kept = NULL, **last = &kept, *rx;

	for (;;) {
		rx = next_rx(c, 0);
		if (rx && (rx->accounted || account(c, rx))) {
			rx->accounted = true;
			if (rx->opcode == opcode &&
			    (itt == ANY_ITT || (rx->bhs && itt_of(rx->bhs) == itt)))
				break;
			*last = rx;
			last = &rx->next;
		}
		if (rx)
			continue;
		if (c->ended || now_ms() >= end)
			break;
		usleep(100);
	}
	*last = c->queue;
	c->queue = kept;
	return rx;
}

struct rx *expect(struct conn *c, uint8_t opcode, uint64_t itt)
{
	struct rx *rx;

	step("waiting for %s", opcode_name(opcode));
	rx = take(c, opcode, itt, opt.wait_ms);
	if (rx)
		return rx;
	if (c->queue && c->queue->opcode == ISCSI_REJECT)
		fail("a Reject with reason %02x came, no %s", c->queue->bhs[2],
		     opcode_name(opcode));
	if (c->queue)
		note("%s came", opcode_name(c->queue->opcode));
	if (c->ended)
		fail("the connection ended (%s), no %s came", c->how, opcode_name(opcode));
	fail("no %s came within %d ms", opcode_name(opcode), opt.wait_ms * opt.slow);
}

struct rx *ask(struct conn *c, struct msg *m, uint8_t opcode)
{
	post(c, m);
	return expect(c, opcode, itt_of(BHS(m)));
}

struct rx *expect_reject(struct conn *c, uint8_t reason)
{
	struct rx *rx = expect(c, ISCSI_REJECT, ANY_ITT);

	check(rx->bhs[2] == reason, "the reason of the Reject is %02x, not %02x",
	      rx->bhs[2], reason);
	check(itt_of(rx->bhs) == NO_TAG, "the ITT of the Reject is %08x, not ffffffff",
	      itt_of(rx->bhs));
	check(rx->data_len >= BHS_LEN, "the Reject has %u bytes of data: no header", rx->data_len);
	return rx;
}

void expect_good(const struct rx *rx)
{
	check(!rx->bhs[2] && !rx->bhs[3], "the response is %02x, the status %02x",
	      rx->bhs[2], rx->bhs[3]);
	check(!(rx->bhs[1] & 6), "a residual of %u", get32(rx->bhs + 44));
}

void expect_sense(const struct rx *rx, const char *what)
{
	check(!rx->bhs[2] && rx->bhs[3] == 2, "%s: response %02x, status %02x, no CHECK CONDITION",
	      what, rx->bhs[2], rx->bhs[3]);
	check(rx->data_len >= 10 && get16(rx->data) >= 8, "%s: no sense data", what);
}

struct rx *command(struct conn *c, struct msg *m)
{
	struct rx *rx = ask(c, m, ISCSI_RESPONSE);

	expect_good(rx);
	return rx;
}

void ping(struct conn *c)
{
	ask(c, nop_out(c, true), ISCSI_NOP_IN);
}

void nothing_else(struct conn *c)
{
	ping(c);
	if (c->queue)
		fail("%s came, which nothing asked for", opcode_name(c->queue->opcode));
}

void expect_end(struct conn *c, const char *why)
{
	long end = now_ms() + (long)opt.wait_ms * opt.slow;

	step("waiting for the end of the connection: %s", why);
	do {
		struct rx *rx = next_rx(c, 20);

		if (!rx)
			continue;
		if (account(c, rx) && rx->opcode != ISCSI_REJECT && rx->opcode != ISCSI_ASYNC)
			fail("%s came: the connection should have ended (%s)",
			     opcode_name(rx->opcode), why);
		note("%s came", opcode_name(rx->opcode));
	} while (!c->ended && now_ms() < end);
	check(c->ended, "the connection goes on: %s", why);
	conn_close(c);
}

void wait_end(struct conn *c, const char *what)
{
	step("waiting for the end: %s", what);
	while (!c->ended && next_rx(c, opt.wait_ms))
		;
	check(c->ended, "the connection goes on: %s", what);
	conn_close(c);
}

void expect_refusal(struct conn *c, const char *why)
{
	/*
	 * A target that waits for data may end the connection only when its timer runs
	 * out.
	 */
	long end = now_ms() + 2L * opt.wait_ms * opt.slow;

	step("waiting for a refusal: %s", why);
	while (!c->ended && now_ms() < end) {
		struct rx *rx = next_rx(c, 20);

		if (!rx || !account(c, rx))
			continue;
		if (rx->opcode == ISCSI_REJECT ||
		    (rx->opcode == ISCSI_RESPONSE && (rx->bhs[2] || rx->bhs[3])))
			return;
		fail("%s came: it was taken (%s)", opcode_name(rx->opcode), why);
	}
	check(c->ended, "neither a refusal nor the end: %s", why);
}

void still_serves(void)
{
	struct conn *c = session("");

	ping(c);
	conn_close(c);
}

void verify(struct conn *c, uint32_t lba, uint32_t len, uint32_t seed)
{
	struct mem *m = mem_new(c, len, READ_SINK);

	command(c, read_blocks(c, lba, m));
	expect_fill(m->p, len, seed, 0, "read back");
	expect_guards(m);
}
