// SPDX-License-Identifier: GPL-2.0-only
/* The login of a target, and its responses. */
#include "conform.h"

#define WINDOW		32

const char *offered(const struct conn *c, const char *key)
{
	return text_get(&c->offer, key);
}

struct msg *reply(struct conn *c, const struct rx *rx, uint8_t opcode)
{
	struct msg *m = msg_raw(NULL, MSG_MIN);
	uint8_t *bhs = BHS(m);

	/*
	 * A PDU that is not immediate takes a CmdSN; those before it have arrived as
	 * well.
	 */
	if (rx && rx->opcode != ISCSI_DATA_OUT && !(rx->bhs[0] & IMMEDIATE) && !c->frozen &&
	    (int32_t)(get32(rx->bhs + 24) - c->cmdsn) >= 0)
		c->cmdsn = get32(rx->bhs + 24) + 1;
	m->b[0] = ISER_CONTROL;
	bhs[0] = opcode;
	bhs[1] = FINAL;
	put32(bhs + 16, rx ? itt_of(rx->bhs) : NO_TAG);
	put32(bhs + 20, opcode == ISCSI_NOP_IN || opcode == ISCSI_TEXT_RSP ? NO_TAG : 0);
	put32(bhs + 24, c->exp_statsn);
	/* A NOP-In that is not an answer takes no StatSN. */
	c->exp_statsn += rx || opcode != ISCSI_NOP_IN;
	put32(bhs + 28, c->cmdsn);
	put32(bhs + 32, c->cmdsn + WINDOW - 1);
	return m;
}

/* NULL: the key is a declaration and needs no answer. */
static const char *answer_to(const char *key, const char *value, const char *changes)
{
	static const struct {
		const char *key, *answer;	/* "=": as offered; "": none */
	} table[] = {
		{ "InitiatorName", "" }, { "InitiatorAlias", "" }, { "TargetName", "" },
		{ "SessionType", "" }, { "MaxRecvDataSegmentLength", "" },
		{ "AuthMethod", "None" }, { "HeaderDigest", "None" }, { "DataDigest", "None" },
		{ "MaxConnections", "1" }, { "ErrorRecoveryLevel", "0" },
		{ "DefaultTime2Retain", "0" }, { "DefaultTime2Wait", "=" },
		{ "MaxOutstandingR2T", "1" }, { "MaxBurstLength", "=" },
		{ "FirstBurstLength", "=" }, { "DataPDUInOrder", "Yes" },
		{ "DataSequenceInOrder", "Yes" }, { "OFMarker", "No" }, { "IFMarker", "No" },
		{ "InitialR2T", "Yes" }, { "ImmediateData", "=" }, { "RDMAExtensions", "Yes" },
		{ "InitiatorRecvDataSegmentLength", "=" },
		{ "TargetRecvDataSegmentLength", "8192" },
		{ "MaxOutstandingUnexpectedPDUs", "16" }, { "MaxAHSLength", "256" },
		{ "TaggedBufferForSolicitedDataOnly", "=" }, { "iSERHelloRequired", "No" },
	};
	static struct text own;
	char word[160];
	unsigned int i;

	own.len = 0;
	text_change(&own, changes);
	if (text_get(&own, key))
		return text_get(&own, key);
	if (opt.like->no_immediate && !strcmp(key, "ImmediateData"))
		return "No";
	snprintf(word, sizeof(word), "-%s", key);
	if (strstr(changes, word))
		return NULL;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strcmp(key, table[i].key))
			continue;
		if (opt.like->no_answer && i >= sizeof(table) / sizeof(table[0]) - 4)
			return "NotUnderstood";
		if (!*table[i].answer)
			return NULL;
		return *table[i].answer == '=' ? value : table[i].answer;
	}
	return "NotUnderstood";
}

bool serve_login_request(struct conn *c, const struct rx *rx, const char *changes)
{
	bool final = (rx->bhs[1] & 0x83) == 0x83;
	const char *p = (const char *)rx->data, *end = p + rx->data_len, *value;
	struct msg *m;
	struct text t = { 0 };

	c->cmdsn = get32(rx->bhs + 24);
	m = reply(c, rx, ISCSI_LOGIN_RSP);
	BHS(m)[1] = rx->bhs[1] & 0x8f;
	memcpy(BHS(m) + 8, rx->bhs + 8, 8);
	if (final && !get16(rx->bhs + 14))
		put16(BHS(m) + 14, 1 + getpid() % 60000);
	for (; p < end; p += strlen(p) + 1) {
		char key[128];

		snprintf(key, sizeof(key), "%.*s", (int)strcspn(p, "="), p);
		value = p + strlen(key);
		if (!*value++)
			continue;
		text_add(&c->offer, key, value);
		if (!strcmp(key, "TargetName"))
			text_add(&t, "TargetPortalGroupTag", "1");
		value = answer_to(key, value, changes);
		if (value)
			text_add(&t, key, value);
	}
	/* "+Key=Value": sent although the initiator did not ask. */
	if (final) {
		const char *more = strchr(changes, '+');

		for (; more; more = strchr(more + 1, '+')) {
			char word[256];

			snprintf(word, sizeof(word), "%.*s", (int)strcspn(more, " "), more);
			text_change(&t, word);
		}
	}
	if (t.len)
		add_data(m, t.b, t.len);
	c->full = final;
	post(c, m);
	return final;
}

void serve_login(struct conn *c, const char *changes)
{
	struct rx *rx;

	do {
		step("waiting for a Login Request");
		rx = next_rx(c, 2 * opt.wait_ms);
		if (!rx)
			fail("%s", c->ended ? "the initiator went during login" :
			     "no Login Request came");
		check(rx->opcode == ISCSI_LOGIN, "%s came, no Login Request",
		      opcode_name(rx->opcode));
	} while (!serve_login_request(c, rx, changes));
}

struct conn *serve_session(const struct cm *cm, const char *changes)
{
	struct conn *c;

	conn_listen();
	drive("login");
	c = conn_accept(cm);
	serve_login(c, changes);
	return c;
}

int serve_driven(struct conn *c)
{
	long end = now_ms() + 6L * opt.wait_ms * opt.slow;
	int code;

	step("serving until what is driven has ended");
	while ((code = drive_wait(0)) < 0) {
		struct rx *rx = next_rx(c, 5);

		if (rx)
			serve_pdu(c, rx);
		else if (c->ended)
			usleep(2000);
		if (now_ms() > end)
			fail("what is driven does not end%s", c->ended ? ": the connection has" : "");
	}
	return code;
}
