// SPDX-License-Identifier: GPL-2.0-only
/* Makes messages and takes them apart. */
#include "conform.h"

static uint32_t pad4(uint32_t len)
{
	return (len + 3) & ~3u;
}

struct msg *msg_raw(const void *bytes, uint32_t len)
{
	struct msg *m = calloc(1, sizeof(*m));

	if (!m || len > MSG_ROOM)
		fail("a message of %u bytes has no room", len);
	if (bytes)
		memcpy(m->b, bytes, len);
	m->len = len;
	return m;
}

struct msg *pdu(struct conn *c, uint8_t opcode)
{
	struct msg *m = msg_raw(NULL, MSG_MIN);
	uint8_t *bhs = BHS(m);

	m->b[0] = ISER_CONTROL;
	bhs[0] = opcode;
	bhs[1] = FINAL;
	put32(bhs + 16, c->itt++);
	put32(bhs + 20, NO_TAG);
	put32(bhs + 24, c->cmdsn);
	put32(bhs + 28, c->exp_statsn);
	return m;
}

void add_ahs(struct msg *m, uint8_t type, const void *data, uint32_t len)
{
	uint8_t *bhs = BHS(m), *ahs = bhs + BHS_LEN + bhs[4] * 4;
	uint32_t size = pad4(3 + len);

	if (get24(bhs + 5))
		fail("an AHS cannot be added behind data");
	memset(ahs, 0, size);
	put16(ahs, len);
	ahs[2] = type;
	/* The byte after the type is reserved, or the first byte of the rest of a CDB. */
	memcpy(ahs + 3, data, len);
	bhs[4] += size / 4;
	m->len += size;
}

void add_data(struct msg *m, const void *data, uint32_t len)
{
	uint8_t *bhs = BHS(m);
	uint32_t old = get24(bhs + 5), i;
	uint8_t *to = bhs + BHS_LEN + bhs[4] * 4 + old;

	if (to + pad4(len) > m->b + MSG_ROOM)
		fail("%u bytes of data have no room", len);
	if (data)
		memcpy(to, data, len);
	else
		for (i = 0; i < len; i++)
			to[i] = 'a' + (old + i) % 26;
	put24(bhs + 5, old + len);
	m->len = MSG_MIN + bhs[4] * 4 + pad4(old + len);
}

struct msg *hello(uint8_t max, uint8_t min, uint16_t ird)
{
	struct msg *m = msg_raw(NULL, ISER_LEN);

	m->b[0] = ISER_HELLO;
	m->b[1] = max << 4 | min;
	put16(m->b + 2, ird);
	return m;
}

uint32_t itt_of(const void *bhs)
{
	return get32((const uint8_t *)bhs + 16);
}

static bool zero(const uint8_t *p, uint32_t len)
{
	while (len--)
		if (*p++)
			return false;
	return true;
}

/* Sections 9.2 to 9.4: fields that a sender leaves zero. */
static const char *header_fault(const uint8_t *b)
{
	switch (b[0] & 0xf0) {
	case ISER_CONTROL:
		if (b[0] & 3 || !zero(b + 1, 3))
			return "reserved bits of the iSER header are set";
		if (!(b[0] & ISER_WSV) && !zero(b + 4, 12))
			return "write fields without WSV";
		if (!(b[0] & ISER_RSV) && !zero(b + 16, 12))
			return "read fields without RSV";
		return NULL;
	case ISER_HELLO:
		if (b[0] & 0xf || !zero(b + 4, 24))
			return "reserved bits of the Hello are set";
		return NULL;
	case ISER_HELLO_REPLY:
		if (b[0] & 0xe || !zero(b + 4, 24))
			return "reserved bits of the HelloReply are set";
		return NULL;
	}
	return "no opcode of iSER";
}

struct rx *rx_parse(const void *bytes, uint32_t len)
{
	struct rx *rx = calloc(1, sizeof(*rx) + len + 1);
	uint32_t end;

	if (!rx)
		fail("no memory");
	rx->b = (uint8_t *)(rx + 1);
	rx->len = len;
	rx->opcode = NO_PDU;
	memcpy(rx->b, bytes, len);
	if (len < ISER_LEN) {
		rx->header_fault = "shorter than an iSER header";
		return rx;
	}
	rx->header_fault = header_fault(rx->b);
	if ((rx->b[0] & 0xf0) != ISER_CONTROL) {
		if (len != ISER_LEN)
			rx->header_fault = "bytes behind a Hello or HelloReply";
		return rx;
	}
	if (len < MSG_MIN) {
		rx->header_fault = "shorter than header and BHS";
		return rx;
	}
	rx->bhs = rx->b + ISER_LEN;
	rx->ahs_len = rx->bhs[4] * 4;
	rx->data_len = get24(rx->bhs + 5);
	end = MSG_MIN + rx->ahs_len + rx->data_len;
	if (len != end && len != pad4(end)) {
		rx->header_fault = "the lengths in the BHS are not that of the message";
		rx->bhs = NULL;
		return rx;
	}
	rx->opcode = rx->bhs[0] & 0x3f;
	rx->ahs = rx->ahs_len ? rx->bhs + BHS_LEN : NULL;
	rx->data = rx->bhs + BHS_LEN + rx->ahs_len;
	return rx;
}

const char *opcode_name(uint8_t opcode)
{
	static char other[32];
	static const struct {
		uint8_t opcode;
		const char *name;
	} names[] = {
		{ ISCSI_NOP_OUT, "NOP-Out" }, { ISCSI_COMMAND, "SCSI Command" },
		{ ISCSI_TMF, "Task Management Request" }, { ISCSI_LOGIN, "Login Request" },
		{ ISCSI_TEXT, "Text Request" }, { ISCSI_DATA_OUT, "Data-Out" },
		{ ISCSI_LOGOUT, "Logout Request" }, { ISCSI_SNACK, "SNACK" },
		{ ISCSI_NOP_IN, "NOP-In" }, { ISCSI_RESPONSE, "SCSI Response" },
		{ ISCSI_TMF_RSP, "Task Management Response" },
		{ ISCSI_LOGIN_RSP, "Login Response" }, { ISCSI_TEXT_RSP, "Text Response" },
		{ ISCSI_DATA_IN, "Data-In" }, { ISCSI_LOGOUT_RSP, "Logout Response" },
		{ ISCSI_R2T, "R2T" }, { ISCSI_ASYNC, "Asynchronous Message" },
		{ ISCSI_REJECT, "Reject" }, { NO_PDU, "a message that is no PDU" },
	};
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].opcode == opcode)
			return names[i].name;
	snprintf(other, sizeof(other), "a PDU with opcode %02x", opcode);
	return other;
}
