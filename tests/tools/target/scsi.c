// SPDX-License-Identifier: GPL-2.0-only
/* A disk in memory: commands, their data and responses. */
#include "target.h"

unsigned char disk[BLOCK * (BLOCKS + 1)];

void disk_fill(void)
{
	int i;

	for (i = 0; i < BLOCKS; i++)
		memset(disk + i * BLOCK, i ? 1 + i % 251 : 0, BLOCK);
}

uint32_t response(struct conn *c, const struct command *cmd, uint32_t done,
		  unsigned int sense)
{
	unsigned char *bhs = pdu(c, 0x21, cmd->itt), *data = bhs + BHS;

	put32(bhs + 20, 0);
	c->statsn++;
	if (done < cmd->edtl) {
		bhs[1] |= 2;
		put32(bhs + 44, cmd->edtl - done);
	}
	if (!sense)
		return 0;
	bhs[3] = 2;
	put24(bhs + 5, 20);
	memset(data, 0, 20);
	data[1] = 18;
	data[2] = 0x70;
	data[4] = sense >> 8;
	data[9] = 10;
	data[14] = sense;
	return 20;
}

void respond(struct conn *c, const struct command *cmd, uint32_t done, unsigned int sense)
{
	uint32_t stag = cmd->read_stag ? cmd->read_stag : cmd->write_stag;

	send_pdu(c, response(c, cmd, done, sense), opt.invalidate ? stag : 0);
}

/* The data of a read, and its response. */
static void read_data(struct conn *c, const struct command *cmd, void *data, uint32_t len)
{
	if (len > cmd->edtl)
		len = cmd->edtl;
	if (rdma(c, IBV_WR_RDMA_WRITE, data, len, cmd->read_base, cmd->read_stag))
		return;
	respond(c, cmd, len, 0);
}

static void small_data(struct conn *c, const struct command *cmd, const void *data,
		       uint32_t len)
{
	memcpy(aside, data, len);
	read_data(c, cmd, aside, len);
}

/* Fetches what did not come by messages, from @offset on, and sends the response. */
static void write_rest(struct conn *c, const struct command *cmd, uint32_t offset)
{
	unsigned char *at = disk + get32(cmd->cdb + 2) * BLOCK + offset;

	/*
	 * The base belongs to the first byte that was not sent: all initiators do that.
	 */
	if (offset < cmd->edtl &&
	    rdma(c, IBV_WR_RDMA_READ, at, cmd->edtl - offset, cmd->write_base,
		 cmd->write_stag))
		return;
	respond(c, cmd, cmd->edtl, 0);
}

/* Handles Data-Out; that of a write that was answered early belongs to no task. */
void data_out(struct conn *c, const unsigned char *bhs, const unsigned char *data,
	      uint32_t len)
{
	uint32_t offset = get32(bhs + 40);
	struct command *cmd;
	int i;

	for (i = 0; i < WINDOW; i++) {
		cmd = &c->writes[i];
		if (!cmd->edtl || cmd->itt != get32(bhs + 16) || len > cmd->edtl ||
		    offset > cmd->edtl - len)
			continue;
		memcpy(disk + get32(cmd->cdb + 2) * BLOCK + offset, data, len);
		if (bhs[1] & 0x80) {
			write_rest(c, cmd, offset + len);
			cmd->edtl = 0;
		}
	}
}

static void read_write(struct conn *c, const struct command *cmd, int read, int final,
		       const unsigned char *data, uint32_t len)
{
	uint32_t lba = get32(cmd->cdb + 2), blocks = cmd->cdb[7] << 8 | cmd->cdb[8];
	unsigned char *at;
	int i;

	if (lba >= BLOCKS || blocks > BLOCKS - lba || blocks * BLOCK != cmd->edtl) {
		respond(c, cmd, 0, 0x0521);
		return;
	}
	if (lba <= opt.trigger && opt.trigger < lba + blocks && misbehave(c, cmd, read))
		return;
	at = disk + lba * BLOCK;
	if (read) {
		read_data(c, cmd, at, cmd->edtl);
		return;
	}
	memcpy(at, data, len);
	if (final) {
		write_rest(c, cmd, len);
		return;
	}
	for (i = 0; i < WINDOW && c->writes[i].edtl; i++)
		;
	if (i == WINDOW)
		die("more writes than the window");
	c->writes[i] = *cmd;
}

void scsi(struct conn *c, const unsigned char *msg, uint32_t len)
{
	static const unsigned char inquiry[36] = "\0\0\3\2\37\0\0\2ISER    MISBEHAVING     1   ";
	const unsigned char *bhs = msg + ISER;
	struct command cmd = {
		.itt = get32(bhs + 16), .edtl = get32(bhs + 20),
		.write_stag = msg[0] & 8 ? get32(msg + 4) : 0,
		.write_base = get64(msg + 8),
		.read_stag = msg[0] & 4 ? get32(msg + 16) : 0,
		.read_base = get64(msg + 20),
	};
	unsigned char data[32] = { 0 };

	memcpy(cmd.cdb, bhs + 32, 16);
	switch (cmd.cdb[0]) {
	case 0x00:	/* TEST UNIT READY */
	case 0x35:	/* SYNCHRONIZE CACHE */
		respond(c, &cmd, cmd.edtl, 0);
		return;
	case 0x12:
		if (cmd.cdb[1] & 1)
			break;
		small_data(c, &cmd, inquiry, 36);
		return;
	case 0x1a:	/* MODE SENSE */
		data[0] = 3;
		small_data(c, &cmd, data, 4);
		return;
	case 0x25:	/* READ CAPACITY */
		put32(data, BLOCKS - 1);
		put32(data + 4, BLOCK);
		small_data(c, &cmd, data, 8);
		return;
	case 0xa0:	/* REPORT LUNS */
		data[3] = 8;
		small_data(c, &cmd, data, 16);
		return;
	case 0x28:
	case 0x2a:
		read_write(c, &cmd, cmd.cdb[0] == 0x28, bhs[1] & 0x80,
			   bhs + BHS + bhs[4] * 4, len - ISER - BHS - bhs[4] * 4);
		return;
	default:
		break;
	}
	respond(c, &cmd, 0, 0x0520);
}
