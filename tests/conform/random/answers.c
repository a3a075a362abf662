// SPDX-License-Identifier: GPL-2.0-only
/* Operations of a random target: correct answers, and others. */
#include "serve.h"

bool op_serve(void)
{
	struct rx *rx = take_held();

	if (!rx)
		return false;
	serve_right(rx);
	return true;
}

bool op_serve_all(void)
{
	struct rx *rx = take_held();

	if (!rx)
		return false;
	for (; rx; rx = take_held())
		serve_right(rx);
	return true;
}

/* Answers the held commands late. */
bool op_wait(void)
{
	if (!server.nr_held)
		return false;
	receive_for(20 + roll(200));
	return true;
}

bool op_missing(void)
{
	struct rx *rx = take_held();

	if (!rx)
		return false;
	did("no answer for task %x", itt_of(rx->bhs));
	return true;
}

bool op_no_data(void)
{
	struct rx *rx = take_held();

	if (!rx)
		return false;
	did("task %x is good without data", itt_of(rx->bhs));
	post(server.c, response(server.c, rx, get32(rx->bhs + 20), 0));
	return true;
}

/* A good response that was changed at one place. */
static struct msg *to_change(const char *what)
{
	struct rx *rx = take_held();

	if (!rx)
		return NULL;
	did("task %x: %s", itt_of(rx->bhs), what);
	return good_response(rx);
}

bool op_twice(void)
{
	struct msg *m = to_change("two responses"), *again[2];

	if (!m)
		return false;
	again[0] = m;
	again[1] = msg_raw(m->b, m->len);
	if (one_in(2))
		put32(BHS(again[1]) + 24, server.c->exp_statsn++);
	post_many(server.c, again, 2);
	return true;
}

bool op_wrong_itt(void)
{
	struct msg *m = to_change("another ITT");

	if (!m)
		return false;
	BHS(m)[16 + roll(4)] ^= 1 << roll(8);
	post(server.c, m);
	return true;
}

bool op_wrong_statsn(void)
{
	struct msg *m = to_change("another StatSN");

	if (!m)
		return false;
	put32(BHS(m) + 24, get32(BHS(m) + 24) + roll(20) - 10);
	post(server.c, m);
	return true;
}

bool op_wrong_status(void)
{
	static const uint8_t status[] = { 0x02, 0x04, 0x08, 0x10, 0x18, 0x28, 0x30, 0x40, 0xff };
	struct msg *m = to_change("another status");

	if (!m)
		return false;
	if (one_in(3))
		BHS(m)[2] = roll(256);
	else
		BHS(m)[3] = status[roll(sizeof(status))];
	post(server.c, m);
	return true;
}

/* ILLEGAL REQUEST is left out: sd would not use that command again. */
bool op_sense(void)
{
	static const uint8_t sense[][3] = {
		{ 3, 0x11, 4 },		/* MEDIUM ERROR */
		{ 4, 0x44, 0 },		/* HARDWARE ERROR */
		{ 6, 0x29, 0 },		/* UNIT ATTENTION */
		{ 11, 0x47, 0 },	/* ABORTED COMMAND */
	};
	const uint8_t *one = sense[roll(4)];
	struct rx *rx = take_held();
	struct msg *m;

	if (!rx)
		return false;
	did("sense %x for task %x", one[0], itt_of(rx->bhs));
	m = response(server.c, rx, 0, 2);
	/* The sense data follow two bytes of length. */
	DATA(m)[4] = one[0];
	DATA(m)[14] = one[1];
	DATA(m)[15] = one[2];
	post(server.c, m);
	return true;
}

bool op_residual(void)
{
	struct msg *m = to_change("a residual");

	if (!m)
		return false;
	BHS(m)[1] |= one_in(2) ? 2 : 4;
	put32(BHS(m) + 44, one_in(2) ? roll(8192) : 0xffffffff - roll(10));
	post(server.c, m);
	return true;
}

bool op_wrong_opcode(void)
{
	struct msg *m = to_change("another opcode");

	if (!m)
		return false;
	BHS(m)[0] = 0x20 + roll(32);
	post(server.c, m);
	return true;
}

bool op_flipped_bits(void)
{
	struct msg *m = to_change("flipped bits");
	unsigned int bits = 1 + roll(3);

	if (!m)
		return false;
	for (; bits; bits--)
		m->b[roll(MSG_MIN)] ^= 1 << roll(8);
	post(server.c, m);
	return true;
}

bool op_short_response(void)
{
	struct msg *m = to_change("of another length");

	if (!m)
		return false;
	m->len = one_in(2) ? roll(m->len) : m->len + 4 * (1 + roll(50));
	post(server.c, m);
	return true;
}

/* Invalidates an STag of another task, or of no task. */
bool op_invalidate(void)
{
	struct msg *m;
	struct rx *other;
	uint32_t stag = roll(0x1000000) << 8;

	if (server.nr_held > 1 && one_in(2)) {
		other = server.held[server.nr_held - 1];
		stag = get32(other->b + (other->b[0] & ISER_RSV ? 16 : 4));
	}
	m = to_change("another STag is invalidated");
	if (!m)
		return false;
	m->invalidate = stag;
	post(server.c, m);
	return true;
}

bool op_async(void)
{
	static const uint8_t events[] = { 0, 1, 2, 3, 4, 255 };
	struct msg *m;

	if (!may_end())
		return false;
	m = reply(server.c, NULL, ISCSI_ASYNC);
	BHS(m)[36] = one_in(6) ? roll(256) : events[roll(6)];
	put16(BHS(m) + 38, roll(2));
	put16(BHS(m) + 40, roll(2));
	put16(BHS(m) + 42, roll(2));
	if (!BHS(m)[36] && one_in(2))
		add_data(m, NULL, 4 * (1 + roll(16)));
	did("Asynchronous Message %u", BHS(m)[36]);
	post(server.c, m);
	return true;
}

/* Rejects a held command, or a header of zeros. */
bool op_reject(void)
{
	struct msg *m = reply(server.c, NULL, ISCSI_REJECT);
	struct rx *rx = one_in(2) ? take_held() : NULL;
	uint8_t header[BHS_LEN] = { 0 };

	BHS(m)[2] = one_in(4) ? roll(256) : 1 + roll(12);
	if (rx)
		memcpy(header, rx->bhs, BHS_LEN);
	add_data(m, header, one_in(8) ? 4 * roll(12) : BHS_LEN);
	did("Reject, reason %u, of task %x", BHS(m)[2], itt_of(header));
	post(server.c, m);
	return true;
}

bool op_nop_in(void)
{
	struct msg *m = reply(server.c, NULL, ISCSI_NOP_IN);

	if (one_in(2))
		put32(BHS(m) + 20, 1 + roll(1000));
	/* libiscsi ends the connection if a NOP-In has data it did not ask for. */
	if (may_end() && one_in(6))
		add_data(m, NULL, 4 * (1 + roll(20)));
	post(server.c, m);
	return true;
}

/* Answers a request that does not exist. */
bool op_stranger(void)
{
	static const uint8_t opcodes[] = {
		ISCSI_NOP_IN, ISCSI_RESPONSE, ISCSI_TMF_RSP, ISCSI_LOGIN_RSP, ISCSI_TEXT_RSP,
		ISCSI_DATA_IN, ISCSI_LOGOUT_RSP, ISCSI_R2T,
	};
	struct msg *m = reply(server.c, NULL, opcodes[roll(sizeof(opcodes))]);

	put32(BHS(m) + 16, roll(200) | roll(8) << 28);
	did("%s without a request", opcode_name(BHS(m)[0]));
	post(server.c, m);
	return true;
}

bool op_tmf_response(void)
{
	server.tmf_response = one_in(4) ? roll(256) : roll(7);
	return true;
}

bool op_tmf_silent(void)
{
	server.tmf_silent = true;
	return true;
}

bool op_nop_silent(void)
{
	server.nop_silent = true;
	return true;
}

bool op_target_closes(void)
{
	if (!may_end())
		return false;
	did("the target closes");
	conn_close(server.c);
	return true;
}

bool op_target_dies(void)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_ERR };

	if (!may_end())
		return false;
	did("the target's queue pair to its error state");
	ibv_modify_qp(server.c->id->qp, &attr, IBV_QP_STATE);
	pause_ms(roll(50));
	conn_close(server.c);
	return true;
}
