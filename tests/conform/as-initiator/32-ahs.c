// SPDX-License-Identifier: GPL-2.0-only
/* Additional header segments: section 6.8, RFC 7143 section 11.2.2. */
#include "conform.h"

/* Sends a ping that announces @words words of AHS and has @bytes bytes of it. */
static void announced(uint8_t words, uint32_t bytes)
{
	struct conn *c = session("");
	struct msg *m = nop_out(c, true);

	BHS(m)[4] = words;
	m->len += bytes;
	post(c, m);
	expect_refusal(c, "the AHS does not fit the message");
	still_serves();
}

CASE(initiator, "ahs/missing", "R-10.1.3.3-4", "an AHS of 4 bytes announced, none there")
{
	announced(1, 0);
}

CASE(initiator, "ahs/1020-missing", "R-10.1.3.3-4", "an AHS of 1020 bytes announced, none there")
{
	announced(255, 0);
}

CASE(initiator, "ahs/partly", "R-10.1.3.3-4", "an AHS of 16 bytes announced, 8 there")
{
	announced(4, 8);
}

static void malformed(const uint8_t *ahs, uint32_t len, const char *why)
{
	static const uint8_t cdb[6];
	struct conn *c = session("");
	struct msg *m = scsi(c, cdb, sizeof(cdb), 0, 0);

	memcpy(DATA(m), ahs, len);
	BHS(m)[4] = len / 4;
	m->len += len;
	post(c, m);
	expect_refusal(c, why);
	still_serves();
}

CASE(initiator, "ahs/inner-length", "R-10.1.3.3-1 R-7.3-1",
     "an AHS whose own length goes beyond TotalAHSLength is refused")
{
	static const uint8_t ahs[8] = { 0x00, 0x40, 0x01 };

	malformed(ahs, sizeof(ahs), "the AHS is longer than all of them");
}

CASE(initiator, "ahs/inner-length-max", "R-10.1.3.3-1 R-7.3-1",
     "so is one that says 65535 bytes")
{
	static const uint8_t ahs[8] = { 0xff, 0xff, 0x01 };

	malformed(ahs, sizeof(ahs), "the AHS is longer than all of them");
}

CASE(initiator, "ahs/beyond-limit", "R-10.1.3.4-4 R-6.8-2",
     "an AHS of 600 bytes, the target declares less: refused")
{
	uint8_t cdb[260] = { 0x7f, 0, 0, 0, 0, 0, 0, 252 };
	struct conn *c = session("MaxAHSLength=256");
	const char *limit = need_key(c, "MaxAHSLength");
	struct msg *m;

	if (!strtoul(limit, NULL, 0) || strtoul(limit, NULL, 0) >= 600)
		skip("the target declares MaxAHSLength=%s", limit);
	m = scsi(c, cdb, sizeof(cdb), 0, 0);
	memset(BHS(m) + BHS_LEN, 0, 600);
	put16(BHS(m) + BHS_LEN, 597);
	BHS(m)[BHS_LEN + 2] = 1;
	BHS(m)[4] = 150;
	m->len = MSG_MIN + 600;
	post(c, m);
	expect_refusal(c, "more AHS than declared");
	still_serves();
}

/*
 * A CDB whose operation needs 10 bytes, with an extended CDB after it: the target has
 * to find the data after the AHS.
 */
static struct msg *long_write(struct conn *c, uint32_t lba, struct mem *mem, uint32_t cdb_len,
			      uint32_t immediate)
{
	uint8_t cdb[260] = { 0x2a };
	struct msg *m;

	put32(cdb + 2, lba);
	put16(cdb + 7, mem->len / block_size(c));
	m = scsi(c, cdb, cdb_len, mem->len, SCSI_WRITE);
	if (immediate)
		add_data(m, mem->p, immediate);
	if (immediate < mem->len)
		name_write(m, mem->stag, mem->base + immediate);
	return m;
}

/* The target must write the right data, or refuse the command as a bad CDB. */
static void with_ahs(uint32_t cdb_len, uint32_t immediate)
{
	struct conn *c = session("TaggedBufferForSolicitedDataOnly=Yes");
	uint32_t lba = free_block(c);
	struct mem *mem = mem_new(c, 8192, WRITE_SOURCE);
	struct msg *m;
	struct rx *rx;

	fill(mem->p, mem->len, cdb_len);
	m = long_write(c, lba, mem, cdb_len, immediate);
	post(c, m);
	rx = take(c, ISCSI_RESPONSE, itt_of(BHS(m)), opt.wait_ms);
	check(rx || !c->ended, "an AHS within the limit ends the connection");
	if (!rx) {
		expect(c, ISCSI_REJECT, ANY_ITT);
		skip("the target rejects a CDB of %u bytes for this operation", cdb_len);
	}
	if (rx->bhs[3] == 2)
		skip("the target's disk refuses a CDB of %u bytes for this operation", cdb_len);
	expect_good(rx);
	verify(c, lba, mem->len, cdb_len);
}

CASE(initiator, "ahs/cdb-32-immediate", "R-6.8-2 R-7.3-1 D-9.1-1",
     "a CDB of 32 bytes and immediate data behind the AHS: the data are found")
{
	with_ahs(32, 8192);
}

CASE(initiator, "ahs/cdb-260-immediate", "R-6.8-2 R-7.3-1 D-9.1-1",
     "a CDB of 260 bytes and immediate data behind the AHS")
{
	with_ahs(260, 4096);
}

CASE(initiator, "ahs/cdb-32-solicited", "R-6.8-2 R-7.3-1",
     "a CDB of 32 bytes and data that are fetched")
{
	with_ahs(32, 0);
}

/*
 * RFC 7143 does not say more than that the byte is there.  This is a CDB of 32 bytes as
 * SBC defines it.
 */
CASE(initiator, "ahs/write-same-32", "R-6.8-2 R-7.3-1 D-6-2",
     "WRITE SAME(32) reaches the disk as it was sent")
{
	struct conn *c = session("");
	uint32_t size = block_size(c), lba = free_block(c), i;
	uint8_t cdb[32] = { 0x7f, [7] = 24, [8] = 0, [9] = 0x0d };
	struct mem *mem = mem_new(c, size, WRITE_SOURCE), *back;
	struct msg *m;
	struct rx *rx;

	put64(cdb + 12, lba);
	put32(cdb + 28, 8);
	fill(mem->p, mem->len, 0x32);
	m = scsi(c, cdb, sizeof(cdb), size, SCSI_WRITE);
	name_write(m, mem->stag, mem->base);
	rx = ask(c, m, ISCSI_RESPONSE);
	if (rx->bhs[3] == 2)
		skip("the target's disk does not know WRITE SAME(32)");
	expect_good(rx);
	back = mem_new(c, 8 * size, READ_SINK);
	command(c, read_blocks(c, lba, back));
	for (i = 0; i < 8; i++)
		expect_fill(back->p + i * size, size, 0x32, 0, "block written by WRITE SAME");
}

CASE(initiator, "ahs/unknown-type", "R-10.1.4.4-1",
     "an AHS of unknown type: refused or passed over, the connection is of use after it")
{
	static const uint8_t what[5] = { 1, 2, 3, 4, 5 };
	static const uint8_t cdb[6];
	struct conn *c = session("");
	struct msg *m = scsi(c, cdb, sizeof(cdb), 0, 0);

	add_ahs(m, 0x3e, what, sizeof(what));
	post(c, m);
	step("waiting for what comes of it");
	if (!take(c, ISCSI_RESPONSE, itt_of(BHS(m)), 500) && !c->ended)
		expect(c, ISCSI_REJECT, ANY_ITT);
	if (!c->ended)
		ping(c);
	still_serves();
}
