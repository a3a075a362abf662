// SPDX-License-Identifier: GPL-2.0-only
/* Immediate data that were not agreed on: section 10.1.3.4. */
#include "conform.h"

#define YES	"TaggedBufferForSolicitedDataOnly=Yes "

CASE(initiator, "data-out/not-allowed", "R-10.1.3.4-4",
     "immediate data although ImmediateData=No are refused")
{
	struct conn *c = session("ImmediateData=No");
	struct mem *m = mem_new(c, 4096, WRITE_SOURCE);

	post(c, write_blocks(c, free_block(c), m, 4096));
	expect_refusal(c, "ImmediateData is No");
	still_serves();
}

CASE(initiator, "data-out/immediate-beyond-edtl", "R-10.1.3.4-4",
     "more immediate data than the EDTL are refused, or cut")
{
	struct conn *c = session(YES);
	uint32_t lba = free_block(c), size = block_size(c);
	struct mem *m = mem_new(c, size, WRITE_SOURCE);
	struct msg *out;
	struct rx *rx;

	fill(m->p, m->len, 137);
	out = write_blocks(c, lba, m, size);
	add_data(out, NULL, 512);
	post(c, out);
	step("waiting for what comes of it");
	rx = take(c, ISCSI_RESPONSE, itt_of(BHS(out)), 1000);
	if (rx && !rx->bhs[3])
		verify(c, lba, size, 137);
	still_serves();
}

CASE(initiator, "data-out/immediate-beyond-burst", "R-10.1.3.4-4",
     "more immediate data than FirstBurstLength are refused")
{
	struct conn *c = session(YES "FirstBurstLength=512");
	struct mem *m = mem_new(c, 4096, WRITE_SOURCE);

	if (strtoul(answer(c, "FirstBurstLength") ?: "65536", NULL, 0) >= 4096)
		skip("FirstBurstLength=%s", answer(c, "FirstBurstLength"));
	post(c, write_blocks(c, free_block(c), m, 4096));
	expect_refusal(c, "more than FirstBurstLength");
	still_serves();
}

CASE(initiator, "data-out/on-a-read", "R-10.1.3.4-4",
     "a read with immediate data is refused")
{
	struct conn *c = session(YES);
	struct mem *m = mem_new(c, 4096, READ_SINK);
	struct msg *in = read_blocks(c, free_block(c), m);

	add_data(in, NULL, 4096);
	post(c, in);
	expect_refusal(c, "only a write has immediate data");
	still_serves();
}
