// SPDX-License-Identifier: GPL-2.0-only
/* Handles PDUs: logins, which all get the same answers, and PDUs that need no disk. */
#include "target.h"

static const char *answer_key(const char *key, const char *offer)
{
	static const char * const table[][2] = {
		/* no value: as it was offered; "": a declaration that needs no answer */
		{ "InitiatorName", "" }, { "InitiatorAlias", "" }, { "TargetName", "" },
		{ "SessionType", "" }, { "MaxRecvDataSegmentLength", "" },
		{ "MaxOutstandingUnexpectedPDUs", "" }, { "MaxAHSLength", "" },
		{ "TaggedBufferForSolicitedDataOnly", "" },
		{ "AuthMethod", "None" }, { "HeaderDigest", "None" },
		{ "DataDigest", "None" }, { "MaxConnections", "1" },
		{ "ErrorRecoveryLevel", "0" }, { "DefaultTime2Retain", "0" },
		{ "DefaultTime2Wait", NULL }, { "MaxOutstandingR2T", "1" },
		{ "MaxBurstLength", NULL }, { "FirstBurstLength", NULL },
		{ "DataPDUInOrder", "Yes" }, { "DataSequenceInOrder", "Yes" },
		{ "OFMarker", "No" }, { "IFMarker", "No" }, { "ImmediateData", NULL },
		{ "RDMAExtensions", "Yes" }, { "InitiatorRecvDataSegmentLength", NULL },
		{ "TargetRecvDataSegmentLength", NULL }, { "iSERHelloRequired", "No" },
	};
	unsigned int i;

	if (!strcmp(key, "InitialR2T"))
		return opt.unsolicited ? offer : "Yes";
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (!strcmp(key, table[i][0]))
			return table[i][1] ? table[i][1] : offer;
	return "NotUnderstood";
}

static int logins;

static void login(struct conn *c, const unsigned char *req, char *text, uint32_t len)
{
	unsigned char *bhs = c->mem + ISER;
	char *out = (char *)bhs + BHS, *key, *value, *next;
	int final = (req[1] & 0x83) == 0x83;

	c->expcmdsn = get32(req + 24);
	pdu(c, 0x23, get32(req + 16));
	bhs[1] = req[1] & 0x8f;
	memcpy(bhs + 8, req + 8, 8);		/* ISID, TSIH */
	put32(bhs + 20, 0);
	if (final)
		bhs[15] = 1 + logins % 100;
	text[len] = 0;
	for (key = text; key < text + len; key = next) {
		next = key + strlen(key) + 1;
		value = strchr(key, '=');
		if (!value)
			continue;
		*value++ = 0;
		if (!strcmp(key, "TargetName"))
			out += sprintf(out, "TargetPortalGroupTag=1") + 1;
		if (*answer_key(key, value))
			out += sprintf(out, "%s=%s", key, answer_key(key, value)) + 1;
	}
	len = out - ((char *)bhs + BHS);
	memset(out, 0, 4);
	put24(bhs + 5, len);
	c->statsn++;
	if (final) {
		c->full = 1;
		printf("login %d\n", ++logins);
	}
	send_pdu(c, (len + 3) & ~3u, 0);
}

void received(struct conn *c, unsigned char *msg, uint32_t len)
{
	unsigned char *bhs = msg + ISER;
	uint32_t itt = get32(bhs + 16);

	if (len < ISER + BHS || c->mute)
		return;
	if (c->full && !(bhs[0] & 0x40) && (bhs[0] & 0x3f) != 0x05)
		c->expcmdsn = get32(bhs + 24) + 1;
	switch (bhs[0] & 0x3f) {
	case 0x00:
		if (itt == 0xffffffff)
			return;
		pdu(c, 0x20, itt);
		break;
	case 0x01:
		scsi(c, msg, len);
		return;
	case 0x02:
		if (tmf_misbehave(c, itt, bhs[1] & 0x7f))
			return;
		put32(pdu(c, 0x22, itt) + 20, 0);
		break;
	case 0x03:
		login(c, bhs, (char *)bhs + BHS, bhs[5] << 16 | bhs[6] << 8 | bhs[7]);
		return;
	case 0x06:
		put32(pdu(c, 0x26, itt) + 20, 0);
		break;
	case 0x05:
		data_out(c, bhs, bhs + BHS, bhs[5] << 16 | bhs[6] << 8 | bhs[7]);
		return;
	default:
		return;
	}
	c->statsn++;
	send_pdu(c, 0, 0);
}
