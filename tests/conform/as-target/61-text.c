// SPDX-License-Identifier: GPL-2.0-only
/* Text, in the discovery over this transport: section 7.3.8. */
#include "target.h"

#define NAME	"iqn.2026-01.org.example.iser:found"

static struct conn *discovery_begins(void)
{
	struct conn *c;

	conn_listen();
	drive("discovery");
	c = conn_accept(NULL);
	serve_login(c, "");
	return c;
}

/* Sends a piece of the answer; with @more it has the C bit and a tag for the rest. */
static void part(struct conn *c, const struct rx *rx, const char *text, uint32_t len, bool more)
{
	struct msg *m = reply(c, rx, ISCSI_TEXT_RSP);

	if (more) {
		BHS(m)[1] = 0x40;
		put32(BHS(m) + 20, 0x4711);
	}
	if (len)
		add_data(m, text, len);
	post(c, m);
}

/* Writes the text of @targets names with an address each.  Return: its length. */
static uint32_t answer_text(char *to, int targets)
{
	uint32_t len = 0;
	int i;

	for (i = 0; i < targets; i++) {
		len += sprintf(to + len, "TargetName=" NAME "%d", i) + 1;
		len += sprintf(to + len, "TargetAddress=%s:%s,1", opt.address, opt.port) + 1;
	}
	return len;
}

CASE(target, "text/request", "R-7.3.8-1 R-7.2-1 D-8.1-2",
     "SendTargets=All comes in one Send with its text, no STag, no TTT")
{
	static char text[1024];
	struct conn *c = discovery_begins();
	struct rx *rx = await(c, ISCSI_TEXT);

	check(rx->b[0] == ISER_CONTROL, "the header begins %02x", rx->b[0]);
	check(get32(rx->bhs + 20) == NO_TAG, "the TTT is %08x", get32(rx->bhs + 20));
	check(rx->data_len >= 15 && !memcmp(rx->data, "SendTargets=All", 15),
	      "the text is %.*s", (int)rx->data_len, rx->data);
	part(c, rx, text, answer_text(text, 1), false);
	finish(c);
	check(strstr(drive_said(), NAME "0"), "the target is not found: %s", drive_said());
}

CASE(target, "text/long", "R-7.3.8-1 R-6.5-3 D-6-3",
     "an answer of 8000 bytes in one PDU is taken")
{
	static char text[8192];
	struct conn *c = discovery_begins();
	struct rx *rx = await(c, ISCSI_TEXT);
	uint32_t len = answer_text(text, 96);

	check(len > 6000 && len <= 8192, "%u bytes of text", len);
	part(c, rx, text, len, false);
	finish(c);
	check(strstr(drive_said(), NAME "0") || strstr(drive_said(), NAME "9"),
	      "no target is found: %s", drive_said());
}

CASE(target, "text/parts", "R-7.3.8-1 D-6-3",
     "an answer in three PDUs, cut within a key: each is asked for by its tag, all is read")
{
	static char text[1024];
	struct conn *c = discovery_begins();
	struct rx *rx = await(c, ISCSI_TEXT);
	uint32_t len = answer_text(text, 3), third = len / 3, i;

	for (i = 0; i < 3; i++) {
		part(c, rx, text + i * third, i < 2 ? third : len - 2 * third, i < 2);
		if (i == 2)
			break;
		rx = await(c, ISCSI_TEXT);
		check(get32(rx->bhs + 20) == 0x4711, "the TTT is %08x, not that of the answer",
		      get32(rx->bhs + 20));
		check(!rx->data_len, "%u bytes of text in a request for the rest", rx->data_len);
	}
	finish(c);
	for (i = 0; i < 3; i++) {
		char name[64];

		snprintf(name, sizeof(name), NAME "%u", i);
		check(strstr(drive_said(), name), "%s is not found: %s", name, drive_said());
	}
}

CASE(target, "text/logout", "R-5.2.1-1 R-5.2.1-2",
     "a discovery ends by a Logout Request in one Send, or by the end of the connection")
{
	static char text[1024];
	struct conn *c = discovery_begins();
	struct rx *rx = await(c, ISCSI_TEXT);

	part(c, rx, text, answer_text(text, 1), false);
	while (!c->ended) {
		rx = next_rx(c, 1000);
		if (!rx)
			break;
		check(rx->opcode == ISCSI_LOGOUT || rx->opcode == ISCSI_TEXT, "%s came",
		      opcode_name(rx->opcode));
		check(rx->b[0] == ISER_CONTROL, "the header begins %02x", rx->b[0]);
		serve_pdu(c, rx);
	}
	finish(c);
}

CASE(target, "text/no-extensions", "R-5.1-4 R-6-2",
     "a discovery offers none of the keys that belong to a Normal session")
{
	static const char *const keys[] = {
		"RDMAExtensions", "MaxOutstandingUnexpectedPDUs", "MaxAHSLength",
		"TaggedBufferForSolicitedDataOnly", "iSERHelloRequired",
	};
	static char text[1024];
	struct conn *c = discovery_begins();
	struct rx *rx = await(c, ISCSI_TEXT);
	unsigned int i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		check(!offered(c, keys[i]), "%s=%s is offered", keys[i], offered(c, keys[i]));
	part(c, rx, text, answer_text(text, 1), false);
	finish(c);
}
