// SPDX-License-Identifier: GPL-2.0-only
/* Writes: immediate data, unsolicited Data-Out, the Write Base Offset. */
#include "target.h"

/* Writes of several sizes must reach the right blocks. */
static void sizes(struct conn *c)
{
	static const uint32_t blocks[] = { 1, 8, 16, 17, 128, 512, 1024 };
	unsigned int i;

	for (i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		uint32_t len = blocks[i] * BLOCK;

		scratch_fill(len, i + 40);
		drive("write %u %u %s", LBA, blocks[i], scratch());
		finish(c);
		expect_fill(disk + LBA * BLOCK, len, i + 40, 0, "what was written");
	}
}

CASE(target, "write/sizes", "D-6-1 D-6-6 R-7.3.1-6 R-6.9-3 R-7.3.1-2",
     "writes from 512 bytes to 512 KiB with immediate data: every byte in its place")
{
	sizes(up("InitialR2T=Yes"));
}

CASE(target, "write/sizes-solicited", "D-6-1 D-6-6 R-7.3.1-6",
     "the same without immediate data")
{
	sizes(up("ImmediateData=No InitialR2T=Yes"));
}

CASE(target, "write/sizes-unsolicited", "D-6-1 D-6-6 R-7.3.4-1 R-6.9-3",
     "the same with unsolicited Data-Out of 64 KiB in all")
{
	struct conn *c = up_with(NULL, "InitialR2T=No FirstBurstLength=65536",
				 "node.session.iscsi.InitialR2T=No");

	sizes(c);
}

CASE(target, "write/data-out", "R-7.3.4-1 R-7.3.4-3 R-7.2-1 R-6.4-3",
     "unsolicited Data-Out: one Send each, no TTT, no STag, DataSN and offsets in order, F last")
{
	struct conn *c = up_with(NULL, "InitialR2T=No FirstBurstLength=32768",
				 "node.session.iscsi.InitialR2T=No");
	struct rx *rx = write_comes(c, 128), *part;
	uint32_t have = rx->data_len, sn = 0, itt = itt_of(rx->bhs);

	check(!(rx->bhs[1] & FINAL), "the F bit is set: no Data-Out follow");
	check(rx->b[0] == (ISER_CONTROL | ISER_WSV), "the header begins %02x", rx->b[0]);
	do {
		part = await(c, ISCSI_DATA_OUT);
		check(part->b[0] == ISER_CONTROL, "a Data-Out has STags: %02x", part->b[0]);
		check(itt_of(part->bhs) == itt, "it is of task %08x", itt_of(part->bhs));
		check(get32(part->bhs + 20) == NO_TAG, "its TTT is %08x", get32(part->bhs + 20));
		check(get32(part->bhs + 36) == sn, "DataSN %u, not %u", get32(part->bhs + 36), sn);
		check(get32(part->bhs + 40) == have, "offset %u, not %u", get32(part->bhs + 40),
		      have);
		check(part->bhs[1] & FINAL || part->data_len == 8192,
		      "%u bytes in one that is not the last", part->data_len);
		have += part->data_len;
		sn++;
		check(have <= 32768, "%u bytes are unsolicited", have);
	} while (!(part->bhs[1] & FINAL));
	check(have == 32768, "%u bytes are unsolicited, not 32768", have);
	/* The target fetches the rest from the address that the base names. */
	check(!refused(c, IBV_WR_RDMA_READ, 128 * BLOCK - have, base_of(rx), stag_of(rx)),
	      "the rest cannot be fetched");
	post(c, good(c, rx));
	finish(c);
}

CASE(target, "write/all-unsolicited", "R-1.5.1-4 R-7.3.1-4 R-9.2-6",
     "a write that unsolicited Data-Out cover advertises no STag")
{
	struct conn *c = up_with(NULL, "InitialR2T=No FirstBurstLength=65536",
				 "node.session.iscsi.InitialR2T=No");
	struct rx *rx = write_comes(c, 128);

	check(!(rx->bhs[1] & FINAL), "the F bit is set: no Data-Out follow");
	check(rx->b[0] == ISER_CONTROL, "the header begins %02x", rx->b[0]);
	serve_pdu(c, rx);
	finish(c);
}

CASE(target, "write/early-error", "D-8.9-3 R-9.5.1-3",
     "a write that fails before its data are fetched: the error arrives, its STag is dead")
{
	fails_and_dies(up(""), "sgio 2a00%08x00008000 OUT 65536", IBV_WR_RDMA_READ,
		       "key=5 asc=2000");
}

CASE(target, "write/early-data-out", "R-7.3.4-1 D-8.9-3",
     "a write that fails while its Data-Out are on their way: the session goes on")
{
	struct conn *c = up_with(NULL, "InitialR2T=No FirstBurstLength=262144",
				 "node.session.iscsi.InitialR2T=No");
	struct rx *rx, *part;

	drive("sgio 2a00%08x00020000 OUT 262144", LBA);
	rx = await_io(c, LBA);
	post(c, response(c, rx, 0, 2));
	do
		part = await(c, ISCSI_DATA_OUT);
	while (!(part->bhs[1] & FINAL));
	finish(c);
	stays(c, "an early response");
}

CASE(target, "write/read-back", "D-6-1 D-6-2 D-6-6",
     "reads from 512 bytes to 512 KiB: every byte in its place")
{
	static const uint32_t blocks[] = { 1, 8, 17, 128, 1024 };
	struct conn *c = up("");
	unsigned int i;

	for (i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		uint32_t len = blocks[i] * BLOCK;

		fill(disk + LBA * BLOCK, len, i + 60);
		drive("read %u %u %s", LBA, blocks[i], scratch());
		finish(c);
		scratch_expect(len, i + 60);
	}
}

CASE(target, "write/short-read", "D-6-6 R-9.5.1-3",
     "a read of which half is there: the residual arrives, the rest of the buffer is untouched")
{
	struct conn *c = up("");
	struct rx *rx;

	fill(disk + LBA * BLOCK, 4096, 70);
	drive("sgio 2800%08x00000800 IN 4096", LBA);
	rx = await_io(c, LBA);
	rdma_op(c, IBV_WR_RDMA_WRITE, disk_mr(c), disk + LBA * BLOCK, 2048, base_of(rx),
		stag_of(rx));
	post(c, response(c, rx, 2048, 0));
	finish(c);
	check(strstr(drive_said(), "resid=2048 used=2048"), "another outcome: %s", drive_said());
}
