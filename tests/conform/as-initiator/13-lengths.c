// SPDX-License-Identifier: GPL-2.0-only
/* The segment lengths: sections 6.2, 6.4, 6.5. */
#include "conform.h"

#define MINE	"InitiatorRecvDataSegmentLength"
#define ITS	"TargetRecvDataSegmentLength"

static struct conn *lengths(const char *key, const char *value, int *status)
{
	char changes[128];
	struct conn *c = conn_open(NULL);

	snprintf(changes, sizeof(changes), "%s=%s", key, value);
	*status = login_try(c, changes);
	return c;
}

static void in_range(const char *key, unsigned long value)
{
	char text[32];
	int status;
	struct conn *c;
	unsigned long got;

	snprintf(text, sizeof(text), "%lu", value);
	c = lengths(key, text, &status);
	check(!status, "%s=%lu: the login fails, %04x", key, value, status);
	check(answer(c, key), "%s is not answered", key);
	got = strtoul(answer(c, key), NULL, 0);
	check(got >= 512 && got <= value, "%s=%lu is answered with %s: not the minimum", key,
	      value, answer(c, key));
	note("%s=%lu is answered with %lu", key, value, got);
	ping(c);
}

static void out_of_range(const char *key, const char *value)
{
	int status;
	struct conn *c = lengths(key, value, &status);

	check(status || (answer(c, key) && !strcmp(answer(c, key), "Reject")),
	      "%s=%s is answered with %s", key, value, answer(c, key) ?: "nothing");
}

#define IN_RANGE(name, key, value, ids)						\
	CASE(initiator, "keys/" name, ids, key "=" #value " is in range; the result is no more") \
	{									\
		in_range(key, value);						\
	}

#define OUT_OF_RANGE(name, key, value, ids)					\
	CASE(initiator, "keys/" name, ids, key "=" value " is out of range: Reject") \
	{									\
		out_of_range(key, value);					\
	}

IN_RANGE("target-length-512", ITS, 512, "R-6.4-1 R-6.4-2")
IN_RANGE("target-length-8192", ITS, 8192, "R-6.4-1 R-6.4-2")
IN_RANGE("target-length-262144", ITS, 262144, "R-6.4-1")
IN_RANGE("target-length-max", ITS, 16777215, "R-6.4-1")
OUT_OF_RANGE("target-length-511", ITS, "511", "R-6.4-1")
OUT_OF_RANGE("target-length-16777216", ITS, "16777216", "R-6.4-1")
IN_RANGE("initiator-length-512", MINE, 512, "R-6.5-1 R-6.5-2")
IN_RANGE("initiator-length-8192", MINE, 8192, "R-6.5-1 R-6.5-2")
IN_RANGE("initiator-length-262144", MINE, 262144, "R-6.5-1")
IN_RANGE("initiator-length-max", MINE, 16777215, "R-6.5-1")
OUT_OF_RANGE("initiator-length-511", MINE, "511", "R-6.5-1")
OUT_OF_RANGE("initiator-length-16777216", MINE, "16777216", "R-6.5-1")

static uint32_t result(struct conn *c, const char *key)
{
	const char *value = answer(c, key);

	check(value, "%s is not answered", key);
	return strtoul(value, NULL, 0);
}

CASE(initiator, "keys/target-length-holds", "R-6.4-2 R-6.2-4",
     "of a large offer the target accepts what it answers: a ping of that size")
{
	struct conn *c = session(ITS "=16384 " MINE "=8192");
	uint32_t len = result(c, ITS);
	struct msg *m = nop_out(c, true);

	check(len <= 16384, "%u is more than was offered", len);
	add_data(m, NULL, len);
	ask(c, m, ISCSI_NOP_IN);
}

CASE(initiator, "keys/target-length-absent", "R-6.4-1",
     "without the key 8192 bytes are accepted")
{
	struct conn *c = session("-" ITS);
	struct msg *m = nop_out(c, true);

	add_data(m, NULL, 8192);
	ask(c, m, ISCSI_NOP_IN);
}

CASE(initiator, "keys/initiator-length-absent", "R-6.5-1 R-6.5-4",
     "without the key no more than 8192 bytes come")
{
	struct conn *c = session("-" MINE " ~" MINE "=8192");
	struct msg *m = nop_out(c, true);
	struct rx *rx;

	add_data(m, NULL, 8192);
	rx = ask(c, m, ISCSI_NOP_IN);
	check(rx->data_len <= 8192, "%u bytes came", rx->data_len);
}

CASE(initiator, "keys/max-recv-ignored-small", "R-6.2-1 O-6.2-1",
     "MaxRecvDataSegmentLength=512 does not limit what comes: 4096 bytes of ping do")
{
	struct conn *c = session("MaxRecvDataSegmentLength=512 " MINE "=8192");
	struct msg *m = nop_out(c, true);
	struct rx *rx;

	add_data(m, NULL, 4096);
	rx = ask(c, m, ISCSI_NOP_IN);
	check(rx->data_len == 4096, "%u bytes came, not 4096", rx->data_len);
}

CASE(initiator, "keys/max-recv-ignored-large", "R-6.2-1 R-6.5-4 O-6.2-1",
     "MaxRecvDataSegmentLength=65536 does not widen what comes: 512 bytes as declared")
{
	struct conn *c = session("MaxRecvDataSegmentLength=65536 " MINE "=512");
	struct msg *m = nop_out(c, true);
	struct rx *rx;

	add_data(m, NULL, 4096);
	rx = ask(c, m, ISCSI_NOP_IN);
	check(rx->data_len <= 512, "%u bytes came, more than 512", rx->data_len);
}

CASE(initiator, "keys/initiator-length-sense", "R-6.5-4 R-7.3.2-1 R-6.2-4",
     "with 512 bytes a response with sense data keeps to it")
{
	static const uint8_t cdb[6] = { 0xc1 };	/* no such operation */
	struct conn *c = session(MINE "=512");
	struct rx *rx = ask(c, scsi(c, cdb, sizeof(cdb), 0, 0), ISCSI_RESPONSE);

	expect_sense(rx, "an unknown operation code");
	check(rx->data_len <= 512, "%u bytes came", rx->data_len);
}

CASE(initiator, "keys/initiator-length-text", "R-6.5-4 R-7.3.8-1",
     "with 512 bytes every Text Response keeps to it, the rest is continued")
{
	struct conn *c = session(MINE "=512");
	struct msg *m = send_targets(c);
	uint32_t total = 0, ttt;
	struct rx *rx;
	int round;

	for (round = 0; round < 64; round++) {
		rx = ask(c, m, ISCSI_TEXT_RSP);
		check(rx->data_len <= 512, "%u bytes came", rx->data_len);
		total += rx->data_len;
		if (rx->bhs[1] & FINAL)
			break;
		ttt = get32(rx->bhs + 20);
		m = text_request(c, "");
		put32(BHS(m) + 20, ttt);
	}
	check(round < 64, "no end of the text");
	note("%u bytes of text in %d PDUs", total, round + 1);
}
