// SPDX-License-Identifier: GPL-2.0-only
/* What an STag allows: sections 7.3.1 and 11. */
#include "target.h"

#define LEN	4096u

CASE(target, "stag/read-range", "R-7.3.1-7 R-7.3.1-9 D-6-6",
     "a Read STag takes RDMA Writes from its base up to EDTL, in any pieces")
{
	struct conn *c = up("");
	struct rx *rx;
	uint32_t at;

	fill(disk + LBA * BLOCK, LEN, 5);
	drive("read %u 8 %s", LBA, scratch());
	rx = await_io(c, LBA);
	for (at = 0; at < LEN; at += 1000) {
		uint32_t len = LEN - at < 1000 ? LEN - at : 1000;

		check(!rdma_op(c, IBV_WR_RDMA_WRITE, disk_mr(c), disk + LBA * BLOCK + at, len,
			       base_of(rx) + at, stag_of(rx)),
		      "%u bytes at %u cannot be written", len, at);
	}
	post(c, good(c, rx));
	finish(c);
	scratch_expect(LEN, 5);
}

CASE(target, "stag/zero-read", "A-4-1 R-7.3.1-9",
     "an RDMA Read of no bytes from a Read STag is answered, and nothing is said about it")
{
	struct conn *c = up("");
	struct rx *rx;

	fill(disk + LBA * BLOCK, LEN, 6);
	drive("read %u 8 %s", LBA, scratch());
	rx = await_io(c, LBA);
	move_data(c, rx);
	check(!rdma_op(c, IBV_WR_RDMA_READ, disk_mr(c), disk, 0, base_of(rx), stag_of(rx)),
	      "it is refused");
	post(c, good(c, rx));
	finish(c);
	scratch_expect(LEN, 6);
}

CASE(target, "stag/read-beyond", "R-7.3.1-7 R-11-6 R-11-5",
     "one byte behind the buffer of a read cannot be written")
{
	struct conn *c = up("");
	struct rx *rx = read_comes(c, 8);

	check(!refused(c, IBV_WR_RDMA_WRITE, 1, base_of(rx) + LEN - 1, stag_of(rx)),
	      "the last byte cannot be written");
	check(refused(c, IBV_WR_RDMA_WRITE, 1, base_of(rx) + LEN, stag_of(rx)),
	      "the byte behind it can be written");
}

CASE(target, "stag/read-before", "R-7.3.1-7 R-11-6",
     "the byte before the buffer of a read cannot be written")
{
	struct conn *c = up("");
	struct rx *rx = read_comes(c, 8);

	check(refused(c, IBV_WR_RDMA_WRITE, 1, base_of(rx) - 1, stag_of(rx)),
	      "it can be written");
}

CASE(target, "stag/read-across", "R-7.3.1-7 R-11-6",
     "an RDMA Write that goes a byte too far is refused as a whole")
{
	struct conn *c = up("");
	struct rx *rx = read_comes(c, 8);

	check(refused(c, IBV_WR_RDMA_WRITE, LEN + 1, base_of(rx), stag_of(rx)),
	      "%u bytes can be written", LEN + 1);
}

CASE(target, "stag/read-unaligned", "R-7.3.1-7 R-11-6",
     "the buffer of a read of 36 bytes ends there, not with its page")
{
	struct conn *c = up("");
	struct rx *rx;

	drive("sgio 120000002400 IN 36");
	do {
		rx = await(c, ISCSI_COMMAND);
		if (rx->bhs[32] != 0x12 || edtl_of(rx) != 36)
			serve_pdu(c, rx);
	} while (rx->bhs[32] != 0x12 || edtl_of(rx) != 36);
	check(!refused(c, IBV_WR_RDMA_WRITE, 36, base_of(rx), stag_of(rx)),
	      "36 bytes cannot be written");
	check(refused(c, IBV_WR_RDMA_WRITE, 1, base_of(rx) + 36, stag_of(rx)),
	      "the byte behind them can be written");
}

/* Drives a write of 64 KiB; @len becomes the number of its solicited bytes. */
static struct rx *solicited(struct conn *c, uint32_t *len)
{
	struct rx *rx = write_comes(c, 128);

	*len = edtl_of(rx) - rx->data_len;
	check(rx->b[0] & ISER_WSV, "a write of 64 KiB has no Write STag");
	return rx;
}

CASE(target, "stag/write-range", "R-7.3.1-6 R-6.9-3",
     "a Write STag can be read to its last byte")
{
	struct conn *c = up("");
	uint32_t len;
	struct rx *rx = solicited(c, &len);

	check(!refused(c, IBV_WR_RDMA_READ, len, base_of(rx), stag_of(rx)),
	      "%u bytes cannot be read", len);
	post(c, good(c, rx));
	finish(c);
}

CASE(target, "stag/write-beyond", "R-7.3.1-6 R-11-6",
     "one byte behind the buffer of a write cannot be read")
{
	struct conn *c = up("");
	uint32_t len;
	struct rx *rx = solicited(c, &len);

	check(refused(c, IBV_WR_RDMA_READ, 1, base_of(rx) + len, stag_of(rx)),
	      "it can be read");
}

CASE(target, "stag/write-before", "R-7.3.1-6 R-11-6",
     "the byte before the buffer of a write cannot be read")
{
	struct conn *c = up("ImmediateData=No");
	uint32_t len;
	struct rx *rx = solicited(c, &len);

	check(refused(c, IBV_WR_RDMA_READ, 1, base_of(rx) - 1, stag_of(rx)), "it can be read");
}

CASE(target, "stag/rights-read", "R-11-5",
     "the buffer of a read cannot be read by the target")
{
	struct conn *c = up("");
	struct rx *rx = read_comes(c, 8);

	if (conn_siw(c))
		skip("siw does not check the right to read");
	check(refused(c, IBV_WR_RDMA_READ, LEN, base_of(rx), stag_of(rx)), "it can be read");
}

CASE(target, "stag/rights-write", "R-11-5",
     "the buffer of a write cannot be written by the target")
{
	struct conn *c = up("");
	uint32_t len;
	struct rx *rx = solicited(c, &len);

	check(refused(c, IBV_WR_RDMA_WRITE, 512, base_of(rx), stag_of(rx)),
	      "it can be written");
}

static void foreign(bool read)
{
	struct conn *c = up(""), *other;
	struct rx *rx;
	uint32_t len;

	rx = read ? read_comes(c, 8) : solicited(c, &len);
	other = discovery_comes();
	check(refused(other, read ? IBV_WR_RDMA_WRITE : IBV_WR_RDMA_READ, 512, base_of(rx),
		      stag_of(rx)), "it is worth something on another connection");
	/* On its own connection the STag is still valid. */
	check(!refused(c, read ? IBV_WR_RDMA_WRITE : IBV_WR_RDMA_READ, 512, base_of(rx),
		       stag_of(rx)), "it is worth nothing on its own connection");
	post(c, good(c, rx));
	/* The initiator tries the discovery again. */
	other = conn_accept(NULL);
	serve_login(other, "");
	finish_both(c, other);
}

CASE(target, "stag/foreign-read", "R-11-6 D-5.3-1",
     "the STag of a read is worth nothing on another connection of the initiator")
{
	foreign(true);
}

CASE(target, "stag/foreign-write", "R-11-6 D-5.3-1",
     "the STag of a write is worth nothing on another connection of the initiator")
{
	foreign(false);
}

CASE(target, "stag/fresh", "R-1.5.1-1 R-7.3.1-5 R-7.3.1-8",
     "sixteen reads one behind the other: each has an STag that the one before had not")
{
	struct conn *c = up("");
	uint32_t last = 0;
	int i;

	for (i = 0; i < 16; i++) {
		struct rx *rx = read_comes(c, 8);

		check(stag_of(rx) != last, "STag %x is used again at once", last);
		last = stag_of(rx);
		serve_pdu(c, rx);
		finish(c);
	}
}

CASE(target, "stag/many", "R-7.3.1-5 R-7.3.1-8 R-8.1.1.1-1",
     "commands that are outstanding together: ITTs and STags differ, responses in any order do")
{
	struct rx *held[32];
	struct conn *c = up("");
	int n = 0, i, j;

	drive("read 0 32768");	/* 16 MiB, in commands of 512 KiB at most */
	while (n < 8) {
		struct rx *rx = await(c, ISCSI_COMMAND);

		if (rx->bhs[32] != 0x28 || edtl_of(rx) < 65536) {
			serve_pdu(c, rx);
			continue;
		}
		for (i = 0; i < n; i++) {
			check(itt_of(rx->bhs) != itt_of(held[i]->bhs), "an ITT is used twice");
			check(stag_of(rx) != stag_of(held[i]), "an STag is used twice");
		}
		held[n++] = rx;
	}
	for (j = n - 1; j >= 0; j--)
		serve_pdu(c, held[j]);
	finish(c);
}
