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

/*
 * A login whose keys come in two parts (RFC 7143, section 6.2): LIO takes the offer of
 * the first part for itself, whatever the answer says.
 */
static struct conn *raised_limit(void)
{
	struct conn *c = conn_open(NULL);
	struct text t = { 0 };
	struct msg *m;
	struct rx *rx;

	text_add(&t, "InitiatorName", opt.initiator);
	text_add(&t, "TargetName", opt.target);
	text_add(&t, "SessionType", "Normal");
	text_add(&t, "TargetRecvDataSegmentLength", "16777215");
	m = login_pdu(c, 1, -1, &t);
	BHS(m)[1] |= 0x40;		/* C: the text goes on */
	rx = login_round(c, m);
	if (!rx || login_status(rx))
		skip("the target refuses a text in two parts");
	rx = login_round(c, login_pdu(c, 1, -1, NULL));
	if (!rx || login_status(rx))
		skip("the target refuses a second part that is empty");
	text_default(&t, YES);
	text_change(&t, "-InitiatorName -TargetName -SessionType -TargetRecvDataSegmentLength");
	c->offer = t;
	rx = login_round(c, login_pdu(c, 1, 3, &t));
	if (!rx || login_status(rx) || (rx->bhs[1] & 0x83) != 0x83)
		skip("the login does not end after a text in two parts");
	c->full = true;
	return c;
}

/* MODE SELECT(10): its length is not that of the medium's blocks. */
static void beyond_receive(uint32_t len)
{
	const uint8_t cdb[10] = { 0x55, 0x10, [7] = len >> 8, [8] = len };
	struct conn *c = raised_limit();
	struct msg *out = scsi(c, cdb, sizeof(cdb), len, SCSI_WRITE);

	add_data(out, NULL, len);
	post(c, out);
	expect_refusal(c, "more than TargetRecvDataSegmentLength");
	still_serves();
}

CASE(initiator, "data-out/beyond-receive", "R-10.1.3.4-4",
     "8448 bytes of immediate data, which a receive has room for, are refused")
{
	beyond_receive(8448);
}

CASE(initiator, "data-out/beyond-receive-odd", "R-10.1.3.4-4",
     "8445 bytes of immediate data are refused")
{
	beyond_receive(8445);
}
