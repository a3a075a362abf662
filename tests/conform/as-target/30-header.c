// SPDX-License-Identifier: GPL-2.0-only
/* The header of what the initiator sends: sections 7.3.1, 9.1, 9.2. */
#include "target.h"

/* Checks the flags, and what serve_pdu() checks of every message. */
static void header(const struct rx *rx, uint8_t flags, const char *what)
{
	check(!rx->header_fault, "%s: %s", what, rx->header_fault);
	check(rx->b[0] == (ISER_CONTROL | flags), "%s: the first byte is %02x, not %02x", what,
	      rx->b[0], ISER_CONTROL | flags);
}

CASE(target, "header/read", "R-7.3.1-7 R-7.3.1-9 R-9.2-1 R-9.2-3 R-9.2-7 R-7.3.1-1",
     "a read: RSV with the Read STag, EDTL is its length, no data, write fields zero")
{
	struct conn *c = up("");
	struct rx *rx = read_comes(c, 8);

	header(rx, ISER_RSV, "a read");
	check(get32(rx->b + 16), "the Read STag is zero");
	check(edtl_of(rx) == 4096, "EDTL is %u, not 4096", edtl_of(rx));
	check(!rx->data_len && !rx->ahs_len, "%u bytes of data", rx->data_len);
	check((rx->bhs[1] & (FINAL | SCSI_READ | SCSI_WRITE)) == (FINAL | SCSI_READ),
	      "the flags are %02x", rx->bhs[1]);
	serve_pdu(c, rx);
	finish(c);
}

CASE(target, "header/write-covered", "R-1.5.1-4 R-7.3.1-4 R-9.2-5 R-9.2-6 R-7.3.1-1",
     "a write that immediate data cover: no STag at all")
{
	struct conn *c = up("ImmediateData=Yes");
	struct rx *rx = write_comes(c, 8);

	if (!rx->data_len)
		skip("the initiator sends no immediate data");
	check(rx->data_len == 4096, "%u bytes of immediate data, not 4096", rx->data_len);
	header(rx, 0, "a write of 4096 bytes, all immediate");
	serve_pdu(c, rx);
	finish(c);
}

CASE(target, "header/write-solicited", "R-7.3.1-4 R-7.3.1-6 R-9.2-5 R-9.2-6",
     "a write that is longer than its unsolicited data: WSV with the Write STag, read fields zero")
{
	struct conn *c = up("");
	struct rx *rx;

	scratch_fill(128 * BLOCK, 31);
	drive("write %u 128 %s", LBA, scratch());
	rx = await_io(c, LBA);
	header(rx, ISER_WSV, "a write of 64 KiB");
	check(get32(rx->b + 4), "the Write STag is zero");
	check(edtl_of(rx) == 128 * BLOCK, "EDTL is %u", edtl_of(rx));
	serve_pdu(c, rx);
	finish(c);
	expect_fill(disk + LBA * BLOCK, 128 * BLOCK, 31, 0, "what an RDMA Read brought");
}

/* A write of any length, by a command that the target refuses in any case. */
static struct rx *odd_write(struct conn *c, uint32_t len)
{
	struct rx *rx;

	drive("sgio 3b0200000000%06x00 OUT %u", len, len);
	do {
		rx = await(c, ISCSI_COMMAND);
		if (rx->bhs[32] != 0x3b)
			serve_pdu(c, rx);
	} while (rx->bhs[32] != 0x3b);
	return rx;
}

CASE(target, "header/edge", "R-7.3.1-4 R-1.5.1-4 R-9.2-6",
     "EDTL is that of the unsolicited data: no STag; one byte more: a Write STag")
{
	struct conn *c = up("TargetRecvDataSegmentLength=512 ImmediateData=Yes");
	struct rx *rx = odd_write(c, 512);

	if (!rx->data_len)
		skip("the initiator sends no immediate data");
	header(rx, 0, "a write of 512 bytes");
	serve_pdu(c, rx);
	finish(c);
	rx = odd_write(c, 513);
	check(rx->data_len == 512, "%u bytes of immediate data", rx->data_len);
	header(rx, ISER_WSV, "a write of 513 bytes");
	check(!refused(c, IBV_WR_RDMA_READ, 1, base_of(rx), stag_of(rx)),
	      "the last byte cannot be fetched");
	serve_pdu(c, rx);
	finish(c);
}

CASE(target, "header/write-no-immediate", "R-7.3.1-4 R-7.3.1-6 R-9.2-6",
     "ImmediateData=No: a write of one block has a Write STag and no data")
{
	struct conn *c = up("ImmediateData=No");
	struct rx *rx = write_comes(c, 1);

	check(!rx->data_len, "%u bytes of immediate data", rx->data_len);
	header(rx, ISER_WSV, "a write of 512 bytes");
	serve_pdu(c, rx);
	finish(c);
	check(disk[LBA * BLOCK] == 0x5a && disk[LBA * BLOCK + 511] == 0x5a,
	      "an RDMA Read brought other data");
}

CASE(target, "header/no-data", "R-9.2-3 R-9.2-5 R-9.2-6 R-9.2-7",
     "a command without data has neither STag")
{
	struct conn *c = up("");
	struct rx *rx;

	drive("sgio 3500%016x NONE 0", 0);
	do {
		rx = await(c, ISCSI_COMMAND);
		if (rx->bhs[32] != 0x35)
			serve_pdu(c, rx);
	} while (rx->bhs[32] != 0x35);
	header(rx, 0, "SYNCHRONIZE CACHE");
	check(!edtl_of(rx), "EDTL is %u", edtl_of(rx));
	serve_pdu(c, rx);
	finish(c);
}

CASE(target, "header/session", "R-9.1-1 R-9.2-8 R-7.2-1 R-9.2-3 R-9.2-5 D-8.1-2",
     "all messages of a session: 28 bytes of header with opcode 1, nothing reserved, lengths exact")
{
	struct conn *c = login_begins("node.conn[0].timeo.noop_out_interval=1");
	struct rx *rx;
	bool last = false;

	/* serve_pdu() refuses any fault of a header. */
	while (!last) {
		rx = next_rx(c, opt.wait_ms);
		check(rx && rx->opcode == ISCSI_LOGIN, "no Login Request came");
		header(rx, 0, "a Login Request");
		last = serve_login_request(c, rx, "");
	}
	finish(c);
	drive("write %u 64", LBA);
	finish(c);
	drive("rescan");
	finish(c);
	header(await(c, ISCSI_NOP_OUT), 0, "a NOP-Out");
	drive("logout");
	rx = await(c, ISCSI_LOGOUT);
	header(rx, 0, "a Logout Request");
	serve_pdu(c, rx);
	finish(c);
}

CASE(target, "header/no-events", "R-1.5.2-2",
     "nothing comes with the solicited event bit")
{
	struct conn *c = up("");
	struct ibv_comp_channel *channel = c->id->recv_cq_channel;
	fd_set fds;
	struct timeval now = { 0 };

	check(channel && !ibv_req_notify_cq(c->id->recv_cq, 1), "no events on the queue");
	drive("write %u 64", LBA);
	finish(c);
	stays(c, "a ping");
	FD_ZERO(&fds);
	FD_SET(channel->fd, &fds);
	check(select(channel->fd + 1, &fds, NULL, NULL, &now) == 0,
	      "a message came with the solicited event bit");
}

CASE(target, "header/taken-with-events", "R-1.5.2-1 R-1.5.2-4",
     "responses with the solicited event bit are taken as those without")
{
	struct conn *c = up("");
	struct rx *rx = read_comes(c, 8);
	struct msg *m;

	move_data(c, rx);
	m = good(c, rx);
	m->solicited = true;
	post(c, m);
	finish(c);
	m = nop_in(c, 0x99);
	m->solicited = true;
	post(c, m);
	rx = await(c, ISCSI_NOP_OUT);
	check(get32(rx->bhs + 20) == 0x99, "the ping is answered with tag %x",
	      get32(rx->bhs + 20));
}
