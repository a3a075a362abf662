// SPDX-License-Identifier: GPL-2.0-only
/* Rounds of a random target, while open-iscsi reads and writes. */
#include "../as-target/target.h"
#include "serve.h"

#define LOGINS_MOST	8	/* in a round; siw allows a process about thirty */
#define KEYS		"DefaultTime2Wait=0"

struct server server;

static const struct operation operations[] = {
	{ "command that is served", 40, op_serve },
	{ "all held commands, last first", 8, op_serve_all },
	{ "late answer", 4, op_wait },
	{ "missing answer", 1, op_missing },
	{ "answer without the data", 2, op_no_data },
	{ "two answers", 2, op_twice },
	{ "wrong Initiator Task Tag", 1, op_wrong_itt },
	{ "wrong StatSN", 2, op_wrong_statsn },
	{ "wrong status", 4, op_wrong_status },
	{ "CHECK CONDITION", 4, op_sense },
	{ "wrong residual", 3, op_residual },
	{ "wrong opcode", 1, op_wrong_opcode },
	{ "answer with flipped bits", 1, op_flipped_bits },
	{ "answer of another length", 1, op_short_response },
	{ "wrong invalidation", 1, op_invalidate },
	{ "Asynchronous Message", 2, op_async },
	{ "Reject", 2, op_reject },
	{ "NOP-In", 6, op_nop_in },
	{ "answer to no request", 2, op_stranger },
	{ "task management with an answer of any kind", 3, op_tmf_response },
	{ "task management without an answer", 1, op_tmf_silent },
	{ "ping without an answer", 1, op_nop_silent },
	{ "connection that is closed", 1, op_target_closes },
	{ "queue pair in its error state", 1, op_target_dies },
};

bool may_end(void)
{
	return server.logins < LOGINS_MOST;
}

/* Waits until the initiator has logged in again, which it must do by itself. */
static void up_again(void)
{
	struct conn *c;
	int tries;

	for (tries = 0; tries < 10; tries++) {
		struct rx *rx;

		conn_close(server.c);
		server.nr_held = 0;
		server.logins++;
		/* The initiator may have given up its attempt meanwhile, and starts another. */
		do
			c = conn_next(NULL, 1000);
		while (!c);
		server.c = c;
		while ((rx = next_rx(server.c, 2 * opt.wait_ms)) && rx->opcode == ISCSI_LOGIN) {
			if (!serve_login_request(server.c, rx, KEYS))
				continue;
			tally("logins again");
			did("logged in again");
			return;
		}
	}
	fail("ten logins were begun, none was finished");
}

static void answer_tmf(const struct rx *rx)
{
	struct msg *m = reply(server.c, rx, ISCSI_TMF_RSP);

	did("task management %u: %d", rx->bhs[1] & 0x7f, server.tmf_silent ? -2 :
	    server.tmf_response);
	if (server.tmf_response >= 0)
		BHS(m)[2] = server.tmf_response;
	if (!server.tmf_silent)
		post(server.c, m);
	else
		server.c->exp_statsn--;
	server.tmf_silent = false;
	server.tmf_response = -1;
}

static void sort(struct rx *rx)
{
	uint8_t operation = rx->bhs ? rx->bhs[32] & 0x1f : 0;

	if (rx->opcode != NO_PDU)
		tally("%s came", opcode_name(rx->opcode));
	if (rx->opcode == ISCSI_COMMAND && (operation == 0x08 || operation == 0x0a) &&
	    server.nr_held < HELD)
		server.held[server.nr_held++] = rx;
	else if (rx->opcode == ISCSI_TMF)
		answer_tmf(rx);
	else if (rx->opcode == ISCSI_NOP_OUT && server.nop_silent)
		server.nop_silent = false;
	else
		serve_pdu(server.c, rx);
}

void receive_for(int ms)
{
	long end = now_ms() + (long)ms * opt.slow;

	do {
		struct rx *rx = next_rx(server.c, 1);

		if (rx)
			sort(rx);
		else if (server.c->ended && !server.over)
			up_again();
	} while (now_ms() < end);
}

struct rx *take_held(void)
{
	return server.nr_held ? server.held[--server.nr_held] : NULL;
}

void serve_right(struct rx *rx)
{
	serve_pdu(server.c, rx);
}

struct msg *good_response(struct rx *rx)
{
	uint32_t lba = get32(rx->bhs + 34), len = edtl_of(rx);
	bool read = rx->b[0] & ISER_RSV;

	if (rx->b[0] & (ISER_RSV | ISER_WSV) && lba < 16384 && len <= 4194304)
		rdma_op(server.c, read ? IBV_WR_RDMA_WRITE : IBV_WR_RDMA_READ, disk_mr(server.c),
			disk + lba * BLOCK, read ? len : len - rx->data_len, base_of(rx),
			stag_of(rx));
	return response(server.c, rx, len, 0);
}

/* Starts reads and writes at the initiator, if none are outstanding. */
static void keep_busy(void)
{
	unsigned int n;

	if (drive_wait(0) < 0)
		return;
	for (n = 1 + roll(3); n; n--)
		drive_also("%s %u %u", one_in(2) ? "read" : "write", roll(8000),
			   one_in(2) ? 8 * (1 + roll(16)) : 2048 * (1 + roll(3)));
}

/*
 * From here on the target answers everything correctly.  The commands of the initiator
 * end, with or without success.
 */
static void behave(void)
{
	long end = now_ms() + 20L * opt.wait_ms * opt.slow;

	server.tmf_response = -1;
	server.tmf_silent = false;
	server.nop_silent = false;
	step("serving correctly until the initiator's commands have ended");
	while (drive_wait(0) < 0) {
		struct rx *rx = take_held();

		if (rx)
			serve_right(rx);
		else
			receive_for(2);
		check(now_ms() < end, "a command of the initiator does not end");
	}
}

static void must(const char *what)
{
	drive("%s", what);
	behave();
	check(!drive_wait(0), "'%s' fails: %s", what, drive_said());
}

static void check_initiator(void)
{
	uint32_t seed = roll(1000000);
	char words[128];

	did("a target that does everything right");
	/* After one fault after another error handling may have set the disk offline. */
	must("online");
	fill(disk + LBA * BLOCK, 65536, seed);
	snprintf(words, sizeof(words), "read %u 128 %s", LBA, scratch());
	must(words);
	scratch_expect(65536, seed);
	scratch_fill(65536, seed + 1);
	snprintf(words, sizeof(words), "write %u 128 %s", LBA, scratch());
	must(words);
	expect_fill(disk + LBA * BLOCK, 65536, seed + 1, 0, "what was written");
	/* After the logout the initiator does not connect again. */
	server.over = true;
	must("logout");
}

static void round_of_target(void)
{
	unsigned int n = 20 + roll(40), i;

	server.tmf_response = -1;
	server.c = up_with(NULL, KEYS, "node.session.timeo.replacement_timeout=60 "
			  "node.session.iscsi.DefaultTime2Wait=0 "
			  "node.conn[0].timeo.noop_out_interval=2 "
			  "node.conn[0].timeo.noop_out_timeout=4 "
			  "node.session.err_timeo.abort_timeout=1 "
			  "node.session.err_timeo.lu_reset_timeout=1 "
			  "node.session.err_timeo.tgt_reset_timeout=1");
	must("timeout 1");
	for (i = 1; i <= n; i++) {
		keep_busy();
		receive_for(5);
		operate(i);
	}
	dice_for(0xffff);
	behave();
	check_initiator();
}

const struct random_role random_target = {
	.operations = operations,
	.count = sizeof(operations) / sizeof(operations[0]),
	.enough = 24,
	.round = round_of_target,
};
