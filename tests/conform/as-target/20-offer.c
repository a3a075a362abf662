// SPDX-License-Identifier: GPL-2.0-only
/* What the initiator offers: section 6. */
#include "target.h"

/* The value of a key that was offered, or NULL.  Fails when the key came twice. */
static const char *once(const struct conn *c, const char *key)
{
	const char *value = text_get(&c->offer, key), *p;
	size_t len = strlen(key);
	int n = 0;

	for (p = c->offer.b; p < c->offer.b + c->offer.len; p += strlen(p) + 1)
		n += !strncmp(p, key, len) && p[len] == '=';
	check(n < 2, "%s came %d times", key, n);
	return value;
}

static const char *must(const struct conn *c, const char *key)
{
	const char *value = once(c, key);

	check(value, "%s was not offered", key);
	return value;
}

static unsigned long number(const struct conn *c, const char *key)
{
	const char *value = must(c, key);
	char *end;
	unsigned long n = strtoul(value, &end, 0);

	check(*value && !*end, "%s=%s is no number", key, value);
	return n;
}

static struct conn *logged_in(const char *settings)
{
	return up_with(NULL, "", settings);
}

CASE(target, "offer/keys", "R-3.3-6 R-6.3-2 R-6.4-1 R-6.5-1 R-6.7-1 R-6.7-3 R-6.8-1 R-6.6-1",
     "the keys of section 6 are offered once each, in their range; no marker is")
{
	static const char *const lengths[] = {
		"InitiatorRecvDataSegmentLength", "TargetRecvDataSegmentLength",
	};
	static const char *const markers[] = { "IFMarker", "OFMarker" };
	struct conn *c = logged_in("");
	unsigned long n;
	int i;

	check(!strcmp(must(c, "RDMAExtensions"), "Yes"), "RDMAExtensions=%s",
	      once(c, "RDMAExtensions"));
	for (i = 0; i < 2; i++) {
		n = number(c, lengths[i]);
		check(n >= 512 && n <= 0xffffff, "%s=%lu", lengths[i], n);
		check(!once(c, markers[i]) || !strcmp(once(c, markers[i]), "No"), "%s=%s",
		      markers[i], once(c, markers[i]));
	}
	n = number(c, "MaxOutstandingUnexpectedPDUs");
	check(n >= 2 && n <= 0xffffffff, "MaxOutstandingUnexpectedPDUs=%lu", n);
	n = number(c, "MaxAHSLength");
	check(n != 1 && n <= 0xffffffff, "MaxAHSLength=%lu", n);
}

CASE(target, "offer/tagged", "R-3.3-6 R-6.9-1 R-6.9-3",
     "TaggedBufferForSolicitedDataOnly is declared, and the Write Base Offset means what it says")
{
	struct conn *c = logged_in("");
	const char *value = must(c, "TaggedBufferForSolicitedDataOnly");
	uint32_t len = 64 * BLOCK;

	check(!strcmp(value, "Yes") || !strcmp(value, "No"),
	      "TaggedBufferForSolicitedDataOnly=%s", value);
	/* serve_pdu() fetches the data from where that value says they are. */
	scratch_fill(len, 3);
	drive("write %u 64 %s", LBA, scratch());
	finish(c);
	expect_fill(disk + LBA * BLOCK, len, 3, 0, "what was written");
}

CASE(target, "offer/stage", "R-5.1-6 R-6.3-2 R-6-3",
     "keys of section 6 come in the first Login Request of the operational stage, and only there")
{
	static const char *const keys[] = {
		"RDMAExtensions", "InitiatorRecvDataSegmentLength", "TargetRecvDataSegmentLength",
		"MaxOutstandingUnexpectedPDUs", "MaxAHSLength",
		"TaggedBufferForSolicitedDataOnly", "iSERHelloRequired",
	};
	struct conn *c = login_begins("");
	bool last, operational = false;
	unsigned int i;

	do {
		struct rx *rx = next_rx(c, opt.wait_ms);
		struct text t = { 0 };

		check(rx && rx->opcode == ISCSI_LOGIN, "no Login Request came");
		t.len = rx->data_len;
		memcpy(t.b, rx->data, rx->data_len);
		for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			check(!text_get(&t, keys[i]) ||
			      ((rx->bhs[1] >> 2 & 3) == 1 && !operational), "%s comes in stage %u%s", keys[i],
			      rx->bhs[1] >> 2 & 3,
			      operational ? ", in a later request" : "");
		if ((rx->bhs[1] >> 2 & 3) == 1) {
			check(operational || text_get(&t, "RDMAExtensions"),
			      "RDMAExtensions is not in the first request of the stage");
			operational = true;
		}
		last = serve_login_request(c, rx, "");
	} while (!last);
	finish(c);
}

CASE(target, "offer/hello", "R-6.10-1 R-6.10-3 R-5.1.3-2",
     "iSERHelloRequired is not offered as Yes unless it is asked for; then no Hello comes")
{
	struct conn *c = logged_in("");
	const char *value = once(c, "iSERHelloRequired");

	check(!value || !strcmp(value, "No"), "iSERHelloRequired=%s", value);
	drive("read %u 8", LBA);
	await_io(c, LBA);
}

CASE(target, "offer/digests", "R-5.1-9",
     "a node record that wants digests: they become None, or the login is not made")
{
	struct conn *c = login_begins("node.conn[0].iscsi.HeaderDigest=CRC32C,None "
				      "node.conn[0].iscsi.DataDigest=CRC32C,None");

	serve_login(c, "HeaderDigest=None DataDigest=None");
	check(!once(c, "HeaderDigest") || !strcmp(once(c, "HeaderDigest"), "None"),
	      "HeaderDigest=%s", once(c, "HeaderDigest"));
	finish(c);
	drive("read %u 8", LBA);
	finish(c);
}

/*
 * A node record that asks for more than libiscsi has: no login comes, or one for one
 * connection and level 0.
 */
static void one_connection(const char *setting)
{
	struct conn *c;

	other_port();
	conn_listen();
	drive("login %s", setting);
	c = conn_next(NULL, 2 * opt.wait_ms);
	if (!c) {
		check(drive_wait(2 * opt.wait_ms) > 0, "no login comes, and iscsiadm does not fail");
		note("no login comes");
		return;
	}
	serve_login(c, "");
	check(!strcmp(must(c, "MaxConnections"), "1"), "MaxConnections=%s",
	      once(c, "MaxConnections"));
	check(!strcmp(must(c, "ErrorRecoveryLevel"), "0"), "ErrorRecoveryLevel=%s",
	      once(c, "ErrorRecoveryLevel"));
	finish(c);
	drive("read %u 8", LBA);
	finish(c);
	drive("param erl");
	finish(c);
	check(!atoi(drive_said()), "the level of the session is %s", drive_said());
}

CASE(target, "offer/record-level-1", "R-6-1",
     "a node record with ErrorRecoveryLevel 1: level 0, or no login")
{
	one_connection("node.session.iscsi.ERL=1");
}

CASE(target, "offer/record-level-2", "R-6-1", "with level 2 likewise")
{
	one_connection("node.session.iscsi.ERL=2");
}

CASE(target, "offer/record-connections", "R-6-1",
     "a node record with MaxConnections 4: one, or no login")
{
	one_connection("node.session.iscsi.MaxConnections=4");
}

CASE(target, "offer/after-failure", "O-6-1",
     "after a login that ended behind the keys the next one goes without, and comes to a session")
{
	struct conn *c;
	struct rx *rx;

	other_port();
	c = login_begins("");
	do {
		rx = next_rx(c, opt.wait_ms);
		check(rx && rx->opcode == ISCSI_LOGIN, "no Login Request came");
		if ((rx->bhs[1] >> 2 & 3) == 1)
			break;
		serve_login_request(c, rx, "");
	} while (true);
	conn_close(c);
	login_fails(c, "the connection was closed behind the keys");
	c = logged_in("");
	must(c, "RDMAExtensions");
	must(c, "InitiatorRecvDataSegmentLength");
	check(!once(c, "MaxOutstandingUnexpectedPDUs"), "the keys are offered again");
	drive("read %u 8", LBA);
	finish(c);
}
