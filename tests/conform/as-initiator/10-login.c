// SPDX-License-Identifier: GPL-2.0-only
/* The login: sections 5.1, 6.1, 6.3, 6.6. */
#include "conform.h"

CASE(initiator, "login/plain", "R-3.3-1 R-5.1-1 R-4.1-11 R-5.1.2-6 R-6.2-2 D-7.1-1",
     "a login with RDMAExtensions=Yes leads to full feature phase on the same connection")
{
	struct conn *c = session("");
	const char *value = answer(c, "RDMAExtensions");

	check(value && !strcmp(value, "Yes"), "RDMAExtensions=Yes is answered with %s",
	      value ? value : "nothing");
	ping(c);
}

static void refused(const char *changes, const char *why)
{
	struct conn *c = conn_open(NULL);
	int status = login_try(c, changes);

	check(status, "the login ended in full feature phase: %s", why);
	if (status > 0)
		note("status %04x", status);
	else
		note("the connection ended");
}

CASE(initiator, "login/without-key", "R-3.3-2",
     "a login without RDMAExtensions does not end in full feature phase")
{
	refused("-RDMAExtensions ~RDMAExtensions=No", "RDMAExtensions was not negotiated");
}

CASE(initiator, "login/key-no", "R-3.3-2 R-5.1-3",
     "a login with RDMAExtensions=No does not end in full feature phase")
{
	refused("RDMAExtensions=No", "RDMAExtensions=No was offered");
}

CASE(initiator, "login/key-no-status", "R-10.1.4.6-2",
     "that login is answered with a status of class 2 or 3, then the connection ends")
{
	struct conn *c = conn_open(NULL);
	int status = login_try(c, "RDMAExtensions=No");

	check(status >= 0x200 && status < 0x400, "the status is %04x", status);
	expect_end(c, "the login failed");
}

static void not_digest(const char *changes, const char *key)
{
	struct conn *c = conn_open(NULL);
	int status = login_try(c, changes);
	const char *value = answer(c, key);

	if (status)
		return;
	check(!value || !strstr(value, "CRC"), "%s=%s is agreed on", key, value);
	ping(c);
}

CASE(initiator, "login/header-digest", "R-5.1-9",
     "HeaderDigest=CRC32C alone does not become the result")
{
	not_digest("HeaderDigest=CRC32C", "HeaderDigest");
}

CASE(initiator, "login/data-digest", "R-5.1-9",
     "DataDigest=CRC32C alone does not become the result")
{
	not_digest("DataDigest=CRC32C", "DataDigest");
}

CASE(initiator, "login/digest-list", "R-5.1-9",
     "of CRC32C,None the result is None, and the session works")
{
	struct conn *c = session("HeaderDigest=CRC32C,None DataDigest=CRC32C,None");

	check(answer(c, "HeaderDigest") && !strcmp(answer(c, "HeaderDigest"), "None"),
	      "HeaderDigest=%s", answer(c, "HeaderDigest"));
	check(answer(c, "DataDigest") && !strcmp(answer(c, "DataDigest"), "None"),
	      "DataDigest=%s", answer(c, "DataDigest"));
	ping(c);
}

CASE(initiator, "login/markers", "R-6.6-1",
     "OFMarker and IFMarker do not become Yes")
{
	struct conn *c = conn_open(NULL);
	int status = login_try(c, "OFMarker=Yes IFMarker=Yes");
	const char *out = answer(c, "OFMarker"), *in = answer(c, "IFMarker");

	check(status >= 0, "the connection ended");
	check(!out || strcmp(out, "Yes"), "OFMarker=Yes is agreed on");
	check(!in || strcmp(in, "Yes"), "IFMarker=Yes is agreed on");
}

CASE(initiator, "login/final-response", "R-5.1.2-7 R-9.2-1 R-9.2-8 D-8.6-2",
     "the final Login Response has the form of the others: 28 bytes of header, no STags")
{
	struct conn *c = conn_open(NULL);
	struct text t;
	struct rx *rx;

	text_default(&t, "");
	c->offer = t;
	rx = login_round(c, login_pdu(c, 1, 3, &t));
	check(rx && !login_status(rx), "the login failed");
	check(!rx->header_fault, "%s", rx->header_fault);
	check((rx->b[0] & 0xfc) == ISER_CONTROL, "byte 0 of the header is %02x", rx->b[0]);
}

/*
 * Sends the names in the security stage and the other default keys in the stage after
 * it.
 */
static struct conn *two_stages(const char *security, const char *operational)
{
	struct conn *c = conn_open(NULL);
	struct text t = { 0 };
	struct rx *rx;

	text_add(&t, "InitiatorName", opt.initiator);
	text_add(&t, "TargetName", opt.target);
	text_add(&t, "SessionType", "Normal");
	text_add(&t, "AuthMethod", "None");
	text_change(&t, security);
	rx = login_round(c, login_pdu(c, 0, 1, &t));
	check(rx, "the connection ended in the security stage");
	if (login_status(rx))
		return NULL;
	check((rx->bhs[1] & 0x83) == 0x81, "flags %02x: the stage goes on", rx->bhs[1]);
	text_default(&t, operational);
	text_change(&t, "-InitiatorName -TargetName -SessionType");
	c->offer = t;
	rx = login_round(c, login_pdu(c, 1, 3, &t));
	if (!rx || login_status(rx) || (rx->bhs[1] & 0x83) != 0x83)
		return NULL;
	c->full = true;
	return c;
}

CASE(initiator, "login/two-stages", "R-5.1-1 R-5.1-6",
     "security stage, operational stage, full feature phase on one connection")
{
	struct conn *c = two_stages("", "");

	check(c, "the login failed");
	ping(c);
}

CASE(initiator, "login/key-in-security-stage", "R-5.1-2",
     "RDMAExtensions=Yes in the security stage does not enable iSER")
{
	check(!two_stages("RDMAExtensions=Yes", "-RDMAExtensions"),
	      "the login ended in full feature phase");
}

CASE(initiator, "login/several-requests", "R-5.1-6 R-6.3-4",
     "operational keys in two requests, RDMAExtensions in the first: answered at once")
{
	struct conn *c = conn_open(NULL);
	struct text first = { 0 }, rest;
	struct rx *rx;

	text_add(&first, "InitiatorName", opt.initiator);
	text_add(&first, "TargetName", opt.target);
	text_change(&first, "SessionType=Normal RDMAExtensions=Yes");
	text_default(&rest, "-InitiatorName -TargetName -SessionType -RDMAExtensions");
	rx = login_round(c, login_pdu(c, 1, -1, &first));
	check(rx && !login_status(rx), "the first request failed");
	check(answer(c, "RDMAExtensions"), "RDMAExtensions=Yes is not answered at once");
	rx = login_round(c, login_pdu(c, 1, 3, &rest));
	check(rx && !login_status(rx), "the second request failed");
	check((rx->bhs[1] & 0x83) == 0x83, "flags %02x: no full feature phase", rx->bhs[1]);
	c->full = true;
	ping(c);
}

/* After the first Login Request sends requests without text until a status comes. */
static void leaves_open(const char *changes, const char *what)
{
	struct conn *c = conn_open(NULL);
	struct text t, none = { 0 };
	long start = now_ms();
	struct rx *rx;
	int n;

	text_default(&t, changes);
	rx = login_round(c, login_pdu(c, 1, 3, &t));
	check(rx && !login_status(rx), "the first request failed");
	for (n = 1; n < 40 && !login_status(rx); n++) {
		check((rx->bhs[1] & 0x83) != 0x83, "full feature phase without %s", what);
		rx = login_round(c, login_pdu(c, 1, 3, &none));
		check(rx, "the connection ended without a status");
		if (n >= 8)
			pause_ms(500);
	}
	check(login_status(rx) == 0x200, "the status is %04x", login_status(rx));
	note("the status came after %d requests, %ld ms", n, now_ms() - start);
	check(n <= 8, "it came after %d requests", n);
	expect_end(c, "the login failed");
	still_serves();
}

CASE(initiator, "login/key-unanswered", "R-3.3-2",
     "an initiator that never answers RDMAExtensions=Yes gets status 0200")
{
	leaves_open("-RDMAExtensions", "RDMAExtensions=Yes");
}

CASE(initiator, "login/others-unanswered", "R-10.1.4.6-2",
     "so does one that leaves other proposals of the target open")
{
	leaves_open("-MaxBurstLength -FirstBurstLength", "all keys");
}

CASE(initiator, "login/no-such-target", "R-10.1.4.6-2 R-10.1.1.1-1",
     "a login to no target of that name: status of class 2 or 3, then the connection ends")
{
	struct conn *c = conn_open(NULL);
	int status = login_try(c, "TargetName=iqn.2026-01.org.example:nobody");

	check(status >= 0x200 && status < 0x400, "the status is %04x", status);
	expect_end(c, "the login failed");
	still_serves();
}

CASE(initiator, "login/other-version", "R-10.1.4.6-2",
     "a login that wants version 9 of iSCSI at least: status 0205, then the end")
{
	struct conn *c = conn_open(NULL);
	struct text t;
	struct msg *m;
	struct rx *rx;

	text_default(&t, "");
	m = login_pdu(c, 1, 3, &t);
	BHS(m)[2] = 9;
	BHS(m)[3] = 9;
	rx = login_round(c, m);
	check(!rx || login_status(rx) == 0x205, "the status is %04x", rx ? login_status(rx) : 0);
	expect_end(c, "the login failed");
}

/*
 * Changes to the keys that make their text LOGIN_TEXT bytes long, by keys that no target
 * knows.
 */
static const char *fill_up(void)
{
	static char words[LOGIN_TEXT];
	uint32_t left, size;
	char *p = words;
	struct text t;

	text_default(&t, "");
	for (left = LOGIN_TEXT - t.len; left; left -= size) {
		/* What is left is never too little for another key, or too much for a value. */
		size = left > 512 ? 256 : left > 256 ? left / 2 : left;
		p += sprintf(p, "X-conform-%04u=%0*u ", left, (int)size - 16, 0);
	}
	text_default(&t, words);
	check(t.len == LOGIN_TEXT, "the text has %u bytes", t.len);
	return words;
}

CASE(initiator, "login/longest-text", "R-6-1",
     "a login whose first text has 8192 bytes, the most that is allowed, NUL included, succeeds")
{
	struct conn *c = session(fill_up());
	const char *value = need_key(c, "RDMAExtensions");

	check(!strcmp(value, "Yes"), "RDMAExtensions=Yes is answered with %s", value);
	ping(c);
}

CASE(initiator, "login/unterminated-text", "R-10.1.4.6-2",
     "the same text whose last byte is no NUL is refused: status 0200, then the end")
{
	struct conn *c = conn_open(NULL);
	struct text t;
	struct rx *rx;

	text_default(&t, fill_up());
	t.b[t.len - 1] = '0';
	rx = login_round(c, login_pdu(c, 1, 3, &t));
	check(rx, "no Login Response");
	check(login_status(rx) == 0x200, "the status is %04x", login_status(rx));
	expect_end(c, "the login failed");
	still_serves();
}

CASE(initiator, "login/no-security-stage", "R-11-1",
     "a login without the security stage: 0201 where credentials are required, then the end")
{
	struct conn *c = conn_open(NULL);
	struct text t;
	struct rx *rx;

	text_default(&t, "");
	rx = login_round(c, login_pdu(c, 1, 3, &t));
	check(rx, "no Login Response");
	if (!login_status(rx))
		skip("this target requires no credentials");
	check(login_status(rx) == 0x201, "the status is %04x", login_status(rx));
	expect_end(c, "the login failed");
}

CASE(initiator, "login/not-a-login", "R-7.3.9-1",
     "a SCSI Command before the login ends the connection; nothing is answered")
{
	struct conn *c = conn_open(NULL);

	post(c, test_unit_ready(c));
	expect_end(c, "a command before the login");
	still_serves();
}

CASE(initiator, "login/no-resources", "R-10.1.3.1-3",
     "logins to a target that is short of memory: a session, or status 0302 and the end")
{
	int i;

	for (i = 0; i < 24; i++) {
		struct conn *c = conn_try(NULL);
		int status = c ? login_try(c, "") : -1;

		if (status > 0) {
			check(status == 0x302, "the status is %04x", status);
			expect_end(c, "the login failed");
			return;
		}
		if (!status)
			conn_close(c);
	}
	skip("the target has memory for each of them");
}
