// SPDX-License-Identifier: GPL-2.0-only
/* What the target does wrong, once, when a command is on the block: MODE. */
#include "target.h"

static void verdict(enum ibv_wc_status status)
{
	if (status == IBV_WC_SUCCESS)
		printf("%s accepted\n", opt.mode);
	else if (status == IBV_WC_REM_ACCESS_ERR || status == IBV_WC_REM_OP_ERR ||
		 status == IBV_WC_REM_INV_REQ_ERR || status == IBV_WC_WR_FLUSH_ERR ||
		 status == IBV_WC_LOC_QP_OP_ERR)
		printf("%s refused\n", opt.mode);
	else
		printf("%s ended: %s\n", opt.mode, ibv_wc_status_str(status));
}

/* Uses the STag of a command for @opcode, from connection @c. */
static void try_stag(struct conn *c, const struct command *cmd, enum ibv_wr_opcode opcode)
{
	uint32_t stag = cmd->read_stag ? cmd->read_stag : cmd->write_stag;
	uint64_t base = cmd->read_stag ? cmd->read_base : cmd->write_base;
	enum ibv_wc_status status;

	/* What an RDMA Read brings must not reach the disk. */
	status = rdma(c, opcode, opcode == IBV_WR_RDMA_READ ? aside : disk + opt.trigger * BLOCK,
		      BLOCK, base, stag);
	/*
	 * An iWARP write completes when it has left: the next Send shows whether it was
	 * refused.
	 */
	if (status == IBV_WC_SUCCESS &&
	    c->id->verbs->device->transport_type == IBV_TRANSPORT_IWARP) {
		usleep(300000);
		pdu(c, 0x20, 0xffffffff);
		status = send_pdu(c, 0, 0);
	}
	verdict(status);
}

/* A message that is not a response to the command. */
static void bad_message(struct conn *c, const struct command *cmd)
{
	static const struct { const char *mode; unsigned char opcode; } answers[] = {
		{ "nop", 0x20 }, { "text", 0x24 }, { "logout", 0x26 }, { "tmf", 0x22 },
		{ "datain", 0x25 }, { "r2t", 0x31 }, { "relogin", 0x23 }, { "opcode", 0x3e },
	};
	unsigned char *bhs;
	unsigned int i, len;

	len = response(c, cmd, cmd->edtl, 0);
	bhs = c->mem + ISER;
	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (is(answers[i].mode))
			bhs[0] = answers[i].opcode;
	if (is("stranger"))
		put32(bhs + 16, cmd->itt ^ 0x40);
	else if (is("long"))
		put24(bhs + 5, 100);
	else if (is("ahs"))
		bhs[4] = 10;
	else if (is("short"))
		len = -(uint32_t)20;
	else if (is("huge"))
		len = 4096;
	send_pdu(c, len, 0);
	if (is("twice")) {
		put32(bhs + 24, c->statsn++);
		send_pdu(c, len, 0);
	}
	printf("%s sent\n", opt.mode);
}

static struct command first;
static int triggered, have_first;
static uint32_t reset_itt;
static struct conn *reset_conn;

static void tmf_answer(struct conn *c, uint32_t itt, unsigned char code)
{
	unsigned char *bhs = pdu(c, 0x22, itt);

	bhs[2] = code;
	put32(bhs + 20, 0);
	c->statsn++;
	send_pdu(c, 0, 0);
}

/* Sends the data of a read and its response after the initiator had time to act. */
static void late_data(struct conn *c, const struct command *cmd)
{
	usleep(opt.wait_ms * 1000);
	verdict(rdma(c, IBV_WR_RDMA_WRITE, disk + opt.trigger * BLOCK, cmd->edtl,
		     cmd->read_base, cmd->read_stag));
	if (!c->dead)
		respond(c, cmd, cmd->edtl, 0);
}

int tmf_misbehave(struct conn *c, uint32_t itt, int function)
{
	if (is("reset-late") && !triggered) {
		reset_itt = itt;
		reset_conn = c;
		printf("reset held\n");
		return 1;
	}
	if (is("no-task") && function == 1 && have_first) {
		have_first = 0;
		tmf_answer(c, itt, 1);
		late_data(c, &first);
		return 1;
	}
	return 0;
}

int misbehave(struct conn *c, const struct command *cmd, int read)
{
	uint32_t done = cmd->edtl;
	int i;

	if (triggered || is("serve"))
		return 0;
	if (is("wrong") && !have_first) {
		first = *cmd;
		have_first = 1;
		return 1;
	}
	triggered = 1;
	if (is("no-task")) {
		first = *cmd;
		have_first = 1;
	} else if (is("reset-late")) {
		if (reset_conn == c) {
			tmf_answer(c, reset_itt, 0);
			printf("reset answered\n");
		}
		late_data(c, cmd);
	} else if (is("late")) {
		if (read)
			rdma(c, IBV_WR_RDMA_WRITE, disk + opt.trigger * BLOCK, cmd->edtl,
			     cmd->read_base, cmd->read_stag);
		else
			rdma(c, IBV_WR_RDMA_READ, disk + opt.trigger * BLOCK, BLOCK,
			     cmd->write_base, cmd->write_stag);
		respond(c, cmd, done, 0);
		usleep(opt.wait_ms * 1000);
		try_stag(c, cmd, read ? IBV_WR_RDMA_WRITE : IBV_WR_RDMA_READ);
	} else if (is("rights")) {
		try_stag(c, cmd, read ? IBV_WR_RDMA_READ : IBV_WR_RDMA_WRITE);
		return c->dead;
	} else if (is("foreign")) {
		if (!other_conn(c)) {
			printf("foreign: no other connection\n");
			return 0;
		}
		try_stag(other_conn(c), cmd, read ? IBV_WR_RDMA_WRITE : IBV_WR_RDMA_READ);
		return 0;
	} else if (is("wrong")) {
		response(c, &first, first.edtl, 0);
		send_pdu(c, 0, cmd->read_stag ? cmd->read_stag : cmd->write_stag);
		printf("wrong sent\n");
	} else if (is("early")) {
		respond(c, cmd, 0, 0x0b00);
		printf("early sent\n");
	} else if (is("pings")) {
		for (i = 0; i < 1000 && !c->dead; i++) {
			put32(pdu(c, 0x20, 0xffffffff) + 40, 0);
			send_pdu(c, 0, 0);
		}
		printf("pings %s\n", c->dead ? "ended" : "answered");
		return 0;
	} else if (is("mute")) {
		c->mute = 1;
	} else if (is("close")) {
		if (read)
			rdma(c, IBV_WR_RDMA_WRITE, disk + opt.trigger * BLOCK, cmd->edtl / 2,
			     cmd->read_base, cmd->read_stag);
		c->dead = 1;
		printf("close sent\n");
	} else {
		if (read)
			rdma(c, IBV_WR_RDMA_WRITE, disk + opt.trigger * BLOCK, cmd->edtl,
			     cmd->read_base, cmd->read_stag);
		bad_message(c, cmd);
	}
	return 1;
}
