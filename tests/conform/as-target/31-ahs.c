// SPDX-License-Identifier: GPL-2.0-only
/* Additional headers, both ways: section 6.8. */
#include "target.h"

/* READ(32) of LBA, 8 blocks. */
static void long_cdb(void)
{
	drive("sgio 7f0000000000001800090000%016x0000000000000000%04x%04x IN 4096", LBA, 0, 8);
}

static struct rx *long_command(struct conn *c)
{
	struct rx *rx;

	long_cdb();
	do {
		rx = await(c, ISCSI_COMMAND);
		if (rx->bhs[32] != 0x7f)
			serve_pdu(c, rx);
	} while (rx->bhs[32] != 0x7f);
	return rx;
}

CASE(target, "ahs/cdb", "R-6.8-2 R-7.3-1 D-8.1-2 R-7.2-1",
     "a CDB of 32 bytes comes in an AHS, byte for byte")
{
	static const uint8_t start[8] = { 0x7f, 0, 0, 0, 0, 0, 0, 0x18 };
	struct conn *c = up("MaxAHSLength=256");
	struct rx *rx = long_command(c);

	check(rx->ahs_len == 20, "%u bytes of AHS, not 20", rx->ahs_len);
	check(get16(rx->ahs) == 17 && rx->ahs[2] == 1 && !rx->ahs[3],
	      "the AHS begins %02x %02x %02x %02x, not 00 11 01 00", rx->ahs[0], rx->ahs[1],
	      rx->ahs[2], rx->ahs[3]);
	check(!memcmp(rx->bhs + 32, start, 8), "the CDB begins otherwise");
	check(rx->ahs[4 + 15] == 8, "the last byte of the CDB is %02x, not 08", rx->ahs[4 + 15]);
	check(rx->b[0] == (ISER_CONTROL | ISER_RSV) && edtl_of(rx) == 4096,
	      "the header's first byte is %02x, EDTL %u", rx->b[0], edtl_of(rx));
	check(!refused(c, IBV_WR_RDMA_WRITE, 4096, base_of(rx), stag_of(rx)),
	      "the buffer cannot be written to");
	post(c, good(c, rx));
	finish(c);
}

CASE(target, "ahs/limit", "R-6.8-1 R-6.8-2 R-6.8-3",
     "MaxAHSLength=8 of the target: no AHS above it is sent, the session goes on")
{
	struct conn *c = up("MaxAHSLength=8");

	long_cdb();
	while (drive_wait(0) < 0) {
		struct rx *rx = next_rx(c, 10);

		if (!rx)
			continue;
		check(rx->ahs_len <= 8, "%u bytes of AHS", rx->ahs_len);
		serve_pdu(c, rx);
	}
	stays(c, "a command that was not sent");
}

CASE(target, "ahs/none-declared", "R-6.8-1 R-6.8-2",
     "a target that does not know MaxAHSLength takes 256: a CDB of 32 bytes comes")
{
	struct conn *c = up("MaxAHSLength=NotUnderstood");

	check(long_command(c)->ahs_len == 20, "no AHS of 20 bytes");
}

/* A reserved kind of AHS, which a receiver ignores. */
static void strange_ahs(struct msg *m, uint32_t len)
{
	static const uint8_t bytes[64];

	add_ahs(m, 0x3f, bytes, len - 3);
}

CASE(target, "ahs/nop-in", "R-6.8-2 R-7.2-2 D-9.1-1",
     "a NOP-In with an AHS that is unknown: it is answered")
{
	struct conn *c = up("");
	struct msg *m = nop_in(c, 0x31);
	struct rx *rx;

	strange_ahs(m, 8);
	post(c, m);
	rx = await(c, ISCSI_NOP_OUT);
	check(get32(rx->bhs + 20) == 0x31, "the answer has tag %x", get32(rx->bhs + 20));
	stays(c, "an AHS");
}

CASE(target, "ahs/sense", "D-9.1-1 R-6.8-2",
     "a response with an AHS in front of its sense data: the right sense arrives")
{
	struct conn *c = up("");
	struct msg *m = failed_read(c);

	strange_ahs(m, 8);
	add_data(m, medium_sense, sizeof(medium_sense));
	post(c, m);
	finish(c);
	check(strstr(drive_said(), "key=3 asc=1104"), "the sense is another: %s", drive_said());
}

CASE(target, "ahs/cut", "R-6.8-2 R-10.1.3.3-4 R-10.1.3.3-3",
     "an AHS whose length leads beyond the header's: the connection ends")
{
	static const uint8_t ahs[4] = { 0xff, 0xff, 1, 0 };
	struct conn *c = up("");
	struct rx *rx = read_comes(c, 8);
	struct msg *m = good(c, rx);

	memcpy(m->b + MSG_MIN, ahs, 4);
	m->len += 4;
	BHS(m)[4] = 1;
	post(c, m);
	ends_unfinished(c, "an AHS of 65535 bytes in four");
}

CASE(target, "ahs/beyond", "R-10.1.3.3-4 R-10.1.3.4-4",
     "TotalAHSLength that the message does not have: the connection ends")
{
	struct conn *c = up("");
	struct rx *rx = read_comes(c, 8);
	struct msg *m = good(c, rx);

	BHS(m)[4] = 255;
	post(c, m);
	ends_unfinished(c, "1020 bytes of AHS in a message of 76");
}
