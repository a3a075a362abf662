// SPDX-License-Identifier: GPL-2.0-only
/* Rounds of a random initiator. */
#include "play.h"

static const struct operation operations[] = {
	{ "ping", 6, op_ping },
	{ "Text Request", 2, op_text },
	{ "TEST UNIT READY", 12, op_ready },
	{ "INQUIRY", 4, op_inquiry },
	{ "READ", 24, op_read },
	{ "WRITE", 16, op_write },
	{ "WRITE in parts", 20, op_write_in_parts },
	{ "Data-Out", 16, op_data_out },
	{ "a window of commands", 3, op_many },
	{ "look what has come", 30, op_look },
	{ "ExpStatSN that stays", 2, op_freeze },
	{ "CmdSN that is left out", 8, op_gap },
	{ "CmdSN that fills a gap", 10, op_fill_gap },
	{ "CmdSN that was taken", 3, op_old_cmdsn },
	{ "CmdSN outside the window", 3, op_far_cmdsn },
	{ "LUN that is not there", 6, op_lun },
	{ "random CDB", 4, op_cdb },
	{ "long random CDB", 2, op_long_cdb },
	{ "data length other than the CDB's", 5, op_length },
	{ "wrong STag", 2, op_stag },
	{ "wrong Data-Out", 5, op_burst },
	{ "message of another length", 1, op_short },
	{ "spoilt message", 1, op_spoilt },
	{ "unknown opcode", 2, op_opcode },
	{ "SNACK", 2, op_snack },
	{ "ABORT TASK", 5, op_abort },
	{ "other task management", 3, op_tmf },
	{ "Logout", 2, op_logout },
	{ "Login Request in a session", 1, op_login },
	{ "further connection", 8, op_join },
	{ "session that is taken over", 1, op_reinstate_session },
	{ "connection that is taken over", 1, op_reinstate_conn },
	{ "connection that is closed", 2, op_close },
	{ "queue pair in its error state", 1, op_queue_pair },
};

/* Ends the session that was used, with or without tasks under way. */
static void end(void)
{
	int i;

	switch (roll(4)) {
	case 0:
		tally("rounds that end with all under way");
		break;
	case 1:
		if (op_reinstate_session())
			tally("rounds that end by a take-over");
		bring_to_end();
		break;
	default:
		bring_to_end();
		tally("rounds that end with all answered");
	}
	for (i = 0; i < CONNS; i++) {
		if (play.c[i] && one_in(2))
			ring(play.c[i]);
		if (play.c[i])
			close_conn(play.c[i]);
	}
}

/* Checks what an initiator that breaks no rule finds afterwards. */
static void check_target(void)
{
	uint32_t lba, len = 131072, seed = roll(1000000);
	struct conn *c;
	struct mem *mem;

	did("a session that does everything right");
	c = session("TaggedBufferForSolicitedDataOnly=Yes");
	lba = free_block(c) + SLOTS * (SLOT / block_size(c));
	mem = mem_new(c, len, WRITE_SOURCE);
	fill(mem->p, len, seed);
	command(c, write_blocks(c, lba, mem, opt.like->no_immediate ? 0 : 4096));
	verify(c, lba, len, seed);
	ping(c);
	ask(c, logout_request(c, 0), ISCSI_LOGOUT_RSP);
	conn_close(c);
}

static void round_of_initiator(void)
{
	unsigned int n = 15 + roll(45), i;

	enter(NULL);
	for (i = 1; i <= n; i++) {
		if (!conns()) {
			if (!may_connect())
				break;
			enter(NULL);
		}
		operate(i);
	}
	dice_for(0xffff);
	end();
	check_target();
}

const struct random_role random_initiator = {
	.operations = operations,
	.count = sizeof(operations) / sizeof(operations[0]),
	.enough = 50,
	.round = round_of_initiator,
};
