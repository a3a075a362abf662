// SPDX-License-Identifier: GPL-2.0-only
/* A disk in memory, served as a correct target does. */
#include "conform.h"

#define BLOCK		512
#define BLOCKS		32768
#define SIDE		4096	/* for answers that do not come from the disk */

uint8_t disk[BLOCK * BLOCKS + SIDE];

struct ibv_mr *disk_mr(struct conn *c)
{
	static struct ibv_mr *mr;
	static struct ibv_pd *pd;

	if (!mr || pd != c->id->pd)
		/* iWARP wants the sink of a read to be open to remote writes. */
		mr = ibv_reg_mr(c->id->pd, disk, sizeof(disk),
				IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE);
	pd = c->id->pd;
	if (!mr)
		fail("memory region: %s", strerror(errno));
	return mr;
}

struct msg *response(struct conn *c, const struct rx *rx, uint32_t done, uint8_t status)
{
	struct msg *m = reply(c, rx, ISCSI_RESPONSE);
	uint32_t edtl = get32(rx->bhs + 20);

	BHS(m)[3] = status;
	if ((rx->bhs[1] & (SCSI_READ | SCSI_WRITE)) && done < edtl) {
		BHS(m)[1] |= 2;
		put32(BHS(m) + 44, edtl - done);
	}
	if (status == 2) {
		/* ILLEGAL REQUEST, INVALID COMMAND OPERATION CODE */
		static const uint8_t sense[20] = { 0, 18, 0x70, 0, 5, 0, 0, 0, 0, 10,
						   0, 0, 0, 0, 0x20 };

		add_data(m, sense, sizeof(sense));
	}
	return m;
}

static void send_response(struct conn *c, const struct rx *rx, struct msg *m)
{
	const uint8_t *own = c->cm.data;
	bool allowed = c->peer.data_len >= 4 && (c->peer.data[0] & 0x80) &&
		       !(c->peer.data[0] & 0x40) && own && !(*own & 0x40);

	if (allowed && !opt.like->plain_send) {
		if (rx->b[0] & ISER_RSV)
			m->invalidate = get32(rx->b + 16);
		else if (rx->b[0] & ISER_WSV)
			m->invalidate = get32(rx->b + 4);
	}
	post(c, m);
}

static void give(struct conn *c, const struct rx *rx, uint8_t *from, uint32_t len)
{
	uint32_t edtl = get32(rx->bhs + 20);

	if (len > edtl)
		len = edtl;
	if (len && !(rx->b[0] & ISER_RSV))
		fail("a read has no Read STag");
	if (len)
		rdma_op(c, IBV_WR_RDMA_WRITE, disk_mr(c), from, len, get64(rx->b + 20),
			get32(rx->b + 16));
	send_response(c, rx, response(c, rx, len, 0));
}

static void give_small(struct conn *c, const struct rx *rx, const void *data, uint32_t len)
{
	uint8_t *side = disk + BLOCK * BLOCKS;

	memset(side, 0, SIDE);
	memcpy(side, data, len);
	give(c, rx, side, len);
}

/*
 * Takes unsolicited Data-Out up to the last one.  Return: how many bytes there are with
 * them.
 */
static uint32_t data_outs(struct conn *c, const struct rx *rx, uint8_t *to, uint32_t len,
			  uint32_t have)
{
	while (!(rx->bhs[1] & FINAL)) {
		uint32_t itt = itt_of(rx->bhs);

		rx = take(c, ISCSI_DATA_OUT, itt, opt.wait_ms);
		if (!rx)
			fail("no Data-Out with the F bit came for task %08x", itt);
		if (rx->header_fault)
			fail("Data-Out: %s", rx->header_fault);
		if (get32(rx->bhs + 40) != have || rx->data_len > len - have)
			fail("a Data-Out with %u bytes for offset %u, where %u of %u are here",
			     rx->data_len, get32(rx->bhs + 40), have, len);
		memcpy(to + have, rx->data, rx->data_len);
		have += rx->data_len;
	}
	return have;
}

static void get(struct conn *c, const struct rx *rx, uint8_t *to, uint32_t len)
{
	const char *tagged = offered(c, "TaggedBufferForSolicitedDataOnly");
	uint32_t have = rx->data_len < len ? rx->data_len : len;
	uint64_t from = get64(rx->b + 8);

	memcpy(to, rx->data, have);
	have = data_outs(c, rx, to, len, have);
	/* Deployed initiators mean Yes when they do not send the key. */
	if (tagged && !strcmp(tagged, "No"))
		from += have;
	if (have < len) {
		if (!(rx->b[0] & ISER_WSV))
			fail("a write with %u bytes to fetch has no Write STag", len - have);
		rdma_op(c, IBV_WR_RDMA_READ, disk_mr(c), to + have, len - have, from,
			get32(rx->b + 4));
	}
	send_response(c, rx, response(c, rx, len, 0));
}

static void serve_command(struct conn *c, const struct rx *rx)
{
	static const uint8_t luns[16] = { 0, 0, 0, 8 };
	static const uint8_t inquiry[36] = { 0, 0, 5, 2, 31, 0, 0, 2, 'C', 'O', 'N', 'F', 'O',
		'R', 'M', ' ', 'D', 'i', 's', 'k', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ',
		' ', ' ', ' ', '1', ' ', ' ', ' ' };
	static const uint8_t mode[4] = { 3 };
	const uint8_t *cdb = rx->bhs + 32;
	uint8_t capacity[32] = { 0 };
	uint32_t lba = get32(cdb + 2), blocks = get16(cdb + 7);

	switch (cdb[0]) {
	case 0x00:	/* TEST UNIT READY */
	case 0x35:	/* SYNCHRONIZE CACHE */
		send_response(c, rx, response(c, rx, 0, 0));
		return;
	case 0x12:
		if (!(cdb[1] & 1)) {
			give_small(c, rx, inquiry, cdb[4] < 36 ? cdb[4] : 36);
			return;
		}
		break;
	case 0x1a:
		give_small(c, rx, mode, sizeof(mode));
		return;
	case 0x25:
		put32(capacity, BLOCKS - 1);
		put32(capacity + 4, BLOCK);
		give_small(c, rx, capacity, 8);
		return;
	case 0x9e:
		put32(capacity + 4, BLOCKS - 1);
		put32(capacity + 8, BLOCK);
		give_small(c, rx, capacity, 32);
		return;
	case 0xa0:
		give_small(c, rx, luns, sizeof(luns));
		return;
	case 0x88:
	case 0x8a:
		lba = get32(cdb + 6);
		blocks = get32(cdb + 10);
		/* fall through */
	case 0x28:
	case 0x2a:
		if (lba > BLOCKS || blocks > BLOCKS - lba)
			break;
		if (cdb[0] == 0x28 || cdb[0] == 0x88)
			give(c, rx, disk + lba * BLOCK, blocks * BLOCK);
		else
			get(c, rx, disk + lba * BLOCK, blocks * BLOCK);
		return;
	}
	send_response(c, rx, response(c, rx, 0, 2));
}

void serve_pdu(struct conn *c, const struct rx *rx)
{
	struct msg *m;

	if (rx->header_fault)
		fail("%s came: %s", opcode_name(rx->opcode), rx->header_fault);
	if (rx->invalidated)
		fail("%s came and invalidated STag %x", opcode_name(rx->opcode),
		     rx->invalidated_stag);
	switch (rx->opcode) {
	case ISCSI_COMMAND:
		serve_command(c, rx);
		return;
	case ISCSI_NOP_OUT:
		if (itt_of(rx->bhs) == NO_TAG)
			return;
		m = reply(c, rx, ISCSI_NOP_IN);
		if (rx->data_len)
			add_data(m, rx->data, rx->data_len);
		break;
	case ISCSI_TMF:
		m = reply(c, rx, ISCSI_TMF_RSP);
		break;
	case ISCSI_TEXT:
		m = reply(c, rx, ISCSI_TEXT_RSP);
		break;
	case ISCSI_LOGOUT:
		m = reply(c, rx, ISCSI_LOGOUT_RSP);
		break;
	default:
		note("%s came, and is not answered", opcode_name(rx->opcode));
		return;
	}
	post(c, m);
}

struct rx *serve_until(struct conn *c, uint8_t operation, int ms)
{
	long end = now_ms() + (long)ms * opt.slow;
	struct rx *rx;

	step("serving until a command %02x comes", operation);
	while (!c->ended && now_ms() < end) {
		rx = next_rx(c, 50);
		if (!rx)
			continue;
		if (rx->opcode == ISCSI_COMMAND && rx->bhs[32] == operation)
			return rx;
		serve_pdu(c, rx);
	}
	fail("no command %02x came%s", operation, c->ended ? ": the connection ended" : "");
}

void serve_for(struct conn *c, int ms)
{
	long end = now_ms() + (long)ms * opt.slow;
	struct rx *rx;

	while (!c->ended && now_ms() < end) {
		rx = next_rx(c, 20);
		if (rx)
			serve_pdu(c, rx);
	}
}
