// SPDX-License-Identifier: GPL-2.0-only
/* Unsolicited Data-Out: section 7.3.4. */
#include "conform.h"

#define YES	"TaggedBufferForSolicitedDataOnly=Yes "

/* Logs in to a session in which Data-Out need no R2T. */
static struct conn *unsolicited(const char *changes)
{
	char all[512];
	struct conn *c;
	const char *value;

	snprintf(all, sizeof(all), "InitialR2T=No %s", changes);
	c = session(all);
	value = answer(c, "InitialR2T");
	if (!value || strcmp(value, "No"))
		skip("the target answers InitialR2T=%s", value ?: "(nothing)");
	return c;
}

/* Sends the first burst in pieces of @piece bytes, beginning at @from. */
static void burst(struct conn *c, uint32_t itt, struct mem *m, uint32_t from, uint32_t piece)
{
	uint32_t first = answer_number(c, "FirstBurstLength", 65536), sn = 0, len;
	uint32_t end = first < m->len ? first : m->len;

	for (; from < end; from += len) {
		len = end - from < piece ? end - from : piece;
		post(c, data_out(c, itt, NO_TAG, sn++, from, m->p + from, len,
				 from + len == end));
	}
}

static void whole(struct conn *c, uint32_t len, uint32_t immediate, uint32_t piece, uint32_t seed)
{
	uint32_t lba = free_block(c);
	struct mem *m = mem_new(c, len, WRITE_SOURCE);
	struct msg *out;

	fill(m->p, len, seed);
	out = write_in_parts(c, lba, m, immediate);
	post(c, out);
	burst(c, itt_of(BHS(out)), m, immediate, piece);
	expect_good(expect(c, ISCSI_RESPONSE, itt_of(BHS(out))));
	verify(c, lba, len, seed);
}

CASE(initiator, "data-out/first-burst", "R-7.3.4-2 R-9.5.1-1 R-7.2-1 R-9.5.1-2",
     "immediate data, then Data-Out of 8192 bytes: the whole write")
{
	whole(unsolicited(YES "FirstBurstLength=65536"), 65536, 8192, 8192, 130);
}

CASE(initiator, "data-out/no-immediate", "R-7.3.4-2 R-9.5.1-1",
     "the same without immediate data")
{
	whole(unsolicited(YES "FirstBurstLength=65536 ImmediateData=No"), 65536, 0, 8192, 131);
}

CASE(initiator, "data-out/odd-pieces", "R-7.3.4-2",
     "pieces of 1000 bytes: they begin anywhere")
{
	struct conn *c = unsolicited(YES "FirstBurstLength=4096 "
				     "TargetRecvDataSegmentLength=1000");

	whole(c, 16384, 0, answer_number(c, "TargetRecvDataSegmentLength", 8192), 132);
}

CASE(initiator, "data-out/then-fetched", "R-7.3.4-2 R-6.9-3 R-7.3.6-9",
     "the first burst by Data-Out, the rest fetched: TaggedBufferForSolicitedDataOnly=Yes")
{
	whole(unsolicited(YES "FirstBurstLength=32768"), 262144, 8192, 8192, 133);
}

CASE(initiator, "data-out/then-fetched-no", "R-7.3.4-2 R-6.9-2 R-7.3.6-9",
     "the same with No")
{
	struct conn *c = unsolicited("TaggedBufferForSolicitedDataOnly=No FirstBurstLength=32768");

	need_key(c, "TaggedBufferForSolicitedDataOnly");
	whole(c, 262144, 8192, 8192, 134);
}

CASE(initiator, "data-out/interleaved", "R-7.3.4-2 R-7.3.1-10",
     "the Data-Out of four writes in turn")
{
	struct conn *c = unsolicited(YES "FirstBurstLength=32768 ImmediateData=No");
	uint32_t lba = free_block(c), size = block_size(c), sn;
	struct mem *m[4];
	struct msg *out[4];
	int i;

	for (i = 0; i < 4; i++) {
		m[i] = mem_new(c, 32768, WRITE_SOURCE);
		fill(m[i]->p, 32768, 140 + i);
		out[i] = write_in_parts(c, lba + i * 32768 / size, m[i], 0);
		post(c, out[i]);
	}
	for (sn = 0; sn < 4; sn++)
		for (i = 0; i < 4; i++)
			post(c, data_out(c, itt_of(BHS(out[i])), NO_TAG, sn, sn * 8192,
					 m[i]->p + sn * 8192, 8192, sn == 3));
	for (i = 0; i < 4; i++)
		expect_good(expect(c, ISCSI_RESPONSE, itt_of(BHS(out[i]))));
	for (i = 0; i < 4; i++)
		verify(c, lba + i * 32768 / size, 32768, 140 + i);
}

/*
 * Sends the command and its Data-Out by one doorbell.  The target fetches the last
 * @fetched bytes.
 */
static void one_doorbell(struct conn *c, uint32_t fetched, uint32_t seed)
{
	uint32_t lba = free_block(c), first = 32768, i;
	struct mem *m = mem_new(c, first + fetched, WRITE_SOURCE);
	struct msg *all[5];

	fill(m->p, m->len, seed);
	all[0] = write_in_parts(c, lba, m, 0);
	for (i = 0; i < 4; i++)
		all[i + 1] = data_out(c, itt_of(BHS(all[0])), NO_TAG, i, i * 8192,
				      m->p + i * 8192, 8192, i == 3);
	post_many(c, all, 5);
	expect_good(expect(c, ISCSI_RESPONSE, itt_of(BHS(all[0]))));
	verify(c, lba, m->len, seed);
}

CASE(initiator, "data-out/one-doorbell", "R-7.3.4-2 R-7.3.4-1",
     "20 writes, the command and its Data-Out by one doorbell each")
{
	struct conn *c = unsolicited(YES "FirstBurstLength=32768 ImmediateData=No");
	int i;

	for (i = 0; i < 20; i++)
		one_doorbell(c, i % 2 ? 0 : 65536, 150 + i);
}

CASE(initiator, "data-out/tag-again", "R-7.3.4-2 R-9.5.1-1",
     "the tag of a command that has just been answered is used again: Data-Out find the new one")
{
	struct conn *c = unsolicited(YES "FirstBurstLength=8192 ImmediateData=No");
	struct mem *out = mem_new(c, 8192, WRITE_SOURCE), *in = mem_new(c, 4096, READ_SINK);
	uint32_t lba = free_block(c), seed;

	/*
	 * The tag may have been that of a read or of no data: neither of them has
	 * Data-Out.
	 */
	for (seed = 190; seed < 192; seed++) {
		struct msg *m[2], *old = seed & 1 ? read_blocks(c, lba, in) : test_unit_ready(c);
		uint32_t itt = itt_of(BHS(old));

		command(c, old);
		fill(out->p, out->len, seed);
		m[0] = write_in_parts(c, lba, out, 0);
		put32(BHS(m[0]) + 16, itt);
		m[1] = data_out(c, itt, NO_TAG, 0, 0, out->p, out->len, true);
		post_many(c, m, 2);
		expect_good(expect(c, ISCSI_RESPONSE, itt));
		verify(c, lba, out->len, seed);
	}
}

CASE(initiator, "data-out/ahead-of-cmdsn", "R-7.3.4-2 R-9.5.1-1",
     "the Data-Out of a write that waits for an earlier CmdSN are taken, and it waits")
{
	struct conn *c = unsolicited(YES "FirstBurstLength=32768 ImmediateData=No");
	uint32_t lba = free_block(c), i;
	struct mem *m = mem_new(c, 32768, WRITE_SOURCE);
	struct msg *missing = test_unit_ready(c), *out;

	fill(m->p, m->len, 180);
	out = write_in_parts(c, lba, m, 0);
	post(c, out);
	for (i = 0; i < 4; i++)
		post(c, data_out(c, itt_of(BHS(out)), NO_TAG, i, i * 8192, m->p + i * 8192,
				 8192, i == 3));
	nothing_else(c);
	post(c, missing);
	expect_good(expect(c, ISCSI_RESPONSE, itt_of(BHS(missing))));
	expect_good(expect(c, ISCSI_RESPONSE, itt_of(BHS(out))));
	verify(c, lba, m->len, 180);
}

CASE(initiator, "data-out/response-waits", "R-9.5.1-2 R-9.5.1-1",
     "no response before the last Data-Out has come")
{
	struct conn *c = unsolicited(YES "FirstBurstLength=16384 ImmediateData=No");
	struct mem *m = mem_new(c, 16384, WRITE_SOURCE);
	struct msg *out = write_in_parts(c, free_block(c), m, 0);
	uint32_t itt = itt_of(BHS(out));

	fill(m->p, m->len, 135);
	post(c, out);
	post(c, data_out(c, itt, NO_TAG, 0, 0, m->p, 8192, false));
	nothing_else(c);
	post(c, data_out(c, itt, NO_TAG, 1, 8192, m->p + 8192, 8192, true));
	expect_good(expect(c, ISCSI_RESPONSE, itt));
}

/* Sends one Data-Out that the target must not take. */
static void refused(const char *changes, uint32_t ttt, uint32_t offset, uint32_t len,
		    const char *why)
{
	struct conn *c = unsolicited(changes);
	struct mem *m = mem_new(c, 65536, WRITE_SOURCE);
	struct msg *out = write_in_parts(c, free_block(c), m, 0);

	post(c, out);
	post(c, data_out(c, itt_of(BHS(out)), ttt, 0, offset, m->p, len, true));
	expect_refusal(c, why);
	still_serves();
}

CASE(initiator, "data-out/too-long", "R-6.4-5 R-10.1.3.4-4",
     "a Data-Out longer than TargetRecvDataSegmentLength is refused without harm")
{
	struct conn *c = unsolicited(YES "FirstBurstLength=8192 ImmediateData=No "
				     "TargetRecvDataSegmentLength=4096");

	if (answer_number(c, "TargetRecvDataSegmentLength", 8192) > 4096)
		fail("TargetRecvDataSegmentLength=%s after 4096",
		     answer(c, "TargetRecvDataSegmentLength"));
	conn_close(c);
	refused(YES "FirstBurstLength=8192 ImmediateData=No TargetRecvDataSegmentLength=4096",
		NO_TAG, 0, 4100, "more than TargetRecvDataSegmentLength");
}

CASE(initiator, "data-out/gap", "R-10.1.3.4-4",
     "a Data-Out that leaves a gap is refused")
{
	refused(YES "FirstBurstLength=65536 ImmediateData=No", NO_TAG, 4096, 4096,
		"the first 4096 bytes are missing");
}

CASE(initiator, "data-out/solicited", "R-7.3.4-4",
     "a Data-Out with a TTT, as answer to an R2T, is refused")
{
	refused(YES "FirstBurstLength=65536 ImmediateData=No", 1, 0, 4096,
		"there are no R2Ts");
}

CASE(initiator, "data-out/beyond-burst", "R-10.1.3.4-4",
     "Data-Out beyond FirstBurstLength are refused")
{
	struct conn *c = unsolicited(YES "FirstBurstLength=8192 ImmediateData=No");
	struct mem *m = mem_new(c, 65536, WRITE_SOURCE);
	struct msg *out;
	uint32_t itt;

	if (answer_number(c, "FirstBurstLength", 65536) > 8192)
		skip("FirstBurstLength=%s", answer(c, "FirstBurstLength"));
	out = write_in_parts(c, free_block(c), m, 0);
	itt = itt_of(BHS(out));
	post(c, out);
	post(c, data_out(c, itt, NO_TAG, 0, 0, m->p, 8192, false));
	post(c, data_out(c, itt, NO_TAG, 1, 8192, m->p, 8192, true));
	expect_refusal(c, "more than FirstBurstLength");
	still_serves();
}

CASE(initiator, "data-out/solicited-of-write", "R-7.3.4-4",
     "so it is for a write whose data are being fetched")
{
	struct conn *c = session("");
	struct mem *m = mem_new(c, 1048576, WRITE_SOURCE);
	struct msg *out[2];

	out[0] = write_blocks(c, free_block(c), m, 0);
	out[1] = data_out(c, itt_of(BHS(out[0])), 1, 0, 0, m->p, 4096, true);
	post_many(c, out, 2);
	step("waiting for a refusal");
	/* The target may answer the write first: then the Data-Out belongs to no task. */
	if (!take(c, ISCSI_REJECT, ANY_ITT, 1000) && !c->ended)
		check(take(c, ISCSI_RESPONSE, itt_of(BHS(out[0])), 0),
		      "neither a refusal nor the write's response");
	still_serves();
}

CASE(initiator, "data-out/missing-level-1", "R-10.2.2-5 R-10.2.2-6",
     "at level 1 a Data-Out that never comes is not fetched, nor asked for: the connection ends")
{
	/* The base is that of the whole buffer: what is missing could be fetched. */
	struct conn *c = unsolicited("TaggedBufferForSolicitedDataOnly=No "
				     "FirstBurstLength=8192 ErrorRecoveryLevel=1 "
				     "DefaultTime2Retain=2");
	long end = now_ms() + 10000L * opt.slow;
	struct mem *m;

	if (strcmp(answer(c, "ErrorRecoveryLevel") ?: "0", "1"))
		skip("the target answers ErrorRecoveryLevel=%s",
		     answer(c, "ErrorRecoveryLevel") ?: "(nothing)");
	m = mem_new(c, 16384, WRITE_SOURCE);
	post(c, write_in_parts(c, free_block(c), m, 4096));
	/* The timer of the target asks again before it gives the command up. */
	step("waiting for the end of the connection");
	while (!c->ended && now_ms() < end) {
		struct rx *rx = next_rx(c, 100);

		check(!rx || rx->opcode == ISCSI_NOP_IN || rx->opcode == ISCSI_ASYNC,
		      "%s came", opcode_name(rx->opcode));
	}
	check(c->ended, "the connection goes on");
	still_serves();
}

CASE(initiator, "data-out/stranger", "R-8.1-3 R-10.1.4.4-1",
     "Data-Out of no task, 300 of them: receives come back, or the connection ends")
{
	struct conn *c = session("");
	uint8_t data[512] = { 0 };
	int i;

	for (i = 0; i < 300 && !c->ended; i++) {
		post(c, data_out(c, 0x77770000 + i, NO_TAG, 0, 0, data, 512, true));
		if (i % 4 == 3 && !c->ended) {
			struct msg *m = nop_out(c, true);

			post(c, m);
			check(take(c, ISCSI_NOP_IN, itt_of(BHS(m)), opt.wait_ms) || c->ended,
			      "after %d of them a ping is not answered", i + 1);
			c->queue = NULL;
		}
	}
	note("%s", c->ended ? c->how : "the connection goes on");
	still_serves();
}

CASE(initiator, "data-out/late", "R-8.3.2-6 R-8.1-3",
     "Data-Out that come after the ABORT TASK of their command do no harm")
{
	struct conn *c = unsolicited(YES "FirstBurstLength=65536 ImmediateData=No");
	struct mem *m = mem_new(c, 65536, WRITE_SOURCE);
	struct msg *out = write_in_parts(c, free_block(c), m, 0);
	uint32_t itt = itt_of(BHS(out)), i;
	struct msg *abort;

	fill(m->p, m->len, 136);
	post(c, out);
	post(c, data_out(c, itt, NO_TAG, 0, 0, m->p, 8192, false));
	abort = tmf(c, TMF_ABORT_TASK, itt);
	post(c, abort);
	/* RFC 7143, section 4.2.3.3: the initiator still sends the rest of the burst. */
	for (i = 1; i < 8; i++)
		post(c, data_out(c, itt, NO_TAG, i, i * 8192, m->p + i * 8192, 8192, i == 7));
	expect(c, ISCSI_TMF_RSP, itt_of(BHS(abort)));
	ping(c);
	still_serves();
}
